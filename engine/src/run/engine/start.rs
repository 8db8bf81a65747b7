//! Accepting runs. A run and what it has done by its first commit are stored together: one that only computes costs one
//! commit.

use super::admission::Room;
use super::{Answer, Engine, EngineError, Enlisted, StartRequest, Started, broken};
use crate::limits::Meter;
use crate::ports::Ports;
use crate::run::driver::{Driver, InFlight, Left, Stopped, Waiters};
use crate::run::dry::DryRun;
use crate::run::executor::Executor;
use crate::run::journal::{self, Journal};
use crate::run::order::Control;
use crate::run::prepare;
use crate::run::state::RunState;
use jiff::tz::TimeZone;
use sayflow_protocol::event::KeptResult;
use sayflow_protocol::{Event, RecordedEvent, RunId, RunStatus};
use sayflow_store::{DeliveryRow, NewRun, RunRow};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// How many runs may have started one another.
const DEEPEST: u32 = 16;

/// When a process that is about to end may have been followed by the next.
const NEXT_PROCESS: Duration = Duration::from_secs(5);

/// A run that is about to be made.
struct Draft {
    id: RunId,
    rows: NewRun,
    events: Vec<Event>,
    ports: Ports,
    request: StartRequest,
}

/// How a run that was let in goes on.
#[allow(clippy::large_enum_variant, reason = "made and taken apart at once")]
enum Entry {
    /// It is stored with its first commit.
    Begins(Draft),
    /// It is stored already, it or the first run of its delivery, and stands so.
    Stored(Started, RunStatus),
}

impl Engine {
    /// Accepts a run: it is durable when this returns, and goes on by itself.
    ///
    /// # Errors
    /// When an input or the folder does not do, there is no room, or the store cannot write.
    pub async fn start(&self, request: StartRequest) -> Result<Started, EngineError> {
        let id = RunId(self.parts().ids.new_id());
        self.start_as(id, request, Vec::new()).await
    }

    /// The same with an id and results that an earlier run has left.
    pub(super) async fn start_as(&self, id: RunId, request: StartRequest, kept: Vec<KeptResult>) -> Result<Started, EngineError> {
        let draft = self.draft(id, request, kept)?;
        let run = draft.id.clone();
        let draft = match self.enter(draft).await? {
            Entry::Begins(draft) => draft,
            Entry::Stored(started, _) => return Ok(started),
        };
        let (born, stored) = oneshot::channel();
        let driving = self.spawn_new(draft, Waiters { born: Some(born), answer: None })?;
        match stored.await {
            Ok(Ok(())) => Ok(Started { run, duplicate: false }),
            Ok(Err(why)) => Err(why.into()),
            Err(_) => driving.await.unwrap_or_else(|why| Err(broken(&run, &why))),
        }
    }

    /// Starts a run and waits until it answers (`flow.respond`), ends or rests. What is answered is durable.
    ///
    /// # Errors
    /// Those of [`Self::start`].
    pub async fn answer(&self, request: StartRequest) -> Result<Answer, EngineError> {
        let id = RunId(self.parts().ids.new_id());
        let draft = self.draft(id.clone(), request, Vec::new())?;
        let draft = match self.enter(draft).await? {
            Entry::Begins(draft) => draft,
            Entry::Stored(Started { run, duplicate: false }, RunStatus::Running) => {
                self.wait(&run).await;
                return self.answer_of(run).await;
            }
            Entry::Stored(Started { run, duplicate }, status) => return Ok(Answer { run, duplicate, response: None, status }),
        };
        let (answer, answered) = oneshot::channel();
        let driving = self.spawn_new(draft, Waiters { born: None, answer: Some(answer) })?;
        match answered.await {
            Ok(answer) => Ok(answer),
            Err(_) => {
                let Started { run, duplicate } = driving.await.unwrap_or_else(|why| Err(broken(&id, &why)))?;
                Ok(Answer { run, duplicate, response: None, status: RunStatus::Running })
            }
        }
    }

    /// Finds room for a run, and stores it first where it does not begin with its first commit.
    async fn enter(&self, draft: Draft) -> Result<Entry, EngineError> {
        let run = draft.id.clone();
        let room = self.admit(&draft.request).await?;
        let (status, wake) = match &room {
            Room::Now => return Ok(Entry::Begins(draft)),
            Room::Reserved(_) => (RunStatus::Running, None),
            Room::Later(wake) => (RunStatus::Queued, *wake),
        };
        if let Some(first) = self.create(draft, status, wake).await? {
            return Ok(Entry::Stored(Started { run: first, duplicate: true }, status));
        }
        match room {
            Room::Reserved(next_may_be_judged) => {
                self.spawn_stored(&run);
                drop(next_may_be_judged);
            }
            Room::Later(Some(at)) => self.inner.waker.ring_at(at),
            Room::Now | Room::Later(None) => {}
        }
        Ok(Entry::Stored(Started { run, duplicate: false }, status))
    }

    async fn answer_of(&self, run: RunId) -> Result<Answer, EngineError> {
        let view = self.view(&run).await?;
        Ok(Answer { run, duplicate: false, response: view.response, status: view.status })
    }

    /// Nothing begins while the process is about to end.
    pub(super) fn refuse_while_stopping(&self) -> Result<(), EngineError> {
        if self.inner.stopping.is_cancelled() {
            return Err(EngineError::Busy { why: "the server is about to stop".into(), retry_after: NEXT_PROCESS });
        }
        Ok(())
    }

    fn draft(&self, id: RunId, request: StartRequest, kept: Vec<KeptResult>) -> Result<Draft, EngineError> {
        self.refuse_while_stopping()?;
        let workflow = &request.workflow.plan.workflow;
        if request.lineage.depth > DEEPEST {
            return Err(EngineError::TooDeep { workflow: workflow.name.clone(), depth: request.lineage.depth });
        }
        let inputs = prepare::inputs(workflow, &request.inputs).map_err(EngineError::Inputs)?;
        let ports = self.parts().ports.production(&request.workspace).map_err(EngineError::Workspace)?;
        let now = self.parts().clock.now();
        let trigger = request.trigger.clone().unwrap_or_else(|| manual_trigger(now));
        let kind = trigger.get("type").and_then(Value::as_str).unwrap_or("manual").to_owned();
        let row = RunRow {
            id: id.0.clone(),
            workflow: workflow.name.clone(),
            version: request.version.map(i64::from),
            dry_run: false,
            document: request.workflow.document.to_string(),
            workspace: request.workspace.to_string_lossy().into_owned(),
            status: RunStatus::Queued.as_str().into(),
            created: now.as_microsecond(),
            started: None,
            ended: None,
            error: None,
            thread: request.thread.as_ref().map(|thread| thread.0.clone()),
            parent: request.lineage.parent.as_ref().map(|(run, _)| run.0.clone()),
            depth: i64::from(request.lineage.depth),
            trigger: kind,
            wake_at: None,
            seq: 0,
            bytes: 0,
            cost_micros: 0,
        };
        let delivery = request.delivery.clone();
        let delivery = delivery.map(|key| DeliveryRow { workflow: row.workflow.clone(), key, at: now.as_microsecond() });
        let rows = NewRun { run: row, events: Vec::new(), head: None, delivery, trigger: request.advance.clone(), approvals: Vec::new() };
        let mut events = vec![Event::RunCreated {
            workflow: workflow.name.clone(),
            version: request.version,
            dry_run: false,
            inputs,
            trigger,
            lineage: request.lineage.clone(),
            stepwise: request.stepwise,
        }];
        if !kept.is_empty() {
            events.push(Event::ResultsKept { results: kept });
        }
        Ok(Draft { id, rows, events, ports, request })
    }

    /// Stores a run without driving it; the first run where the delivery is known.
    async fn create(&self, draft: Draft, status: RunStatus, wake: Option<jiff::Timestamp>) -> Result<Option<RunId>, EngineError> {
        let Draft { id, mut rows, events, .. } = draft;
        let now = self.parts().clock.now();
        for (place, event) in events.into_iter().enumerate() {
            let recorded = RecordedEvent { seq: place as u64 + 1, run: id.clone(), at: now, event };
            rows.events.push(journal::event_row(&recorded)?);
        }
        rows.run.status = status.as_str().to_owned();
        // It counts from now on, whoever is judged next.
        rows.run.started = (status == RunStatus::Running).then(|| now.as_microsecond());
        rows.run.wake_at = wake.map(jiff::Timestamp::as_microsecond);
        match self.store().create_run(rows).await? {
            sayflow_store::Created::New => Ok(None),
            sayflow_store::Created::Duplicate { run } => Ok(Some(RunId(run))),
        }
    }

    /// Drives a run that is stored with its first commit. The task's result says what became of it before that.
    fn spawn_new(&self, draft: Draft, waiters: Waiters) -> Result<tokio::task::JoinHandle<Result<Started, EngineError>>, EngineError> {
        let Draft { id, rows, events, ports, request } = draft;
        let Some((enlisted, asked)) = self.enlist(&id) else {
            return Err(broken(&id, &"its id is taken"));
        };
        let now = self.parts().clock.now();
        let name = request.workflow.name().to_owned();
        let mut journal = Journal::in_store(id.clone(), name, self.store().clone(), self.inner.hub.clone(), &[]).with_birth(rows);
        let mut state = RunState::new(request.workflow.plan.clone());
        for event in events {
            let recorded = journal.add(now, event);
            state.apply(recorded).map_err(|why| broken(&id, &why))?;
        }
        let limits = request.workflow.plan.workflow.limits.unwrap_or_default();
        let mut driver = self.driver(id, state, journal, ports, Arc::new(Meter::new(&limits, 0)), None);
        driver.waiters = waiters;
        Ok(self.spawn(enlisted, asked, driver))
    }

    /// Drives a run; the task ends when it is left.
    pub(super) fn spawn(
        &self,
        enlisted: Enlisted,
        asked: mpsc::Receiver<Control>,
        mut driver: Driver,
    ) -> tokio::task::JoinHandle<Result<Started, EngineError>> {
        let (engine, id, generation) = (self.clone(), enlisted.id.clone(), enlisted.generation);
        driver.trouble = enlisted.trouble.clone();
        let (run, admits) = (id.clone(), driver.state.plan().workflow.concurrency.is_some());
        let task = tokio::spawn(async move {
            let leave = |asked: &mpsc::Receiver<Control>| engine.leave(&run, generation, asked);
            let outcome = driver.drive(asked, leave).await;
            let left = match outcome {
                Ok((driver, left)) => {
                    if left == Left::Parked
                        && let Some(at) = driver.state.next_wake()
                    {
                        engine.inner.waker.ring_at(at);
                    }
                    if left == Left::Ended {
                        engine.after_end(&driver.state, admits).await;
                    }
                    Ok(Started { run: run.clone(), duplicate: false })
                }
                Err(Stopped::Duplicate(first)) => Ok(Started { run: first, duplicate: true }),
                Err(Stopped::Store(why)) => {
                    tracing::error!(%run, %why, "a run stopped before its end; it is taken up again when the store can be used");
                    engine.come_back(&run);
                    Err(EngineError::Store(why))
                }
                Err(Stopped::Broken(why)) => {
                    tracing::error!(%run, %why, "a run stopped before its end");
                    Err(EngineError::Broken { run: run.clone(), why })
                }
            };
            drop(enlisted);
            left
        });
        if let Some(handle) = self.lock().runs.get_mut(&id).filter(|handle| handle.generation == generation) {
            handle.abort = Some(task.abort_handle());
        }
        task
    }

    /// Whether a run that is at rest may be left: nobody has told it anything since. Its place is given back with the answer.
    fn leave(&self, id: &RunId, generation: u64, asked: &mpsc::Receiver<Control>) -> bool {
        let mut driven = self.lock();
        if !asked.is_empty() {
            return false;
        }
        if driven.runs.get(id).is_some_and(|handle| handle.generation == generation) {
            driven.runs.remove(id);
            let left = driven.runs.len();
            self.inner.count.send_replace(left);
        }
        true
    }

    /// What others do because a run has ended.
    async fn after_end(&self, state: &RunState, admits: bool) {
        if self.is_of_interest(state) {
            self.inner.announced.notify_one();
        }
        if let Some((parent, _)) = &state.lineage().parent {
            self.nudge(parent).await;
        }
        if admits {
            self.admit_queued(&state.plan().workflow.name).await;
        }
    }

    pub(super) fn driver(
        &self,
        run: RunId,
        state: RunState,
        journal: Journal,
        ports: Ports,
        meter: Arc<Meter>,
        dry: Option<DryRun>,
    ) -> Driver {
        let name = state.plan().workflow.timezone.clone().unwrap_or_else(|| self.parts().timezone.clone());
        // The checks refuse unknown zones; a host without zone data falls back to UTC.
        let zone = TimeZone::get(&name).unwrap_or(TimeZone::UTC);
        let (evaluator, credentials) = (self.parts().evaluator.clone(), self.parts().credentials.clone());
        let engine = dry.is_none().then(|| self.clone());
        Driver {
            run,
            state,
            journal,
            executor: Executor { ports, evaluator, credentials, meter },
            zone,
            dry,
            engine,
            seen: crate::footprint::SeenPlaces::default(),
            waiters: Waiters::default(),
            trouble: Arc::default(),
            draining: false,
            work: InFlight::default(),
        }
    }
}

pub(super) fn manual_trigger(now: jiff::Timestamp) -> Value {
    json!({ "type": "manual", "time": now, "payload": null, "headers": {} })
}

/// The folder that a stored run works on.
pub(super) fn workspace_of(row: &RunRow) -> PathBuf {
    PathBuf::from(&row.workspace)
}
