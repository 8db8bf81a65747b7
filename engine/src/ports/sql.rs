//! Databases.

use crate::action::StepError;
use async_trait::async_trait;
use serde_json::Value;

/// Talks to databases. A `database` is the path of a SQLite file in the workspace folder.
#[async_trait]
pub trait Sql: Send + Sync {
    /// Runs a statement on a read-only connection. Parameters are bound by position, in order.
    ///
    /// # Errors
    /// `sql_error`, `database_not_found`, `output_too_large` and the like.
    async fn query(&self, database: &str, sql: &str, params: &[Value]) -> Result<SqlRows, StepError>;

    /// Runs a statement that changes something; returns how many rows it touched.
    ///
    /// # Errors
    /// `sql_error`, `disk_full` and the like.
    async fn execute(&self, database: &str, sql: &str, params: &[Value]) -> Result<u64, StepError>;
}

/// Rows as objects by column name.
pub type SqlRows = Vec<Value>;
