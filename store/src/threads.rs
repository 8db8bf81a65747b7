//! Conversations and their numbered items.

use crate::drafts::{DraftRow, insert_draft};
use crate::error::{StoreError, WriteError};
use crate::job::Write;
use crate::numbering::{in_order, out_of_order};
use crate::open::Store;
use crate::rows::run::EventRow;
use crate::sql::{Connection, Statement, Value, values};

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
        in_order(&turn.thread.id, &turn.items, None)?;
        self.write(turn).await
    }

    /// A conversation by id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn thread(&self, id: &str) -> Result<Option<ThreadRow>, StoreError> {
        self.one("SELECT * FROM threads WHERE id = $1", values![id]).await
    }

    /// The conversation in which something was said last.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn newest_thread(&self) -> Result<Option<ThreadRow>, StoreError> {
        self.one("SELECT * FROM threads ORDER BY updated DESC, id DESC LIMIT 1", values![]).await
    }

    /// Conversations, the one in which something was said last first, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_threads(&self, limit: i64) -> Result<Vec<ThreadRow>, StoreError> {
        self.all("SELECT * FROM threads ORDER BY updated DESC, id DESC LIMIT $1", values![limit]).await
    }

    /// A conversation's items behind number `after`, in order, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn thread_items(&self, id: &str, after: i64, limit: i64) -> Result<Vec<EventRow>, StoreError> {
        self.all(
            "SELECT seq, at, body, CAST(NULL AS TEXT) AS blob FROM thread_items WHERE thread = $1 AND seq > $2 ORDER BY seq LIMIT $3",
            values![id, after, limit],
        )
        .await
    }
}

impl Write for TurnRows {
    type Output = ();

    async fn apply(&self, connection: &mut Connection) -> Result<(), WriteError> {
        let thread = &self.thread;
        connection
            .execute(
                "INSERT INTO threads (id, created, updated, workspace, state) VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (id) DO UPDATE SET updated = excluded.updated, workspace = excluded.workspace, state = excluded.state",
                values![&thread.id, thread.created, thread.updated, &thread.workspace, &thread.state],
            )
            .await?;
        append(connection, &thread.id, &self.items).await?;
        for draft in &self.drafts {
            insert_draft(connection, draft).await?;
        }
        Ok(())
    }
}

/// Appends items that follow each other, if they go on where the conversation ends.
async fn append(connection: &mut Connection, thread: &str, items: &[EventRow]) -> Result<(), WriteError> {
    let Some(first) = items.first() else { return Ok(()) };
    let newest: Option<(i64,)> =
        connection.fetch_optional("SELECT COALESCE(MAX(seq), 0) FROM thread_items WHERE thread = $1", values![thread]).await?;
    let expected = newest.map_or(0, |(seq,)| seq) + 1;
    if first.seq != expected {
        return Err(WriteError::Conflict(out_of_order(thread, expected, first.seq)));
    }
    let values: Vec<Value<'_>> =
        items.iter().flat_map(|item| [thread.into(), item.seq.into(), item.at.into(), Value::from(&item.body)]).collect();
    let head = "INSERT INTO thread_items (thread, seq, at, body) SELECT * FROM ";
    connection.execute_all(&[Statement::insert(head, "WHERE column1 IS NOT NULL", 4, values)]).await.1?;
    Ok(())
}
