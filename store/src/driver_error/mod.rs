//! What errors of the databases' drivers mean.

pub(crate) mod postgres;
pub(crate) mod sqlite;
