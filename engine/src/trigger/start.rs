//! Starting a run for a trigger.

use super::service::TriggerService;
use crate::run::{Compiled, EngineError, Queue, StartRequest};
use jiff::Timestamp;
use sayflow_protocol::event::Lineage;
use sayflow_store::{StoreError, TriggerAdvance, TriggerRow};
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use std::sync::Arc;

/// An active version, ready to be started.
#[derive(Clone)]
pub(super) struct Target {
    pub workflow: Arc<Compiled>,
    pub version: u32,
    pub workspace: PathBuf,
}

/// What started a run: `trigger` of its expressions.
pub(super) fn started_by(kind: &str, time: Timestamp, payload: Value, headers: Map<String, Value>) -> Value {
    json!({ "type": kind, "time": time, "payload": payload, "headers": headers })
}

impl Target {
    /// The request for a run that something outside asked for.
    pub(super) fn request(&self, delivery: String, trigger: Value) -> StartRequest {
        StartRequest {
            workflow: self.workflow.clone(),
            version: Some(self.version),
            inputs: Map::new(),
            trigger: Some(trigger),
            workspace: self.workspace.clone(),
            thread: None,
            delivery: Some(delivery),
            lineage: Lineage::default(),
            stepwise: false,
            advance: None,
            queue: Queue::Wait,
        }
    }
}

impl TriggerService {
    /// The version that a trigger starts.
    pub(super) async fn target(&self, row: &TriggerRow) -> Result<Target, EngineError> {
        let version = u32::try_from(row.version).map_err(|_| EngineError::NoWorkflow(row.workflow.clone()))?;
        let workflow = self.parts().engine.compiled_version(&row.workflow, version).await?;
        let stored = self.parts().store.workflow_version(&row.workflow, row.version).await?;
        let stored = stored.ok_or_else(|| EngineError::NoWorkflow(row.workflow.clone()))?;
        Ok(Target { workflow, version, workspace: PathBuf::from(stored.workspace) })
    }

    /// Puts a trigger off until a moment, with what is in its way. Whatever was due stays due.
    pub(super) async fn put_off(&self, row: &TriggerRow, until: Timestamp, trouble: Option<String>) -> Result<(), StoreError> {
        let advance = TriggerAdvance { next_at: Some(until.as_microsecond()), trouble, ..advance_of(row) };
        self.parts().store.advance_trigger(advance).await?;
        Ok(())
    }
}

/// An advance of a trigger that leaves it as it is.
pub(super) fn advance_of(row: &TriggerRow) -> TriggerAdvance {
    TriggerAdvance {
        workflow: row.workflow.clone(),
        place: row.place,
        version: row.version,
        next_at: row.next_at,
        last_at: None,
        state: None,
        trouble: row.trouble.clone(),
        fired: 0,
    }
}
