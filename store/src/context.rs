//! Which store it is, and with that what an error of its driver means.

use crate::driver_error::{postgres, sqlite};
use crate::error::{Place, StoreError, WriteError};
use std::path::PathBuf;

/// What is said about a store in errors.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    pub(crate) folder: PathBuf,
    pub(crate) place: Place,
}

impl Context {
    /// What an error of the driver means.
    pub(crate) fn explain(&self, why: &sqlx::Error) -> StoreError {
        match &self.place {
            Place::Folder(folder) => sqlite::explain(folder, why),
            Place::Server(_) => postgres::explain(&self.place, why),
        }
    }

    /// Why a write was not made.
    pub(crate) fn explain_write(&self, why: &WriteError) -> StoreError {
        match why {
            WriteError::Database(why) => self.explain(why),
            WriteError::Conflict(why) => StoreError::Conflict { why: why.clone() },
            #[cfg(feature = "testing")]
            WriteError::Injected(why) => why.clone(),
        }
    }
}
