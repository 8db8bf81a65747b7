//! Workflows that are not yet activated.

use crate::error::StoreError;
use crate::open::Store;
use crate::sql::{Connection, values};

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
        self.one("SELECT * FROM drafts WHERE id = $1", values![id]).await
    }
}

pub(crate) async fn insert_draft(connection: &mut Connection, draft: &DraftRow) -> Result<(), sqlx::Error> {
    connection
        .execute(
            "INSERT INTO drafts (id, thread, created, workspace, document, body) VALUES ($1, $2, $3, $4, $5, $6)",
            values![&draft.id, &draft.thread, draft.created, &draft.workspace, &draft.document, &draft.body],
        )
        .await?;
    Ok(())
}
