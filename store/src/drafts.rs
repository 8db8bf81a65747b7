//! Workflows that are not yet activated.

use crate::{Store, StoreError};
use sqlx::sqlite::SqliteConnection;

/// One draft. It is kept with the turn that made it: see [`crate::TurnRows`].
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct DraftRow {
    /// Its id; sorts by age.
    pub id: String,
    /// The conversation that it belongs to.
    pub thread: Option<String>,
    /// Microseconds.
    pub created: i64,
    /// Absolute path of the workspace folder.
    pub workspace: String,
    /// The document, in canonical JSON.
    pub document: String,
    /// What was found out about it, as JSON.
    pub body: String,
}

impl Store {
    /// A draft by id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn draft(&self, id: &str) -> Result<Option<DraftRow>, StoreError> {
        sqlx::query_as("SELECT * FROM drafts WHERE id = $1").bind(id).fetch_optional(self.readers()).await.map_err(|why| self.explain(&why))
    }
}

pub(crate) async fn insert_draft(connection: &mut SqliteConnection, draft: &DraftRow) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO drafts (id, thread, created, workspace, document, body) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(&draft.id)
        .bind(&draft.thread)
        .bind(draft.created)
        .bind(&draft.workspace)
        .bind(&draft.document)
        .bind(&draft.body)
        .execute(connection)
        .await?;
    Ok(())
}
