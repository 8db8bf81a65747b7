//! What language models cost.

use crate::error::{StoreError, WriteError};
use crate::job::Write;
use crate::open::Store;
use crate::sql::{Connection, values};

/// What was spent on a day, for a conversation, on a model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SpendingRow {
    /// Such as `2026-11-20`.
    pub day: String,
    /// The conversation; empty where none asked.
    pub thread: String,
    /// The model's name.
    pub model: String,
    /// Requests.
    pub calls: i64,
    /// Tokens sent.
    pub input_tokens: i64,
    /// Tokens received.
    pub output_tokens: i64,
    /// Millionths of a US dollar.
    pub micro_usd: i64,
}

impl Store {
    /// Adds to what was spent.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_spending(&self, row: SpendingRow) -> Result<(), StoreError> {
        self.write(row).await
    }

    /// What was spent on a day, in millionths of a US dollar.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn spent_on(&self, day: &str) -> Result<i64, StoreError> {
        let text = "SELECT CAST(COALESCE(SUM(micro_usd), 0) AS BIGINT) FROM spending WHERE day = $1";
        Ok(self.number(text, values![day]).await?.unwrap_or_default())
    }

    /// What was spent for a conversation, in millionths of a US dollar.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn spent_for(&self, thread: &str) -> Result<i64, StoreError> {
        let text = "SELECT CAST(COALESCE(SUM(micro_usd), 0) AS BIGINT) FROM spending WHERE thread = $1 AND thread <> ''";
        Ok(self.number(text, values![thread]).await?.unwrap_or_default())
    }
}

impl Write for SpendingRow {
    type Output = ();

    async fn apply(&self, connection: &mut Connection) -> Result<(), WriteError> {
        connection
            .execute(
                "INSERT INTO spending (day, thread, model, calls, input_tokens, output_tokens, micro_usd) VALUES ($1, $2, $3, $4, $5, $6, $7)
                 ON CONFLICT (day, thread, model) DO UPDATE SET
                     calls = spending.calls + excluded.calls,
                     input_tokens = spending.input_tokens + excluded.input_tokens,
                     output_tokens = spending.output_tokens + excluded.output_tokens,
                     micro_usd = spending.micro_usd + excluded.micro_usd",
                values![&self.day, &self.thread, &self.model, self.calls, self.input_tokens, self.output_tokens, self.micro_usd],
            )
            .await?;
        Ok(())
    }
}
