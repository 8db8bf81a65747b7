//! What SQLite's result codes mean for a step. See <https://sqlite.org/rescode.html>.

use super::guard::Refusal;
use libsqlite3_sys as ffi;
use sayflow_engine::action::StepError;

/// A failure of the driver.
pub(super) fn driver(database: &str, why: &sqlx::Error) -> StepError {
    match why.as_database_error() {
        Some(error) => {
            let code = error.code().and_then(|code| code.parse().ok()).unwrap_or(ffi::SQLITE_ERROR);
            sqlite(database, code, error.message())
        }
        None => StepError::new("sql_error", format!("database \"{database}\": {why}")),
    }
}

/// A statement that is not run.
pub(super) fn refusal(database: &str, why: Refusal) -> StepError {
    match why {
        Refusal::Sqlite { code, message } => sqlite(database, code, &message),
        Refusal::Empty => StepError::new("sql_error", format!("database \"{database}\": there is no SQL statement")),
        Refusal::Several => StepError::new("sql_error", format!("database \"{database}\": there is more than one SQL statement"))
            .help("give each statement a step of its own"),
    }
}

/// What SQLite says. The low byte of an extended result code is the primary one.
fn sqlite(database: &str, code: i32, message: &str) -> StepError {
    let error = |word: &str| StepError::new(word, format!("database \"{database}\": {message}"));
    match code & 0xff {
        ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED => {
            error("database_busy").retryable().help("another program holds the database; try again when it is done")
        }
        ffi::SQLITE_READONLY | ffi::SQLITE_PERM => error("permission_denied").help("make the file and its folder writable"),
        ffi::SQLITE_CANTOPEN => error("permission_denied").help("make the file and its folder readable and writable"),
        ffi::SQLITE_FULL => error("disk_full").help("free some space and run it again"),
        ffi::SQLITE_CORRUPT | ffi::SQLITE_NOTADB => {
            error("database_damaged").help("the file is damaged or is no SQLite database; check its name or restore a backup")
        }
        ffi::SQLITE_AUTH => StepError::new("sql_refused", format!("database \"{database}\": the statement is not allowed ({message})"))
            .help("ATTACH, DETACH, VACUUM, transactions, extensions and PRAGMAs that set something are off; each step is a transaction of its own"),
        ffi::SQLITE_CONSTRAINT => error("sql_constraint").help("the change breaks a rule of the table; nothing was changed"),
        _ => error("sql_error"),
    }
}
