//! Doing a run again: as a new run that keeps what the earlier one has found out.

use super::runs::SEE_RUNS;
use super::{App, approval};
use crate::error::AppError;
use crate::principal::{Command, Principal};
use sayflow_engine::run::{RetryFrom, RetryOn, RetryRequest};
use sayflow_protocol::api::run::{AgainStep, FromWhere};
use sayflow_protocol::api::{ApprovalView, RetriedRun, RetryRun};
use sayflow_protocol::event::{KeptResult, SkipReason};
use sayflow_protocol::{Effect, Event, InstanceKey, RecordedEvent, RunId, RunView, StepStatus};
use std::collections::{BTreeMap, HashMap};

impl App {
    /// Does a run that has ended again, or says what has to be approved first.
    ///
    /// # Errors
    /// See [`AppError`].
    pub async fn retry_run(&self, principal: &Principal, id: &str, request: RetryRun) -> Result<RetriedRun, AppError> {
        self.allow(principal, Command::StartRun)?;
        self.parts.resumed.wait().await;
        let earlier = RunId::from(id);
        let on = if request.current {
            match self.current_version(&earlier, request.approve.as_deref()).await? {
                Current::Usable(on) => on,
                Current::Asks(approval) => return Ok(RetriedRun { approval: Some(*approval), ..RetriedRun::default() }),
            }
        } else {
            RetryOn::Same
        };
        let before = self.parts.engine.view(&earlier).await?;
        let journal = self.all_events(&earlier).await?;
        let from = match request.from {
            FromWhere::Failed => RetryFrom::Failed,
            FromWhere::Start => RetryFrom::Start,
            FromWhere::Step(step) => {
                let key = step.parse();
                RetryFrom::Step(key.map_err(|_| AppError::invalid(format!("\"{step}\" names no step"), "name it as STEP or GROUP/STEP"))?)
            }
        };
        let retried = self.parts.engine.retry(RetryRequest { run: earlier, from, on }).await?;
        let begun = self.parts.engine.events(&retried.run, 0).await?;
        let (again, kept) = compare(&before, &journal, &begun, &retried.unknown);
        let run = self.parts.engine.view(&retried.run).await?;
        Ok(RetriedRun { run: Some(run), approval: None, again, kept })
    }

    /// The version of the run's workflow that counts now. One that is active was approved when it was activated.
    async fn current_version(&self, run: &RunId, approve: Option<&str>) -> Result<Current, AppError> {
        let row = self.parts.store.run(run.as_str()).await?;
        let row = row.ok_or_else(|| AppError::not_found("run", run.as_str(), SEE_RUNS))?;
        let (version, document) = self.saved_document(&row.workflow).await?;
        let sound = self.sound_document(&document).await?;
        let is_active = self.parts.store.workflow(&row.workflow).await?.is_some_and(|row| row.active == Some(i64::from(version)));
        let payload =
            approval::Payload { document: &document, inputs: &BTreeMap::new(), workspace: &row.workspace, footprint: &sound.footprint };
        if !is_active
            && let Some(open) = approval::needed(payload, None)
            && !open.is_given(approve)
        {
            let view = open.into_view(self.parts.ids.new_id().into(), &row.workflow);
            return Ok(Current::Asks(Box::new(view)));
        }
        let compiled = self.parts.engine.compiled_version(&row.workflow, version).await?;
        Ok(Current::Usable(RetryOn::Version(compiled, version)))
    }

    async fn all_events(&self, run: &RunId) -> Result<Vec<RecordedEvent>, AppError> {
        let mut events: Vec<RecordedEvent> = Vec::new();
        loop {
            let page = self.parts.engine.events(run, events.last().map_or(0, |event| event.seq)).await?;
            if page.is_empty() {
                return Ok(events);
            }
            events.extend(page);
        }
    }
}

/// The version that counts now.
enum Current {
    Usable(RetryOn),
    Asks(Box<ApprovalView>),
}

/// The steps of the earlier run that are done again, and those whose results the new one keeps, in document order.
fn compare(before: &RunView, journal: &[RecordedEvent], begun: &[RecordedEvent], unknown: &[InstanceKey]) -> (Vec<AgainStep>, Vec<String>) {
    let results = begun.iter().find_map(|event| match &event.event {
        Event::ResultsKept { results } => Some(results.as_slice()),
        _ => None,
    });
    let mut whole: HashMap<String, ()> = HashMap::new();
    let mut items: HashMap<String, u32> = HashMap::new();
    for result in results.unwrap_or_default() {
        if let KeptResult::Output { key, .. } = result {
            match key.last().and_then(|segment| segment.item) {
                None => drop(whole.insert(key.to_string(), ())),
                Some(_) => *items.entry(step_of(key)).or_default() += 1,
            }
        }
    }
    let mut effects: HashMap<String, Effect> = HashMap::new();
    for event in journal {
        if let Event::StepStarted { key, effect, .. } = &event.event {
            effects.insert(step_of(key), *effect);
        }
    }
    let (mut again, mut kept) = (Vec::new(), Vec::new());
    for step in &before.steps {
        let items_kept = items.get(&step.id).copied();
        let all_items = step.items.is_some_and(|all| items_kept == Some(all.total)) && step.status == StepStatus::Succeeded;
        if whole.contains_key(&step.id) || all_items {
            kept.push(step.id.clone());
        } else if step.status != StepStatus::Skipped || step.skipped_because.as_deref() == Some(SkipReason::WhenNotMet.describe()) {
            again.push(AgainStep {
                effect: effects.get(&step.id).copied(),
                was_unknown: unknown.iter().any(|key| step_of(key) == step.id),
                items_kept,
                step: step.id.clone(),
            });
        }
    }
    (again, kept)
}

/// The step that an instance belongs to, as views name it: without items, iterations and attempts.
fn step_of(key: &InstanceKey) -> String {
    let mut plain = key.clone();
    for segment in &mut plain.path {
        segment.item = None;
        segment.iteration = None;
    }
    plain.to_string()
}
