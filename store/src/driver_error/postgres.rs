//! What errors of PostgreSQL's driver mean.

use crate::error::{Outcome, Place, StoreError};

/// Whether the session ended, or will not answer any more.
pub(crate) fn is_lost(why: &sqlx::Error) -> bool {
    match why {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed => {
            true
        }
        sqlx::Error::Database(why) => why.code().is_some_and(|code| code.starts_with("08") || code.starts_with("57P")),
        _ => false,
    }
}

/// What an error about a database means.
///
/// The classes of codes: <https://www.postgresql.org/docs/current/errcodes-appendix.html>
pub(crate) fn explain(place: &Place, why: &sqlx::Error) -> StoreError {
    if is_lost(why) {
        return StoreError::Unavailable { why: said(why), outcome: Outcome::NotDone };
    }
    let code = why.as_database_error().and_then(|why| why.code()).unwrap_or_default();
    let said = said(why);
    match &*code {
        "25006" | "42501" => StoreError::ReadOnly { place: place.clone(), why: said },
        "53100" => StoreError::DiskFull { why: said },
        "XX001" | "XX002" => StoreError::Corrupt { why: said, copy: None },
        code if code.starts_with("23") => StoreError::Conflict { why: said },
        // Too many sessions, no memory, and the like.
        code if code.starts_with("53") => StoreError::Unavailable { why: said, outcome: Outcome::NotDone },
        code if code.starts_with("28") || code.starts_with("3D") => {
            StoreError::Other(format!("{place} cannot be opened ({said}); check database_url"))
        }
        _ => StoreError::Other(said),
    }
}

/// What the server or the driver says; no driver's error has the password in it.
fn said(why: &sqlx::Error) -> String {
    match why.as_database_error() {
        Some(why) => why.message().to_owned(),
        None => why.to_string(),
    }
}
