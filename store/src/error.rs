//! What can go wrong with the store: few variants, those that somebody branches on, each with its way out.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Where the rows are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A data folder with a SQLite database in it.
    Folder(PathBuf),
    /// A PostgreSQL database, as `postgresql://USER@HOST:PORT/NAME`, without the password.
    Server(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "the data folder {}", folder.display()),
            Self::Server(address) => write!(f, "the database {address}"),
        }
    }
}

impl Place {
    /// Which setting leads to another one.
    fn another(&self) -> &'static str {
        match self {
            Self::Folder(_) => "set SAYFLOW_HOME to another folder",
            Self::Server(_) => "set database_url to another database",
        }
    }
}

/// Whether a write that could not be acknowledged may be in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is not there: it can be tried again as it is.
    NotDone,
    /// The connection was lost in the middle of the commit: look before trying again.
    Unknown,
}

/// Why the store cannot be opened or used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another process works on it.
    #[error(
        "{place} is in use by another Sayflow process{}; stop that process, or {}",
        holder.as_ref().map(|holder| format!(" ({holder})")).unwrap_or_default(),
        place.another()
    )]
    Locked {
        /// What is in use.
        place: Place,
        /// Who has it, where that is known: `process 17`, or a session of the database's server.
        holder: Option<String>,
    },
    /// The folder or the database cannot be written.
    #[error("{place} cannot be written ({why}); give yourself write permission, or {}", place.another())]
    ReadOnly {
        /// What cannot be written.
        place: Place,
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
        "{place} was written by a newer Sayflow (its format is {found}, this one knows up to {known}); update Sayflow, or {}",
        place.another()
    )]
    NewerVersion {
        /// What was written.
        place: Place,
        /// The format of the database.
        found: i64,
        /// The newest format that this program knows.
        known: i64,
    },
    /// The database is damaged or is no database, or a row in it cannot be read.
    #[error("the database is damaged ({why}); {}", way_back(copy.as_deref()))]
    Corrupt {
        /// What was found.
        why: String,
        /// The newest automatic copy, where there is one.
        copy: Option<PathBuf>,
    },
    /// The row is there already, or another row that it needs is not.
    #[error("the record conflicts with what is stored ({why})")]
    Conflict {
        /// Which rule it breaks.
        why: String,
    },
    /// The database's server cannot be reached now, or refuses to work for now.
    #[error(
        "the database cannot be reached ({why}); {}check that its server runs; Sayflow goes on when it is back",
        if *outcome == Outcome::Unknown { "whether the last write was made is unknown; " } else { "" }
    )]
    Unavailable {
        /// What the driver said.
        why: String,
        /// What became of the write.
        outcome: Outcome,
    },
    /// Anything else.
    #[error("the store failed: {0}")]
    Other(String),
}

fn way_back(copy: Option<&Path>) -> String {
    match copy {
        Some(copy) => format!("stop Sayflow and restore the newest automatic copy: sayflow restore {}", copy.display()),
        None => "stop Sayflow and restore a backup: sayflow restore FILE".into(),
    }
}

/// Why a write was not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// A rule of the store's own.
    #[error("{0}")]
    Conflict(String),
    /// A fault that a test asked for.
    #[cfg(feature = "testing")]
    #[error(transparent)]
    Injected(StoreError),
}

impl StoreError {
    /// Whether it may work later with nothing changed here: whoever has something to keep holds on to it and tries again.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::DiskFull { .. } | Self::ReadOnly { .. } | Self::Locked { .. } | Self::Unavailable { .. })
    }

    /// A row that cannot be read, such as an event that is no JSON.
    pub fn unreadable(why: impl Into<String>) -> Self {
        Self::Corrupt { why: why.into(), copy: None }
    }

    /// What a failed file operation in the data folder means.
    pub(crate) fn from_io(folder: &Path, what: &str, why: &io::Error) -> Self {
        match why.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::ReadOnly { place: Place::Folder(folder.to_owned()), why: format!("{what}: {why}") }
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { why: format!("{what}: {why}") },
            _ => Self::Other(format!("{what} in {}: {why}", folder.display())),
        }
    }

    /// Whether every other write would fail in the same way now. On a full disk, smaller ones may still fit.
    pub(crate) fn concerns_all(&self) -> bool {
        matches!(self, Self::Locked { .. } | Self::ReadOnly { .. } | Self::Corrupt { .. } | Self::Unavailable { .. })
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
