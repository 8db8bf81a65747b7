//! Runs that a run starts and waits for (`flow.call`). The intent, with the other run's id, is durable before the other
//! run is made, so that a crash between the two makes neither none nor two.

use super::{Driver, Note, Stopped};
use crate::footprint::path_of;
use crate::run::Engine;
use crate::run::engine::CallRequest;
use futures::future::FutureExt;
use sayflow_protocol::{Event, InstanceKey, RunError, RunId, RunStatus};
use serde_json::Value;

impl Driver {
    /// Makes the other run.
    pub(super) fn launch_call(&mut self, key: InstanceKey, run: RunId, workflow: String, inputs: Value) {
        let Some(engine) = self.engine.clone() else { return };
        let outside = self.state.plan().handed_over.get(&path_of(&key)).cloned().unwrap_or_default();
        let depth = self.state.lineage().depth + 1;
        let request = CallRequest { run, workflow, inputs, outside, parent: (self.run.clone(), key.clone()), depth };
        let note = async move {
            let made = engine.call(request).await.map_err(|why| why.to_run_error(&key.to_string()));
            Note::CallMade { key, made }
        };
        self.work.notes.push(note.boxed());
    }

    /// The other run is made, or cannot be.
    pub(super) fn call_made(&mut self, key: &InstanceKey, made: Result<(), RunError>) -> Result<(), Stopped> {
        let waits = self.state.calls().iter().any(|(at, ..)| at == key);
        match made {
            Err(error) if waits => {
                let attempt = self.state.attempt_of(key);
                self.record(Event::StepFailed { key: key.clone(), attempt, error, retry_at: None })
            }
            _ => Ok(()),
        }
    }

    /// Takes in how called runs have ended, and makes those that a crash kept from being made.
    pub(super) async fn look_at_calls(&mut self, engine: &Engine) -> Result<(), Stopped> {
        for (key, run, workflow) in self.state.calls() {
            let Some(row) = engine.store().run(run.as_str()).await? else {
                if self.state.is_halted(&key) {
                    let attempt = self.state.attempt_of(&key);
                    self.record(Event::StepCancelled { key, attempt })?;
                    continue;
                }
                let inputs = engine.call_inputs(&self.run, &key).await?;
                self.launch_call(key, run, workflow, inputs);
                continue;
            };
            if row.ended.is_none() {
                continue;
            }
            let ending = engine.ending_of(&run, row.seq).await?;
            self.record_call(key, &run, &workflow, ending)?;
        }
        Ok(())
    }

    fn record_call(&mut self, key: InstanceKey, run: &RunId, workflow: &str, ending: Option<Event>) -> Result<(), Stopped> {
        let attempt = self.state.attempt_of(&key);
        let Some(Event::RunFinished { status, error, outputs }) = ending else {
            return Err(Stopped::Broken(format!("the journal of the called run {run} has no end")));
        };
        if self.state.is_halted(&key) {
            return self.record(Event::StepCancelled { key, attempt });
        }
        if status == RunStatus::Succeeded {
            return self.record(Event::StepSucceeded { key, attempt, output: outputs.unwrap_or_default(), simulated: false });
        }
        let (code, message) = match error {
            _ if status == RunStatus::Cancelled => ("call_cancelled", format!("the run of \"{workflow}\" was cancelled")),
            Some(error) => ("call_failed", format!("the run of \"{workflow}\" failed: {}", error.message)),
            None => ("call_failed", format!("the run of \"{workflow}\" failed")),
        };
        let error = RunError {
            code: code.into(),
            message,
            step: Some(key.to_string()),
            help: Some(format!("look at it with: sayflow runs show {run}")),
        };
        self.record(Event::StepFailed { key, attempt, error, retry_at: None })
    }

    /// The called run is stopped; the step ends when it has.
    pub(super) fn abort_call(&self, run: RunId) {
        let Some(engine) = self.engine.clone() else { return };
        let by = format!("run {}", self.run);
        tokio::spawn(async move {
            if let Err(why) = engine.cancel(&run, &by).await {
                tracing::warn!(%run, %why, "a called run could not be stopped");
            }
        });
    }
}
