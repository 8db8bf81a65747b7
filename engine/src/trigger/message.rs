//! Messages from chat channels: each starts a run of every workflow that waits for it.

use super::rows::channel_name;
use super::service::TriggerService;
use super::start::{advance_of, started_by};
use crate::run::{EngineError, Started};
use jiff::Timestamp;
use sayflow_protocol::workflow::Trigger;
use sayflow_store::{TriggerAdvance, TriggerRow};
use serde_json::{Map, Value};

/// A message that arrived.
#[derive(Debug, Clone)]
pub struct Message {
    /// The channel as documents name it: `#orders`.
    pub channel: String,
    /// What it says.
    pub text: String,
    /// What the platform calls it; a message that is handed in again starts nothing.
    pub id: String,
    /// What runs see as `trigger.payload`: `{text, channel, user, …}`.
    pub payload: Value,
    /// When it was sent.
    pub time: Timestamp,
}

impl TriggerService {
    /// Starts a run of each active workflow that waits for such a message; they are durable when this returns. A message
    /// may be handed in again after an error, or twice.
    ///
    /// # Errors
    /// When a run cannot be started now; those that were started stay.
    pub async fn message(&self, message: &Message) -> Result<Vec<Started>, EngineError> {
        let _gate = self.inner.gate.read().await;
        let listening = self.parts().store.triggers_listening_to(&channel_name(&message.channel)).await?;
        let mut started = Vec::new();
        for row in listening.iter().filter(|row| is_meant(row, &message.text)) {
            let target = self.target(row).await?;
            let trigger = started_by("message", message.time, message.payload.clone(), Map::new());
            let mut request = target.request(format!("message:{}:{}", row.place, message.id), trigger);
            request.advance =
                Some(TriggerAdvance { last_at: Some(self.now().as_microsecond()), trouble: None, fired: 1, ..advance_of(row) });
            started.push(self.parts().engine.start(request).await?);
        }
        Ok(started)
    }
}

/// Whether a message has the text in it that a trigger waits for, in whatever case.
fn is_meant(row: &TriggerRow, text: &str) -> bool {
    match serde_json::from_str(&row.body) {
        Ok(Trigger::Message { pattern: None, .. }) => true,
        Ok(Trigger::Message { pattern: Some(pattern), .. }) => text.to_lowercase().contains(&pattern.to_lowercase()),
        _ => false,
    }
}
