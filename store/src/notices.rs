//! Notices: what the installation has to tell people.

use crate::error::{StoreError, WriteError};
use crate::job::Write;
use crate::open::Store;
use crate::sql::{Connection, values};

/// One notice.
#[derive(Debug, Clone, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct NoticeRow {
    /// Its id; sorts by age.
    pub id: String,
    /// Microseconds.
    pub at: i64,
    /// What it is about, such as `run_failed`.
    pub kind: String,
    /// The workflow's name.
    pub workflow: Option<String>,
    /// The run's id.
    pub run: Option<String>,
    /// What it says.
    pub text: String,
    /// When somebody saw it, in microseconds.
    pub seen: Option<i64>,
}

impl Store {
    /// Keeps a notice.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when its id is taken.
    pub async fn add_notice(&self, row: NoticeRow) -> Result<(), StoreError> {
        self.write(row).await
    }

    /// Notices that nobody saw yet, oldest first, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unseen_notices(&self, limit: i64) -> Result<Vec<NoticeRow>, StoreError> {
        self.all("SELECT * FROM notices WHERE seen IS NULL ORDER BY id LIMIT $1", values![limit]).await
    }

    /// Marks notices as seen.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn mark_notices_seen(&self, ids: Vec<String>, at: i64) -> Result<(), StoreError> {
        self.write(MarkSeen { ids, at }).await
    }
}

impl Write for NoticeRow {
    type Output = ();

    async fn apply(&self, connection: &mut Connection) -> Result<(), WriteError> {
        connection
            .execute(
                "INSERT INTO notices (id, at, kind, workflow, run, text, seen) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                values![&self.id, self.at, &self.kind, &self.workflow, &self.run, &self.text, self.seen],
            )
            .await?;
        Ok(())
    }
}

struct MarkSeen {
    ids: Vec<String>,
    at: i64,
}

impl Write for MarkSeen {
    type Output = ();

    async fn apply(&self, connection: &mut Connection) -> Result<(), WriteError> {
        for id in &self.ids {
            connection.execute("UPDATE notices SET seen = $2 WHERE id = $1 AND seen IS NULL", values![id, self.at]).await?;
        }
        Ok(())
    }
}
