//! Numbers for whoever watches an installation. Each is read along an index.

use crate::error::StoreError;
use crate::open::Store;
use crate::sql::values;

impl Store {
    /// How many runs are kept, by status.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn runs_by_status(&self) -> Result<Vec<(String, i64)>, StoreError> {
        self.all("SELECT status, CAST(COUNT(*) AS BIGINT) FROM runs GROUP BY status ORDER BY status", values![]).await
    }

    /// How many approvals are open.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_open_approvals(&self) -> Result<i64, StoreError> {
        Ok(self.number("SELECT CAST(COUNT(*) AS BIGINT) FROM approvals WHERE decision IS NULL", values![]).await?.unwrap_or_default())
    }
}
