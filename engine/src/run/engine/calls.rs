//! Runs that other runs call.

use super::{Engine, EngineError, Queue, StartRequest};
use crate::action::StepError;
use crate::check::would_decide;
use sayflow_protocol::event::Lineage;
use sayflow_protocol::{Event, InstanceKey, RunId};
use sayflow_store::StoreError;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// A run that a step of another run waits for.
pub(in crate::run) struct CallRequest {
    /// The id that the caller has journalled.
    pub(in crate::run) run: RunId,
    /// The workflow.
    pub(in crate::run) workflow: String,
    /// An object.
    pub(in crate::run) inputs: Value,
    /// The inputs that outsiders' words are in.
    pub(in crate::run) outside: BTreeSet<String>,
    /// Who waits.
    pub(in crate::run) parent: (RunId, InstanceKey),
    /// How many runs started one another to get here.
    pub(in crate::run) depth: u32,
}

impl Engine {
    /// Makes the run that a step calls, unless it was made before.
    pub(in crate::run) async fn call(&self, request: CallRequest) -> Result<(), StepError> {
        let missing = |name: &str| {
            StepError::new("no_workflow", format!("there is no saved workflow \"{name}\" to call"))
                .help("save it with: sayflow workflows save FILE")
        };
        let row = self.store().workflow(&request.workflow).await.map_err(|why| store_failed(&why))?;
        let row = row.ok_or_else(|| missing(&request.workflow))?;
        let version = u32::try_from(row.active.unwrap_or(row.latest)).unwrap_or_default();
        let found = self.store().workflow_version(&row.name, i64::from(version)).await.map_err(|why| store_failed(&why))?;
        let workspace = PathBuf::from(found.ok_or_else(|| missing(&request.workflow))?.workspace);
        let workflow = self.compiled_version(&row.name, version).await.map_err(refused)?;
        if !request.outside.is_empty()
            && let Some(why) = would_decide(&workflow.plan.workflow, &self.parts().catalogue, &request.outside)
        {
            return Err(words_would_decide(&row.name, &why));
        }
        let now = self.parts().clock.now();
        let (caller, step) = &request.parent;
        let trigger = json!({ "type": "call", "time": now, "payload": { "run": caller, "step": step }, "headers": {} });
        let start = StartRequest {
            workflow,
            version: Some(version),
            inputs: request.inputs.as_object().cloned().unwrap_or_default(),
            trigger: Some(trigger),
            workspace,
            thread: None,
            // The same call makes the same run, however often it is tried.
            delivery: Some(format!("call:{}", request.run)),
            lineage: Lineage { parent: Some(request.parent.clone()), depth: request.depth, ..Lineage::default() },
            stepwise: false,
            advance: None,
            queue: Queue::Wait,
        };
        self.start_as(request.run, start, Vec::new()).await.map_err(refused)?;
        Ok(())
    }

    /// The inputs of a call, as its step journalled them.
    pub(in crate::run) async fn call_inputs(&self, run: &RunId, step: &InstanceKey) -> Result<Value, StoreError> {
        let events = self.journal_of(run).await.map_err(|why| match why {
            EngineError::Store(why) => why,
            other => StoreError::Other(other.to_string()),
        })?;
        let inputs = events.into_iter().rev().find_map(|recorded| match recorded.event {
            Event::CallStarted { key, inputs, .. } if key == *step => Some(inputs),
            _ => None,
        });
        Ok(inputs.unwrap_or_else(|| json!({})))
    }
}

fn words_would_decide(workflow: &str, why: &str) -> StepError {
    StepError::new("input_from_outside", format!("what is handed over to \"{workflow}\" is in outsiders' words, and there {why}"))
        .help(format!("hand over values that this document names, or bound the place in \"{workflow}\", such as allow: {{channel: {{patterns: [\"#team-*\"]}}}}"))
}

fn store_failed(why: &StoreError) -> StepError {
    StepError::new("store_failed", why.to_string()).retryable()
}

fn refused(why: EngineError) -> StepError {
    let code = match &why {
        EngineError::TooDeep { .. } => "too_deep",
        EngineError::Inputs(_) => "invalid_inputs",
        EngineError::LimitReached { .. } => "limit_reached",
        EngineError::Busy { .. } => "busy",
        _ => "call_refused",
    };
    StepError::new(code, why.to_string())
}
