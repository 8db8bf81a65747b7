//! Copies of the database, made and put back while no server runs: `sayflow backup` and `sayflow restore` work where the
//! application cannot be opened.

use crate::{Home, Settings};
use sayflow_store::{Store, StoreError};
use std::path::{Path, PathBuf};

/// Why there is no copy, or none was put back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackupError {
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The data lies in a database server, which has its own tools.
    #[error("the data lies in {0}; use that database's own tools, such as pg_dump and pg_restore")]
    OtherDatabase(String),
    /// There is nothing to copy.
    #[error("there is no database in {} yet; nothing needs to be kept", .0.display())]
    Nothing(PathBuf),
}

impl BackupError {
    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Store(StoreError::Locked { .. }) => "locked",
            Self::Store(_) => "backup_failed",
            Self::OtherDatabase(_) => "other_database",
            Self::Nothing(_) => "not_found",
        }
    }
}

/// Writes a copy of the database to a new file, and says how large it is, in bytes.
///
/// # Errors
/// When a server runs, when the file exists or cannot be written, and when the data lies elsewhere.
pub async fn save(home: &Home, settings: &Settings, file: &Path) -> Result<u64, BackupError> {
    in_folder(settings)?;
    if !is_there(home) {
        return Err(BackupError::Nothing(home.data().to_owned()));
    }
    let store = Store::open(home.data()).await?;
    let copied = store.backup(file).await;
    store.close().await;
    copied?;
    Ok(std::fs::metadata(file).map_or(0, |file| file.len()))
}

/// Whether there is a database that a copy would take the place of.
pub fn is_there(home: &Home) -> bool {
    home.database_file().exists()
}

/// Puts a copy in the place of the database; the path under which the one that was there is kept.
///
/// # Errors
/// When a server runs, when the copy is no sound database of Sayflow, and when the data lies elsewhere.
pub async fn restore(home: &Home, settings: &Settings, file: &Path) -> Result<Option<PathBuf>, BackupError> {
    in_folder(settings)?;
    Ok(Store::restore(home.data(), file).await?)
}

fn in_folder(settings: &Settings) -> Result<(), BackupError> {
    match &settings.database_url {
        Some(url) => Err(BackupError::OtherDatabase(url.to_string())),
        None => Ok(()),
    }
}
