//! Single values of the installation, such as the check value of the vault's key.

use crate::error::WriteError;
use crate::writer::Write;
use crate::{Store, StoreError};
use sqlx::sqlite::SqliteConnection;

impl Store {
    /// The value of a key.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn meta(&self, key: &str) -> Result<Option<String>, StoreError> {
        sqlx::query_scalar("SELECT value FROM meta WHERE key = $1")
            .bind(key)
            .fetch_optional(self.readers())
            .await
            .map_err(|why| self.explain(&why))
    }

    /// Keeps a value under a key, in the place of the one before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_meta(&self, key: &str, value: &str) -> Result<(), StoreError> {
        self.write(SetMeta { key: key.into(), value: value.into() }).await
    }
}

struct SetMeta {
    key: String,
    value: String,
}

impl Write for SetMeta {
    type Output = ();

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<(), WriteError> {
        sqlx::query("INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value")
            .bind(&self.key)
            .bind(&self.value)
            .execute(connection)
            .await?;
        Ok(())
    }
}
