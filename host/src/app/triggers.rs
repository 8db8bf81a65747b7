//! Messages from chat channels, which start the workflows that wait for them. Requests to webhooks come in with what a
//! server that stays does.

use super::App;
use crate::error::AppError;
use sayflow_engine::trigger::Message;
use sayflow_protocol::RunId;

#[allow(clippy::missing_errors_doc, reason = "see AppError")]
impl App {
    /// Takes a message from a chat channel that the gateway has recognised; the runs that it started, now or when it came
    /// for the first time. They are in the store when this returns.
    pub async fn receive_message(&self, message: &Message) -> Result<Vec<RunId>, AppError> {
        self.parts.resumed.wait().await;
        let started = self.parts.triggers.message(message).await?;
        Ok(started.into_iter().map(|started| started.run).collect())
    }
}
