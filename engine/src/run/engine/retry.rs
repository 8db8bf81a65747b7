//! Trying a run again: a new run that keeps what the earlier one has done.

use super::{Compiled, Engine, EngineError, Queue, StartRequest};
use crate::run::kept_results::{RetryFrom, kept_results};
use sayflow_protocol::event::Lineage;
use sayflow_protocol::{Event, InstanceKey, RunId, ThreadId};
use serde_json::{Map, Value};
use std::path::PathBuf;
use std::sync::Arc;

/// Which run is tried again, and how.
pub struct RetryRequest {
    /// A run that has ended.
    pub run: RunId,
    /// Where it begins.
    pub from: RetryFrom,
    /// With which document.
    pub on: RetryOn,
}

/// The document that a retried run works from.
pub enum RetryOn {
    /// That of the earlier run.
    Same,
    /// Another version. Steps that say something else in it are done again, with everything behind them.
    Version(Arc<Compiled>, u32),
}

/// A run that tries another one again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retried {
    /// Its id.
    pub run: RunId,
    /// How many results it keeps.
    pub kept: usize,
    /// Writes of which nobody knows whether they happened, and which are sent again.
    pub unknown: Vec<InstanceKey>,
}

impl Engine {
    /// Tries a run again.
    ///
    /// # Errors
    /// When there is no such run, it has not ended, the step is not there, or those of [`Self::start`].
    pub async fn retry(&self, request: RetryRequest) -> Result<Retried, EngineError> {
        let row = self.row(&request.run).await?;
        let conflict = |why: String| EngineError::Conflict { run: request.run.clone(), why };
        if row.ended.is_none() {
            return Err(conflict("it has not ended; cancel it first, with: sayflow runs cancel ID".into()));
        }
        let old = self.inner.compiled.compile_stored(row.document.clone(), &self.parts().catalogue)?;
        let events = self.journal_of(&request.run).await?;
        let Some(Event::RunCreated { inputs, trigger, lineage, .. }) = events.first().map(|first| first.event.clone()) else {
            return Err(EngineError::Broken { run: request.run.clone(), why: "its journal has no beginning".into() });
        };
        let (new, version) = match request.on {
            RetryOn::Same => (old.clone(), row.version.and_then(|version| u32::try_from(version).ok())),
            RetryOn::Version(compiled, version) => (compiled, Some(version)),
        };
        if let RetryFrom::Step(step) = &request.from
            && !new.plan.has_step(step)
        {
            return Err(conflict(format!("the workflow has no step \"{step}\"; see them with: sayflow runs show {}", request.run)));
        }
        let kept = kept_results(&old.plan, &new.plan, &events, &request.from);
        let keys_of = (request.from == RetryFrom::Failed).then(|| lineage.keys_of.clone().unwrap_or_else(|| request.run.clone()));
        let start = StartRequest {
            version,
            inputs: still_known(inputs, &new),
            trigger: Some(trigger),
            thread: row.thread.clone().map(ThreadId),
            lineage: Lineage { retry_of: Some(request.run.clone()), keys_of, depth: lineage.depth, parent: None },
            queue: Queue::Refuse,
            ..StartRequest::by_hand(new, PathBuf::from(&row.workspace))
        };
        let run = RunId(self.parts().ids.new_id());
        let count = kept.results.len();
        let started = self.start_as(run, start, kept.results).await?;
        Ok(Retried { run: started.run, kept: count, unknown: kept.unknown })
    }
}

/// The inputs that the document still takes.
fn still_known(inputs: Value, compiled: &Compiled) -> Map<String, Value> {
    let Value::Object(mut inputs) = inputs else { return Map::new() };
    inputs.retain(|name, _| compiled.plan.workflow.inputs.contains_key(name));
    inputs
}
