//! Runs that ended: those that wait for it are started, and failures that nobody saw are told. A run stays on the list until
//! all of that is durable; what is done twice after a crash is recognised by its key.

use super::notices::Notice;
use super::service::{BATCH, Refusal, TriggerService};
use super::start::{advance_of, started_by};
use crate::run::EngineError;
use jiff::Timestamp;
use sayflow_protocol::event::{Event, Lineage};
use sayflow_protocol::workflow::{EventKind, Trigger};
use sayflow_protocol::{RunError, RunId};
use sayflow_store::{RunLine, StoreError, TriggerAdvance, TriggerRow};
use serde_json::{Map, Value, json};

/// The most runs of a chain that are named.
const NAMED: usize = 20;

impl TriggerService {
    /// Deals with runs that ended; says with how many, and how many have to wait.
    pub(super) async fn take_ended(&self) -> Result<(usize, usize), StoreError> {
        let lines = self.parts().store.unannounced_runs(BATCH).await?;
        if lines.is_empty() {
            return Ok((0, 0));
        }
        let _gate = self.inner.gate.read().await;
        let mut done = Vec::new();
        for line in &lines {
            match self.announce(line).await {
                Ok(()) => done.push(line.id.clone()),
                Err(Refusal::Store(why)) => return Err(why),
                // There is no room for those that wait for it: it stays on the list.
                Err(Refusal::Busy(_)) => {}
                Err(Refusal::Broken(why)) => {
                    tracing::error!(run = line.id, %why, "the end of a run cannot be told to those that wait for it");
                    done.push(line.id.clone());
                }
            }
        }
        let dealt = done.len();
        if dealt > 0 {
            self.parts().store.mark_announced(done).await?;
        }
        Ok((dealt, lines.len() - dealt))
    }

    async fn announce(&self, line: &RunLine) -> Result<(), Refusal> {
        let on = match line.status.as_str() {
            "succeeded" => EventKind::Succeeded,
            "failed" => EventKind::Failed,
            _ => return Ok(()),
        };
        if on == EventKind::Failed {
            self.tell_failure(line).await.map_err(Refusal::Store)?;
        }
        let listening = self.parts().store.triggers_listening_to(&line.workflow).await.map_err(Refusal::Store)?;
        let wanted = listening.iter().filter(|row| waits_for(row, on));
        let mut payload = None;
        for row in wanted {
            let payload = match &payload {
                Some(payload) => payload,
                None => payload.insert(self.ending(line).await?),
            };
            self.start_after(row, line, on, payload).await?;
        }
        Ok(())
    }

    /// What those that wait for a run are told of it.
    async fn ending(&self, line: &RunLine) -> Result<Value, Refusal> {
        let outputs = match self.parts().engine.view(&RunId(line.id.clone())).await {
            Ok(view) => view.outputs,
            Err(EngineError::Store(why)) => return Err(Refusal::Store(why)),
            Err(why) => {
                tracing::warn!(run = line.id, %why, "what a run handed back cannot be read");
                None
            }
        };
        let error = error_of(line);
        Ok(json!({ "run": line.id, "workflow": line.workflow, "status": line.status, "error": error, "outputs": outputs }))
    }

    async fn start_after(&self, row: &TriggerRow, line: &RunLine, on: EventKind, payload: &Value) -> Result<(), Refusal> {
        let target = match self.target(row).await.map_err(Refusal::from) {
            Ok(target) => target,
            Err(Refusal::Broken(why)) => return self.tell_not_started(row, line, &why).await,
            Err(other) => return Err(other),
        };
        let ended = ended_at(line).unwrap_or_else(|| self.now());
        let word = if on == EventKind::Failed { "failed" } else { "succeeded" };
        let mut request = target.request(format!("event:{}:{word}", line.id), started_by("event", ended, payload.clone(), Map::new()));
        let depth = u32::try_from(line.depth).unwrap_or(u32::MAX).saturating_add(1);
        request.lineage = Lineage { depth, ..Lineage::default() };
        request.advance = Some(TriggerAdvance { last_at: Some(self.now().as_microsecond()), trouble: None, fired: 1, ..advance_of(row) });
        match self.parts().engine.start(request).await {
            Ok(_) => Ok(()),
            Err(EngineError::TooDeep { .. }) => {
                let chain = self.chain(line).await.map_err(Refusal::Store)?.join(" → ");
                let why = format!(
                    "{depth} runs have started one another, which looks like a loop: {chain} → {}. Take one of the event triggers \
                     out, or let it wait for the other ending",
                    row.workflow
                );
                self.tell_not_started(row, line, &why).await
            }
            Err(why) => match Refusal::from(why) {
                Refusal::Broken(why) => self.tell_not_started(row, line, &why).await,
                other => Err(other),
            },
        }
    }

    async fn tell_not_started(&self, row: &TriggerRow, line: &RunLine, why: &str) -> Result<(), Refusal> {
        let text = format!("{} was not started after a run of {} had {}: {why}", row.workflow, line.workflow, line.status);
        let about = format!("{}:{}", line.id, row.place);
        let at = ended_at(line).unwrap_or_else(|| self.now());
        let notice = Notice { kind: "event_not_started", about: &about, at, workflow: &row.workflow, run: Some(&line.id), text };
        self.tell(notice).await.map_err(Refusal::Store)
    }

    /// Tells of a run that nobody was there to see fail and whose workflow does not tell it itself.
    async fn tell_failure(&self, line: &RunLine) -> Result<(), StoreError> {
        if !self.is_unattended(line).await? || self.handles_failures(line).await? {
            return Ok(());
        }
        let why = error_of(line).map_or_else(String::new, |why| {
            let step = why.step.map(|step| format!(" (step {step})")).unwrap_or_default();
            format!(": {}{step}", why.message)
        });
        let text = format!("{} failed, started by {}{why}. See: sayflow runs show {}", line.workflow, line.trigger, line.id);
        let at = ended_at(line).unwrap_or_else(|| self.now());
        self.tell(Notice { kind: "run_failed", about: &line.id, at, workflow: &line.workflow, run: Some(&line.id), text }).await
    }

    /// Whether no person and no other run was there to see it fail. A run that is tried again keeps the trigger of the first.
    async fn is_unattended(&self, line: &RunLine) -> Result<bool, StoreError> {
        if matches!(line.trigger.as_str(), "manual" | "retry" | "call") {
            return Ok(false);
        }
        let first = self.first_event(&line.id).await?;
        Ok(!matches!(first, Some(Event::RunCreated { lineage: Lineage { retry_of: Some(_), .. }, .. })))
    }

    async fn first_event(&self, run: &str) -> Result<Option<Event>, StoreError> {
        let first = self.parts().store.run_events(run, 0, 1).await?;
        Ok(first.first().and_then(|row| serde_json::from_str(&row.body).ok()))
    }

    async fn handles_failures(&self, line: &RunLine) -> Result<bool, StoreError> {
        let Some(version) = line.version.and_then(|version| u32::try_from(version).ok()) else { return Ok(false) };
        match self.parts().engine.compiled_version(&line.workflow, version).await {
            Ok(compiled) => Ok(!compiled.plan.workflow.on_failure.is_empty()),
            Err(EngineError::Store(why)) => Err(why),
            // A workflow that is gone tells nobody.
            Err(_) => Ok(false),
        }
    }

    /// The workflows whose runs led to a run, the first one first.
    async fn chain(&self, line: &RunLine) -> Result<Vec<String>, StoreError> {
        let mut names = vec![line.workflow.clone()];
        let mut run = line.id.clone();
        while names.len() < NAMED {
            let Some(Event::RunCreated { trigger, lineage, .. }) = self.first_event(&run).await? else { break };
            let before = match lineage.parent {
                Some((parent, _)) => Some(parent.0),
                None => trigger["payload"]["run"].as_str().filter(|_| trigger["type"] == "event").map(str::to_owned),
            };
            let Some(before) = before else { break };
            let Some(row) = self.parts().store.run(&before).await? else { break };
            names.push(row.workflow);
            run = before;
        }
        names.reverse();
        Ok(names)
    }
}

fn waits_for(row: &TriggerRow, ending: EventKind) -> bool {
    matches!(serde_json::from_str(&row.body), Ok(Trigger::Event { on, .. }) if on == ending)
}

fn error_of(line: &RunLine) -> Option<RunError> {
    line.error.as_deref().and_then(|text| serde_json::from_str(text).ok())
}

fn ended_at(line: &RunLine) -> Option<Timestamp> {
    line.ended.and_then(|at| Timestamp::from_microsecond(at).ok())
}
