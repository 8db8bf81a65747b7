//! What errors of SQLite's driver mean.

use crate::copies;
use crate::error::{Place, StoreError};
use std::path::Path;

/// What an error about the database of a folder means.
pub(crate) fn explain(folder: &Path, why: &sqlx::Error) -> StoreError {
    if let sqlx::Error::Io(why) = why {
        return StoreError::from_io(folder, "opening the database", why);
    }
    let Some(database) = why.as_database_error() else { return StoreError::Other(why.to_string()) };
    let code = database.code().and_then(|code| code.parse::<i32>().ok()).unwrap_or(0);
    let place = Place::Folder(folder.to_owned());
    let said = database.message().to_owned();
    // The low byte of an extended result code is the primary one: https://sqlite.org/rescode.html
    match code & 0xff {
        5 | 6 => StoreError::Locked { place, holder: None },
        3 | 8 | 14 => StoreError::ReadOnly { place, why: said },
        13 => StoreError::DiskFull { why: said },
        11 | 26 => StoreError::Corrupt { why: said, copy: copies::newest(folder) },
        19 => StoreError::Conflict { why: said },
        _ => StoreError::Other(said),
    }
}
