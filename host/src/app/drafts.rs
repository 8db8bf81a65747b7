//! Drafts.

use super::App;
use crate::error::AppError;
use crate::principal::{Command, Principal};
use sayflow_protocol::api::DraftView;
use sayflow_store::DraftRow;

impl App {
    /// A draft as every surface shows it.
    ///
    /// # Errors
    /// See [`AppError`].
    pub async fn draft(&self, principal: &Principal, id: &str) -> Result<DraftView, AppError> {
        self.allow(principal, Command::ReadThread)?;
        let row = self.draft_row(id).await?;
        serde_json::from_str(&row.body).map_err(|why| AppError::Internal(format!("draft {id} cannot be read: {why}")))
    }

    pub(super) async fn draft_row(&self, id: &str) -> Result<DraftRow, AppError> {
        let row = self.parts.store.draft(id).await?;
        row.ok_or_else(|| AppError::not_found("draft", id, "ask again for the workflow: sayflow ask …"))
    }
}
