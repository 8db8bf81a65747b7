//! Accounts, as the vault keeps them. The store never sees a secret: `sealed` is what only the vault's key opens.

use crate::error::{StoreError, WriteError};
use crate::job::Write;
use crate::open::Store;
use crate::sql::{Connection, values};

/// One account.
#[derive(Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct CredentialRow {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: String,
    /// What may be seen of it, as JSON.
    pub body: String,
    /// Its secrets, encrypted.
    pub sealed: Vec<u8>,
    /// Microseconds.
    pub updated: i64,
}

impl std::fmt::Debug for CredentialRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CredentialRow").field("name", &self.name).field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl Store {
    /// Keeps an account under its name, in the place of the one before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn put_credential(&self, row: CredentialRow) -> Result<(), StoreError> {
        self.write(row).await
    }

    /// An account by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn credential(&self, name: &str) -> Result<Option<CredentialRow>, StoreError> {
        self.one("SELECT * FROM credentials WHERE name = $1", values![name]).await
    }

    /// All accounts, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_credentials(&self) -> Result<Vec<CredentialRow>, StoreError> {
        self.all("SELECT * FROM credentials ORDER BY name", values![]).await
    }

    /// Removes an account. Says whether there was one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_credential(&self, name: &str) -> Result<bool, StoreError> {
        self.write(DeleteCredential(name.into())).await
    }
}

impl Write for CredentialRow {
    type Output = ();

    async fn apply(&self, connection: &mut Connection) -> Result<(), WriteError> {
        connection
            .execute(
                "INSERT INTO credentials (name, kind, body, sealed, updated) VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, body = excluded.body, sealed = excluded.sealed,
                     updated = excluded.updated",
                values![&self.name, &self.kind, &self.body, &self.sealed, self.updated],
            )
            .await?;
        Ok(())
    }
}

struct DeleteCredential(String);

impl Write for DeleteCredential {
    type Output = bool;

    async fn apply(&self, connection: &mut Connection) -> Result<bool, WriteError> {
        Ok(connection.execute("DELETE FROM credentials WHERE name = $1", values![&self.0]).await? > 0)
    }
}
