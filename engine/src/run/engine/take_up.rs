//! Taking runs up again: those that a dead process left, and those that waited in the store.

use super::admission::{driven_from_now, is_guarded};
use super::start::workspace_of;
use super::{Engine, EngineError, MOST_DRIVEN, broken};
use crate::limits::Meter;
use crate::plan::Work;
use crate::run::journal::{self, Journal};
use crate::run::order::{Control, Order};
use crate::run::state::RunState;
use sayflow_protocol::{Event, RecordedEvent, RunId, RunStatus};
use sayflow_store::RunRow;
use std::sync::Arc;
use std::time::Duration;

/// Events read from the store at once.
const PAGE: i64 = 500;

/// The `wake_at` of a run for which somebody has left something in the store.
const WOKEN: i64 = 0;

/// What became of a run that was to be taken up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TakenUp {
    /// It is driven now.
    Driven,
    /// It has a driver already.
    HasDriver,
    /// It has ended.
    Ended,
    /// It waits for room.
    Queued,
}

impl Engine {
    /// Takes up what the last process left, and wakes what waits when its time has come, until the engine drains. Returns
    /// how many runs were taken up.
    ///
    /// # Errors
    /// When the store cannot be read. A run that cannot go on is logged and left as it is.
    pub async fn open(&self) -> Result<usize, EngineError> {
        let mut taken = 0;
        for id in self.store().interrupted_runs().await? {
            let id = RunId(id);
            match self.take_up(&id, None).await {
                Ok(TakenUp::Driven) => taken += 1,
                Ok(TakenUp::HasDriver | TakenUp::Ended | TakenUp::Queued) => {}
                Err(why) => tracing::error!(run = %id, %why, "a run cannot be taken up again"),
            }
        }
        self.keep_waking();
        Ok(taken)
    }

    /// Drives a run that is in the store. `first` is what it is told before anything else.
    pub(super) async fn take_up(&self, id: &RunId, first: Option<Control>) -> Result<TakenUp, EngineError> {
        let row = self.row(id).await?;
        if row.ended.is_some() {
            return Ok(TakenUp::Ended);
        }
        self.refuse_while_stopping()?;
        let compiled = self.inner.compiled.compile_stored(row.document.clone(), &self.parts().catalogue)?;
        if row.status == RunStatus::Queued.as_str() && first.is_none() {
            if is_guarded(&compiled.plan.workflow) {
                // Boxed: letting a run in takes it up.
                Box::pin(self.admit_queued(&row.workflow)).await;
                return Ok(TakenUp::Queued);
            }
            if self.lock().runs.len() >= MOST_DRIVEN {
                return Ok(TakenUp::Queued);
            }
        }
        let Some((enlisted, asked)) = self.enlist(id) else { return Ok(TakenUp::HasDriver) };
        // Read after the place was taken: whoever had it before may have written.
        let row = self.row(id).await?;
        if row.ended.is_some() {
            return Ok(TakenUp::Ended);
        }
        if row.wake_at == Some(WOKEN) {
            // It is driven now: from here on a wake is one that it has not heard of. Parking does not take that back.
            self.store().commit_run(driven_from_now(&row)).await?;
        }
        let events = self.journal_of(id).await?;
        let mut state = RunState::new(compiled.plan.clone());
        for event in &events {
            state.apply(event).map_err(|why| broken(id, &why))?;
        }
        state.recover(|step| match &step.work {
            Work::Action(call) => call.idempotent || call.takes_key,
            Work::Group(_) => false,
        });
        let ports = self.parts().ports.resumed(&workspace_of(&row));
        let name = row.workflow.clone();
        let journal = Journal::in_store(id.clone(), name, self.store().clone(), self.inner.hub.clone(), &events);
        let limits = compiled.plan.workflow.limits.unwrap_or_default();
        let spent = self.spent_today(&compiled.plan.workflow).await?;
        let (bytes, cost) = (u64::try_from(row.bytes).unwrap_or_default(), u64::try_from(row.cost_micros).unwrap_or_default());
        let meter = Arc::new(Meter::resumed(&limits, spent.saturating_sub(cost), bytes, cost));
        let mut driver = self.driver(id.clone(), state, journal, ports, meter, None);
        driver.remember_places(&events);
        if let Some(first) = first {
            let sent = self.lock().runs.get(id).map(|handle| handle.control.try_send(first));
            if !matches!(sent, Some(Ok(()))) {
                return Err(broken(id, &"it could not be told"));
            }
        }
        self.spawn(enlisted, asked, driver);
        Ok(TakenUp::Driven)
    }

    /// Takes a run up without waiting for it.
    pub(super) fn spawn_stored(&self, id: &RunId) {
        let (engine, id) = (self.clone(), id.clone());
        tokio::spawn(async move {
            if let Err(why) = engine.take_up(&id, None).await {
                tracing::error!(run = %id, %why, "a run cannot be taken up");
            }
        });
    }

    /// Takes a run up when the store can be used again; one that was not stored after all is forgotten.
    pub(super) fn come_back(&self, id: &RunId) {
        let (engine, id) = (self.clone(), id.clone());
        tokio::spawn(async move {
            let mut pause = Duration::from_millis(250);
            let stopping = engine.stopping();
            tokio::pin!(stopping);
            loop {
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    () = &mut stopping => return,
                }
                match engine.take_up(&id, None).await {
                    Err(EngineError::Store(why)) if why.is_transient() => pause = (pause * 2).min(Duration::from_secs(10)),
                    Err(EngineError::NoRun(_)) | Ok(_) => return,
                    Err(why) => {
                        tracing::error!(run = %id, %why, "a run cannot be taken up again");
                        return;
                    }
                }
            }
        });
    }

    /// Lets a run look at the store, whether it is driven or not: something that it waits for has happened.
    pub(super) async fn nudge(&self, id: &RunId) {
        let driven = {
            let driven = self.lock();
            // A full queue holds something after which it will look anyway: at the latest when it is taken up again.
            driven.runs.get(id).map(|handle| handle.control.try_send(Control::silent(Order::Look)).is_ok())
        };
        if driven != Some(true) {
            self.inner.waker.ring_now();
        }
    }

    pub(super) async fn row(&self, id: &RunId) -> Result<RunRow, EngineError> {
        self.store().run(id.as_str()).await?.ok_or_else(|| EngineError::NoRun(id.clone()))
    }

    /// All events of a run.
    pub(super) async fn journal_of(&self, id: &RunId) -> Result<Vec<RecordedEvent>, EngineError> {
        let mut events: Vec<RecordedEvent> = Vec::new();
        loop {
            let page = self.events(id, events.last().map_or(0, |event| event.seq)).await?;
            let whole = page.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
            events.extend(page);
            if whole {
                return Ok(events);
            }
        }
    }

    /// A run's events after number `after`, in pages.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn events(&self, id: &RunId, after: u64) -> Result<Vec<RecordedEvent>, EngineError> {
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let rows = self.store().run_events(id.as_str(), after, PAGE).await?;
        rows.iter().map(|row| journal::read_row(id, row)).collect::<Result<_, _>>().map_err(EngineError::from)
    }

    /// The event with which a run ended, if it has.
    pub(in crate::run) async fn ending_of(&self, id: &RunId, newest: i64) -> Result<Option<Event>, sayflow_store::StoreError> {
        let rows = self.store().run_events(id.as_str(), newest - 1, 1).await?;
        let last = rows.last().map(|row| journal::read_row(id, row)).transpose()?;
        Ok(last.map(|recorded| recorded.event).filter(|event| matches!(event, Event::RunFinished { .. })))
    }
}
