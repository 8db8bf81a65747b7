//! What can go wrong with the store: few variants, those that somebody branches on, each with its way out.

use std::io;
use std::path::{Path, PathBuf};

/// Why the store cannot be opened or used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another process holds the data lock.
    #[error(
        "the data folder {} is in use by another Sayflow process{}; stop that process, or set SAYFLOW_HOME to another folder",
        folder.display(),
        pid.map(|pid| format!(" (process {pid})")).unwrap_or_default()
    )]
    Locked {
        /// The data folder.
        folder: PathBuf,
        /// The process that holds the lock, where it is known.
        pid: Option<u32>,
    },
    /// The folder or the database cannot be written.
    #[error("the data folder {} cannot be written ({why}); give yourself write permission, or set SAYFLOW_HOME to another folder", folder.display())]
    ReadOnly {
        /// The data folder.
        folder: PathBuf,
        /// What the system said.
        why: String,
    },
    /// There is no room left.
    #[error("the disk is full; free some space and try again ({why})")]
    DiskFull {
        /// What the system said.
        why: String,
    },
    /// A newer Sayflow wrote the database.
    #[error(
        "the data folder {} was written by a newer Sayflow (its format is {found}, this one knows up to {known}); update Sayflow, or set SAYFLOW_HOME to another folder",
        folder.display()
    )]
    NewerVersion {
        /// The data folder.
        folder: PathBuf,
        /// The format of the database.
        found: i64,
        /// The newest format that this program knows.
        known: i64,
    },
    /// The database is damaged or is no database.
    #[error("the database is damaged ({why}); move sayflow.db aside, or restore a backup")]
    Corrupt {
        /// What was found.
        why: String,
    },
    /// The row is there already, or another row that it needs is not.
    #[error("the record conflicts with what is stored ({why})")]
    Conflict {
        /// Which rule it breaks.
        why: String,
    },
    /// Anything else.
    #[error("the store failed: {0}")]
    Other(String),
}

/// Why a write was not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error("the lines of {of} go on with number {expected} without gaps, not with {found}")]
    OutOfOrder { of: String, expected: i64, found: i64 },
}

impl StoreError {
    pub(crate) fn from_write(folder: &Path, why: &WriteError) -> Self {
        match why {
            WriteError::Database(why) => Self::from_sqlx(folder, why),
            WriteError::OutOfOrder { .. } => Self::Conflict { why: why.to_string() },
        }
    }

    /// What a failed file operation in the data folder means.
    pub(crate) fn from_io(folder: &Path, what: &str, why: &io::Error) -> Self {
        match why.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::ReadOnly { folder: folder.to_owned(), why: format!("{what}: {why}") }
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { why: format!("{what}: {why}") },
            _ => Self::Other(format!("{what} in {}: {why}", folder.display())),
        }
    }

    /// What an error of the database driver means.
    pub(crate) fn from_sqlx(folder: &Path, why: &sqlx::Error) -> Self {
        if let sqlx::Error::Io(why) = why {
            return Self::from_io(folder, "opening the database", why);
        }
        let Some(database) = why.as_database_error() else { return Self::Other(why.to_string()) };
        let code = database.code().and_then(|code| code.parse::<i32>().ok()).unwrap_or(0);
        let said = database.message().to_owned();
        // The low byte of an extended result code is the primary one: https://sqlite.org/rescode.html
        match code & 0xff {
            5 | 6 => Self::Locked { folder: folder.to_owned(), pid: None },
            3 | 8 | 14 => Self::ReadOnly { folder: folder.to_owned(), why: said },
            13 => Self::DiskFull { why: said },
            11 | 26 => Self::Corrupt { why: said },
            19 => Self::Conflict { why: said },
            _ => Self::Other(said),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_and_a_read_only_place_are_told_apart() {
        let folder = Path::new("/data");
        let full = StoreError::from_io(folder, "writing", &io::Error::from(io::ErrorKind::StorageFull));
        let read_only = StoreError::from_io(folder, "writing", &io::Error::from(io::ErrorKind::PermissionDenied));
        assert!(matches!(full, StoreError::DiskFull { .. }));
        assert!(matches!(&read_only, StoreError::ReadOnly { .. }));
        assert!(read_only.to_string().contains("SAYFLOW_HOME"), "{read_only}");
    }
}
