//! Single values of the installation, such as the check value of the vault's key.

use crate::error::{StoreError, WriteError};
use crate::job::Write;
use crate::open::Store;
use crate::sql::{Connection, values};

impl Store {
    /// The value of a key.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn meta(&self, key: &str) -> Result<Option<String>, StoreError> {
        let row: Option<(String,)> = self.one("SELECT value FROM meta WHERE key = $1", values![key]).await?;
        Ok(row.map(|(value,)| value))
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

    async fn apply(&self, connection: &mut Connection) -> Result<(), WriteError> {
        let text = "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
        connection.execute(text, values![&self.key, &self.value]).await?;
        Ok(())
    }
}
