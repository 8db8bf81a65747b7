//! Whether there is room for a run: the workflow's own limits, and how much is driven at once.

use super::{Engine, EngineError, MOST_DRIVEN, Queue, StartRequest};
use crate::limits::{self, Admission, Usage};
use jiff::{SignedDuration, Timestamp};
use sayflow_protocol::workflow::{Limits, Workflow};
use sayflow_protocol::{RunId, RunStatus};
use sayflow_store::{RunCommit, RunHead, RunRow};
use std::time::Duration;
use tokio::sync::MutexGuard;

/// When it is worth trying again where too much is driven.
const SHORTLY: Duration = Duration::from_secs(1);

/// The longest that a run which waits for money is left alone before it is asked again.
const NOW_AND_THEN: SignedDuration = SignedDuration::from_mins(15);

/// Where a run may go.
pub(super) enum Room<'e> {
    /// It begins now.
    Now,
    /// It begins now and has to be stored before the next one is judged.
    Reserved(MutexGuard<'e, ()>),
    /// It is stored and begins later: at a time, or when another run of the workflow has ended.
    Later(Option<Timestamp>),
}

impl Engine {
    /// Finds room for a run that wants to begin.
    pub(super) async fn admit(&self, request: &StartRequest) -> Result<Room<'_>, EngineError> {
        let workflow = &request.workflow.plan.workflow;
        let now = self.parts().clock.now();
        if self.lock().runs.len() >= MOST_DRIVEN {
            let later = now.checked_add(SHORTLY).unwrap_or(now);
            return refuse_or(request.queue, Room::Later(Some(later)), "too many runs are going on", SHORTLY);
        }
        if !is_guarded(workflow) {
            return Ok(Room::Now);
        }
        // One after another, so that two do not take the last place.
        let admission = self.inner.admission.lock().await;
        match self.within_limits(workflow, now).await? {
            Admission::Yes => {}
            Admission::Later(at) => {
                let pause = Duration::try_from(at.duration_since(now)).unwrap_or_default();
                let why = format!("\"{}\" has begun as many runs as its limits allow", workflow.name);
                return refuse_or(request.queue, Room::Later(Some(at)), &why, pause);
            }
            Admission::Refused { why, help } => return Err(EngineError::LimitReached { why, help }),
        }
        if let Some(most) = workflow.concurrency
            && self.running(&workflow.name).await? >= u64::from(most.max(1))
        {
            let why = format!("\"{}\" has {most} runs in progress, as many as its `concurrency` allows", workflow.name);
            return refuse_or(request.queue, Room::Later(None), &why, SHORTLY);
        }
        Ok(Room::Reserved(admission))
    }

    async fn within_limits(&self, workflow: &Workflow, now: Timestamp) -> Result<Admission, EngineError> {
        let Some(limits) = workflow.limits.filter(limits::counts_runs) else { return Ok(Admission::Yes) };
        let usage = self.usage(&workflow.name, &limits, now).await?;
        Ok(limits::admit(&limits, now, &usage))
    }

    async fn usage(&self, workflow: &str, limits: &Limits, now: Timestamp) -> Result<Usage, EngineError> {
        let since = |span: SignedDuration| now.checked_sub(span).unwrap_or(Timestamp::MIN).as_microsecond();
        let (minute, hour, day) =
            (since(SignedDuration::from_mins(1)), since(SignedDuration::from_hours(1)), since(SignedDuration::from_hours(24)));
        let (store, mut usage) = (self.store(), Usage::default());
        let count = |number: i64| u64::try_from(number).unwrap_or_default();
        let time = |micros: Option<i64>| micros.and_then(|micros| Timestamp::from_microsecond(micros).ok());
        if limits.runs_per_minute.is_some() {
            usage.started_last_minute = count(store.count_started_since(workflow, minute).await?);
            usage.oldest_in_minute = time(store.oldest_start_since(workflow, minute).await?);
        }
        if limits.runs_per_hour.is_some() {
            usage.started_last_hour = count(store.count_started_since(workflow, hour).await?);
            usage.oldest_in_hour = time(store.oldest_start_since(workflow, hour).await?);
        }
        if limits.model_usd_per_day.is_some() {
            usage.spent_in_day = count(store.spent_since(workflow, day).await?);
        }
        Ok(usage)
    }

    /// What a workflow's runs of the last 24 hours spent on models, in millionths of a US dollar.
    pub(super) async fn spent_today(&self, workflow: &Workflow) -> Result<u64, EngineError> {
        let Some(limits) = workflow.limits.filter(|limits| limits.model_usd_per_day.is_some()) else { return Ok(0) };
        Ok(self.usage(&workflow.name, &limits, self.parts().clock.now()).await?.spent_in_day)
    }

    async fn running(&self, workflow: &str) -> Result<u64, EngineError> {
        Ok(u64::try_from(self.store().count_running(workflow).await?).unwrap_or_default())
    }

    /// Lets runs of a workflow begin that wait for room, as far as there is any.
    pub(super) async fn admit_queued(&self, workflow: &str) {
        if self.inner.stopping.is_cancelled() {
            return;
        }
        if let Err(why) = self.try_admit_queued(workflow).await {
            tracing::warn!(workflow, %why, "queued runs could not be looked at; they are at the next chance");
        }
    }

    /// A queued run is looked at again at a time.
    async fn put_off(&self, id: &RunId, at: Timestamp) -> Result<(), EngineError> {
        self.store().wake_run(id.as_str(), at.as_microsecond()).await?;
        self.inner.waker.ring_at(at);
        Ok(())
    }

    async fn try_admit_queued(&self, workflow: &str) -> Result<(), EngineError> {
        let _one_at_a_time = self.inner.admission.lock().await;
        for id in self.store().queued_runs(workflow, 16).await? {
            let id = RunId(id);
            let Some(row) = self.store().run(id.as_str()).await? else { continue };
            let compiled = self.inner.compiled.compile_stored(row.document.clone(), &self.parts().catalogue)?;
            let document = &compiled.plan.workflow;
            let now = self.parts().clock.now();
            let now_and_then = now.checked_add(NOW_AND_THEN).unwrap_or(now);
            match self.within_limits(document, now).await? {
                Admission::Yes => {}
                Admission::Later(at) => return self.put_off(&id, at).await,
                Admission::Refused { .. } => return self.put_off(&id, now_and_then).await,
            }
            if let Some(most) = document.concurrency
                && self.running(workflow).await? >= u64::from(most.max(1))
            {
                // The end of another run lets it in; with a time that has passed it would be due all the while.
                return if row.wake_at.is_some() { self.put_off(&id, now_and_then).await } else { Ok(()) };
            }
            let begun = RunRow { started: Some(now.as_microsecond()), ..row };
            self.store().commit_run(driven_from_now(&begun)).await?;
            self.spawn_stored(&id);
        }
        Ok(())
    }
}

/// Says that a stored run is driven, and nothing else: a queued run counts from then on as one that goes on.
pub(super) fn driven_from_now(row: &RunRow) -> RunCommit {
    let head = RunHead {
        status: RunStatus::Running.as_str().to_owned(),
        started: row.started,
        ended: None,
        error: None,
        wake_at: None,
        announce: false,
        bytes: row.bytes,
        cost_micros: row.cost_micros,
    };
    let (approvals, closed, wake) = (Vec::new(), Vec::new(), Vec::new());
    RunCommit { run: row.id.clone(), events: Vec::new(), head, approvals, closed, wake }
}

/// Whether a workflow says anything about how many of its runs may begin.
pub(super) fn is_guarded(workflow: &Workflow) -> bool {
    workflow.concurrency.is_some() || workflow.limits.as_ref().is_some_and(limits::counts_runs)
}

fn refuse_or<'e>(queue: Queue, room: Room<'e>, why: &str, retry_after: Duration) -> Result<Room<'e>, EngineError> {
    match queue {
        Queue::Wait => Ok(room),
        Queue::Refuse => Err(EngineError::Busy { why: why.to_owned(), retry_after }),
    }
}
