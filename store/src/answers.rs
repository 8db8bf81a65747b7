//! Answers that may be used again for a while.

use crate::error::{StoreError, WriteError};
use crate::job::Write;
use crate::open::Store;
use crate::sql::{Connection, values};

impl Store {
    /// The answer that is kept under a key, unless its time is over at `now` (microseconds).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn answer(&self, key: &str, now: i64) -> Result<Option<String>, StoreError> {
        let row: Option<(String,)> = self.one("SELECT body FROM answers WHERE key = $1 AND kept_until > $2", values![key, now]).await?;
        Ok(row.map(|(body,)| body))
    }

    /// Keeps an answer under a key until a time (microseconds), in the place of the one before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep_answer(&self, key: &str, body: &str, kept_until: i64) -> Result<(), StoreError> {
        self.write(Keep { key: key.into(), body: body.into(), kept_until }).await
    }

    /// Removes at most `limit` answers whose time was over at `now` (microseconds), and says how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn prune_answers(&self, now: i64, limit: i64) -> Result<i64, StoreError> {
        self.write(Prune { now, limit }).await
    }
}

struct Keep {
    key: String,
    body: String,
    kept_until: i64,
}

impl Write for Keep {
    type Output = ();

    async fn apply(&self, connection: &mut Connection) -> Result<(), WriteError> {
        connection
            .execute(
                "INSERT INTO answers (key, body, kept_until) VALUES ($1, $2, $3)
                 ON CONFLICT (key) DO UPDATE SET body = excluded.body, kept_until = excluded.kept_until",
                values![&self.key, &self.body, self.kept_until],
            )
            .await?;
        Ok(())
    }
}

struct Prune {
    now: i64,
    limit: i64,
}

impl Write for Prune {
    type Output = i64;

    async fn apply(&self, connection: &mut Connection) -> Result<i64, WriteError> {
        let text = "DELETE FROM answers WHERE key IN (SELECT key FROM answers WHERE kept_until <= $1 ORDER BY kept_until LIMIT $2)";
        let removed = connection.execute(text, values![self.now, self.limit]).await?;
        Ok(i64::try_from(removed).unwrap_or(i64::MAX))
    }
}
