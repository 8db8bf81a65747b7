//! Conversations and their numbered items.

use crate::drafts::{DraftRow, insert_draft};
use crate::error::WriteError;
use crate::runs::{Journal, append};
use crate::writer::Write;
use crate::{EventRow, Store, StoreError};
use sqlx::sqlite::SqliteConnection;

/// One conversation.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ThreadRow {
    /// Its id; sorts by age.
    pub id: String,
    /// Microseconds.
    pub created: i64,
    /// When something was last said, in microseconds.
    pub updated: i64,
    /// Absolute path of the workspace folder.
    pub workspace: String,
    /// What the conversation machine has to remember, as JSON.
    pub state: String,
}

/// Everything that a turn leaves behind; kept together or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnRows {
    /// The conversation; made if it is not there.
    pub thread: ThreadRow,
    /// Its new items, numbered on from the last one.
    pub items: Vec<EventRow>,
    /// The drafts that the turn made.
    pub drafts: Vec<DraftRow>,
}

impl Store {
    /// Keeps a turn.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the items do not go on where the conversation ends: somebody else was faster.
    pub async fn save_turn(&self, turn: TurnRows) -> Result<(), StoreError> {
        self.write(turn).await
    }

    /// A conversation by id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn thread(&self, id: &str) -> Result<Option<ThreadRow>, StoreError> {
        sqlx::query_as("SELECT * FROM threads WHERE id = $1")
            .bind(id)
            .fetch_optional(self.readers())
            .await
            .map_err(|why| self.explain(&why))
    }

    /// The conversation in which something was said last.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn newest_thread(&self) -> Result<Option<ThreadRow>, StoreError> {
        sqlx::query_as("SELECT * FROM threads ORDER BY updated DESC, id DESC LIMIT 1")
            .fetch_optional(self.readers())
            .await
            .map_err(|why| self.explain(&why))
    }

    /// Conversations, the one in which something was said last first, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_threads(&self, limit: i64) -> Result<Vec<ThreadRow>, StoreError> {
        sqlx::query_as("SELECT * FROM threads ORDER BY updated DESC, id DESC LIMIT $1")
            .bind(limit)
            .fetch_all(self.readers())
            .await
            .map_err(|why| self.explain(&why))
    }

    /// A conversation's items behind number `after`, in order, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn thread_items(&self, id: &str, after: i64, limit: i64) -> Result<Vec<EventRow>, StoreError> {
        sqlx::query_as("SELECT seq, at, body FROM thread_items WHERE thread = $1 AND seq > $2 ORDER BY seq LIMIT $3")
            .bind(id)
            .bind(after)
            .bind(limit)
            .fetch_all(self.readers())
            .await
            .map_err(|why| self.explain(&why))
    }
}

impl Write for TurnRows {
    type Output = ();

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<(), WriteError> {
        let thread = &self.thread;
        sqlx::query(
            "INSERT INTO threads (id, created, updated, workspace, state) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (id) DO UPDATE SET updated = excluded.updated, workspace = excluded.workspace, state = excluded.state",
        )
        .bind(&thread.id)
        .bind(thread.created)
        .bind(thread.updated)
        .bind(&thread.workspace)
        .bind(&thread.state)
        .execute(&mut *connection)
        .await?;
        append(connection, Journal::Thread, &thread.id, &self.items).await?;
        for draft in &self.drafts {
            insert_draft(connection, draft).await?;
        }
        Ok(())
    }
}
