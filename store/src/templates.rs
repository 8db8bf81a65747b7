//! Templates that people made or took in.

use crate::error::{StoreError, WriteError};
use crate::job::Write;
use crate::open::Store;
use crate::sql::{Connection, values};

/// One template.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct TemplateRow {
    /// Its name.
    pub name: String,
    /// Where it comes from.
    pub origin: String,
    /// Microseconds.
    pub updated: i64,
    /// The text of its file.
    pub body: String,
}

impl Store {
    /// Keeps a template under its name, in the place of the one before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn put_template(&self, row: TemplateRow) -> Result<(), StoreError> {
        self.write(row).await
    }

    /// A template by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn template(&self, name: &str) -> Result<Option<TemplateRow>, StoreError> {
        self.one("SELECT * FROM templates WHERE name = $1", values![name]).await
    }

    /// All templates, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_templates(&self) -> Result<Vec<TemplateRow>, StoreError> {
        self.all("SELECT * FROM templates ORDER BY name", values![]).await
    }

    /// Removes a template. Says whether there was one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_template(&self, name: &str) -> Result<bool, StoreError> {
        self.write(DeleteTemplate(name.into())).await
    }
}

impl Write for TemplateRow {
    type Output = ();

    async fn apply(&self, connection: &mut Connection) -> Result<(), WriteError> {
        connection
            .execute(
                "INSERT INTO templates (name, origin, updated, body) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (name) DO UPDATE SET origin = excluded.origin, updated = excluded.updated, body = excluded.body",
                values![&self.name, &self.origin, self.updated, &self.body],
            )
            .await?;
        Ok(())
    }
}

struct DeleteTemplate(String);

impl Write for DeleteTemplate {
    type Output = bool;

    async fn apply(&self, connection: &mut Connection) -> Result<bool, WriteError> {
        Ok(connection.execute("DELETE FROM templates WHERE name = $1", values![&self.0]).await? > 0)
    }
}
