//! The engine: starts runs, keeps the active ones, and answers for those in the store.

use super::driver::{Control, Driver, InFlight, Stopped};
use super::dry::DryRun;
use super::executor::Executor;
use super::journal::{self, Journal};
use super::state::RunState;
use super::{prepare, view_from_journal};
use crate::action::{Catalogue, StepError};
use crate::expr::Evaluator;
use crate::plan::{Plan, PlanError, Work};
use crate::ports::{Clock, Ids, Ports};
use crate::vault::CredentialSource;
use jiff::tz::TimeZone;
use sayflow_protocol::api::DryRunReport;
use sayflow_protocol::workflow::Workflow;
use sayflow_protocol::{Event, RecordedEvent, RunId, RunView, ThreadId};
use sayflow_store::{NewRun, RunRow, Store, StoreError};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{broadcast, mpsc, watch};

/// Events that a slow subscriber may be behind before it has to read the store again.
const LIVE_BUFFER: usize = 1024;
/// Events read from the store at once.
const PAGE: i64 = 500;

/// Gives the ways out for a workspace folder.
pub trait PortsSource: Send + Sync {
    /// For real runs.
    ///
    /// # Errors
    /// When the folder cannot be opened.
    fn production(&self, workspace: &Path) -> Result<Ports, StepError>;

    /// For dry runs: file writes stay in an overlay.
    ///
    /// # Errors
    /// When the folder cannot be opened.
    fn dry_run(&self, workspace: &Path) -> Result<Ports, StepError>;
}

/// What an engine is made of.
pub struct EngineParts {
    /// Where runs are kept.
    pub store: Store,
    /// What steps can do.
    pub catalogue: Arc<Catalogue>,
    /// Where expressions are evaluated.
    pub evaluator: Evaluator,
    /// The ways out.
    pub ports: Arc<dyn PortsSource>,
    /// The accounts.
    pub credentials: Arc<dyn CredentialSource>,
    /// The time, for what happens before a run has its ports.
    pub clock: Arc<dyn Clock>,
    /// New identifiers.
    pub ids: Arc<dyn Ids>,
    /// IANA name of the zone of workflows that do not name one.
    pub timezone: String,
}

/// A run to be started.
pub struct StartRequest {
    /// A checked document.
    pub workflow: Workflow,
    /// The activated version, none for a draft or a file.
    pub version: Option<u32>,
    /// The inputs that are given; texts become what the schema asks for.
    pub inputs: Map<String, Value>,
    /// What started it; `{type: manual}` when left out.
    pub trigger: Option<Value>,
    /// The folder whose files it works on.
    pub workspace: PathBuf,
    /// The conversation it belongs to.
    pub thread: Option<ThreadId>,
}

/// Why the engine refuses.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The document has no plan.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// An input is missing or does not fit.
    #[error("{0}")]
    Inputs(String),
    /// The workspace folder cannot be used.
    #[error("{0}")]
    Workspace(StepError),
    /// There is no such run.
    #[error("there is no run \"{0}\"; list the runs with: sayflow runs list")]
    NoRun(RunId),
    /// The journal cannot be read or gone on with.
    #[error("run {run}: {why}")]
    Broken {
        /// The run.
        run: RunId,
        /// What is wrong.
        why: String,
    },
}

/// The engine. A cheap handle.
#[derive(Clone)]
pub struct Engine {
    parts: Arc<EngineParts>,
    active: Arc<Mutex<HashMap<RunId, Active>>>,
}

struct Active {
    control: mpsc::Sender<Control>,
    live: broadcast::Sender<RecordedEvent>,
    done: watch::Receiver<bool>,
}

/// A run's place among the active ones, from before it is stored until its driver has gone. What is stored and has no
/// place is left over from an earlier process, and only that is taken up again: a run must not have two drivers.
struct Enlisted {
    id: RunId,
    active: Arc<Mutex<HashMap<RunId, Active>>>,
    live: broadcast::Sender<RecordedEvent>,
    finish: watch::Sender<bool>,
}

impl Drop for Enlisted {
    fn drop(&mut self) {
        self.active.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
        // Nobody waiting is fine.
        let _ = self.finish.send(true);
    }
}

impl Engine {
    /// An engine with nothing running.
    pub fn new(parts: EngineParts) -> Self {
        Self { parts: Arc::new(parts), active: Arc::default() }
    }

    /// Accepts a run: it is durable when this returns, and goes on by itself.
    ///
    /// # Errors
    /// When the document, an input or the folder does not do, or the store cannot write.
    pub async fn start(&self, request: StartRequest) -> Result<RunId, EngineError> {
        let plan = Arc::new(Plan::build(&request.workflow, &self.parts.catalogue)?);
        let inputs = prepare::inputs(&request.workflow, &request.inputs).map_err(EngineError::Inputs)?;
        let ports = self.parts.ports.production(&request.workspace).map_err(EngineError::Workspace)?;
        let id = RunId(self.parts.ids.new_id());
        let now = self.parts.clock.now();
        let created = Event::RunCreated {
            workflow: request.workflow.name.clone(),
            version: request.version,
            dry_run: false,
            inputs,
            trigger: request.trigger.unwrap_or_else(|| manual_trigger(now)),
            lineage: Default::default(),
            stepwise: false,
        };
        let first = RecordedEvent { seq: 1, run: id.clone(), at: now, event: created };
        let document = serde_json::to_string(&request.workflow).map_err(|why| broken(&id, &why))?;
        let row = RunRow {
            id: id.0.clone(),
            workflow: request.workflow.name.clone(),
            version: request.version.map(i64::from),
            dry_run: false,
            document,
            workspace: request.workspace.to_string_lossy().into_owned(),
            status: "queued".into(),
            created: now.as_microsecond(),
            started: None,
            ended: None,
            error: None,
            thread: request.thread.map(|thread| thread.0),
            trigger: "manual".into(),
            ..RunRow::default()
        };
        let mut state = RunState::new(plan);
        state.apply(&first).map_err(|why| broken(&id, &why))?;
        let (enlisted, asked) = self.enlist(&id);
        self.parts.store.create_run(NewRun::new(row, vec![journal::event_row(&first)?])).await?;
        self.spawn(enlisted, asked, state, 1, ports);
        Ok(id)
    }

    /// Takes up the runs that had not ended when the process did; returns those it took up.
    ///
    /// # Errors
    /// When the store cannot be read. A run that cannot go on is logged and left as it is.
    pub async fn resume_unfinished(&self) -> Result<Vec<RunId>, EngineError> {
        let mut taken = Vec::new();
        for id in self.parts.store.unfinished_runs().await? {
            let id = RunId(id);
            if self.active_runs().contains(&id) {
                continue;
            }
            let row = self.row(&id).await?;
            match self.resume(&id, &row).await {
                Ok(()) => taken.push(id),
                Err(why) => tracing::error!(run = %id, %why, "a run cannot be taken up again"),
            }
        }
        Ok(taken)
    }

    async fn resume(&self, id: &RunId, row: &RunRow) -> Result<(), EngineError> {
        let plan = self.plan_of(id, row)?;
        let events = self.journal_of(id).await?;
        let mut state = RunState::new(plan);
        for event in &events {
            state.apply(event).map_err(|why| broken(id, &why))?;
        }
        state.recover(|step| match &step.work {
            Work::Action(call) => call.idempotent,
            Work::Group(_) => false,
        });
        let ports = self.parts.ports.production(Path::new(&row.workspace)).map_err(EngineError::Workspace)?;
        let last = events.last().map_or(0, |event| event.seq);
        let (enlisted, asked) = self.enlist(id);
        self.spawn(enlisted, asked, state, last, ports);
        Ok(())
    }

    /// Runs a document without changing anything and without keeping it.
    ///
    /// # Errors
    /// When the document, an input or the folder does not do.
    pub async fn dry_run(&self, request: StartRequest, rules: DryRun) -> Result<DryRunReport, EngineError> {
        let plan = Arc::new(Plan::build(&request.workflow, &self.parts.catalogue)?);
        let inputs = prepare::inputs(&request.workflow, &request.inputs).map_err(EngineError::Inputs)?;
        let ports = self.parts.ports.dry_run(&request.workspace).map_err(EngineError::Workspace)?;
        let id = RunId(self.parts.ids.new_id());
        let now = self.parts.clock.now();
        let mut driver = self.driver(id.clone(), RunState::new(plan), Journal::discarding(id.clone()), ports, Some(rules));
        let created = Event::RunCreated {
            workflow: request.workflow.name.clone(),
            version: request.version,
            dry_run: true,
            inputs,
            trigger: request.trigger.unwrap_or_else(|| manual_trigger(now)),
            lineage: Default::default(),
            stepwise: false,
        };
        let recorded = driver.journal.add(now, created);
        driver.state.apply(&recorded).map_err(|why| broken(&id, &why))?;
        let (_keep_open, control) = mpsc::channel(1);
        let driver = driver.drive(control).await.map_err(|why| stopped(&id, why))?;
        let rules = driver.dry.unwrap_or_default();
        let run = super::view(&id, request.version, &driver.state);
        Ok(DryRunReport { run, suppressed: rules.suppressed, not_tried: rules.not_tried })
    }

    /// Asks for a run to stop; whether it was still going. It has stopped when [`Self::wait`] returns.
    ///
    /// # Errors
    /// When there is no such run.
    pub async fn cancel(&self, id: &RunId, by: &str) -> Result<bool, EngineError> {
        let control = self.lock().get(id).map(|active| active.control.clone());
        match control {
            Some(control) => Ok(control.send(Control::Cancel { by: by.to_owned() }).await.is_ok()),
            None => self.row(id).await.map(|_| false),
        }
    }

    /// Returns when the run is no longer being driven: it ended, or the store failed.
    pub async fn wait(&self, id: &RunId) {
        let done = self.lock().get(id).map(|active| active.done.clone());
        if let Some(mut done) = done {
            // An error means that the driver is gone, which is the same.
            let _ = done.wait_for(|over| *over).await;
        }
    }

    /// The runs that are being driven now.
    pub fn active_runs(&self) -> Vec<RunId> {
        self.lock().keys().cloned().collect()
    }

    /// A run as it is journalled.
    ///
    /// # Errors
    /// When there is no such run or its journal cannot be read.
    pub async fn view(&self, id: &RunId) -> Result<RunView, EngineError> {
        let row = self.row(id).await?;
        let plan = self.plan_of(id, &row)?;
        let events = self.journal_of(id).await?;
        let version = row.version.and_then(|version| u32::try_from(version).ok());
        view_from_journal(id, version, plan, &events).map_err(|why| broken(id, &why))
    }

    /// A run's events after number `after`, in pages.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn events(&self, id: &RunId, after: u64) -> Result<Vec<RecordedEvent>, EngineError> {
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let rows = self.parts.store.run_events(id.as_str(), after, PAGE).await?;
        rows.iter().map(|row| journal::read_row(id, row)).collect::<Result<_, _>>().map_err(EngineError::from)
    }

    /// Streams a run's events after number `after`, those to come included; ends after the last one, or when the run is
    /// not being driven. A slow reader never slows the run: it reads from the store what it missed.
    ///
    /// # Errors
    /// When there is no such run.
    pub async fn watch(&self, id: &RunId, after: u64) -> Result<mpsc::Receiver<RecordedEvent>, EngineError> {
        self.row(id).await?;
        let (sender, receiver) = mpsc::channel(64);
        let engine = self.clone();
        let id = id.clone();
        tokio::spawn(async move {
            if let Err(why) = engine.follow(&id, after, &sender).await {
                tracing::warn!(run = %id, %why, "a run can no longer be followed");
            }
        });
        Ok(receiver)
    }

    async fn follow(&self, id: &RunId, mut last: u64, sender: &mpsc::Sender<RecordedEvent>) -> Result<(), EngineError> {
        loop {
            // Subscribed before the store is read, so that nothing falls between the two.
            let live = self.lock().get(id).map(|active| active.live.subscribe());
            loop {
                let page = self.events(id, last).await?;
                let over = journal::ends(&page);
                let empty = page.is_empty();
                for event in page {
                    last = event.seq;
                    if sender.send(event).await.is_err() {
                        return Ok(());
                    }
                }
                if over {
                    return Ok(());
                }
                if empty {
                    break;
                }
            }
            let Some(mut live) = live else { return Ok(()) };
            loop {
                match live.recv().await {
                    Ok(event) if event.seq <= last => {}
                    Ok(event) if event.seq > last + 1 => break,
                    Ok(event) => {
                        last = event.seq;
                        let over = matches!(event.event, Event::RunFinished { .. });
                        if sender.send(event).await.is_err() || over {
                            return Ok(());
                        }
                    }
                    Err(broadcast::error::RecvError::Lagged(_) | broadcast::error::RecvError::Closed) => break,
                }
            }
        }
    }

    fn enlist(&self, id: &RunId) -> (Enlisted, mpsc::Receiver<Control>) {
        let (control, asked) = mpsc::channel(8);
        let live = broadcast::channel(LIVE_BUFFER).0;
        let (finish, done) = watch::channel(false);
        self.lock().insert(id.clone(), Active { control, live: live.clone(), done });
        (Enlisted { id: id.clone(), active: self.active.clone(), live, finish }, asked)
    }

    fn spawn(&self, enlisted: Enlisted, asked: mpsc::Receiver<Control>, state: RunState, seq: u64, ports: Ports) {
        let id = enlisted.id.clone();
        let journal = Journal::in_store(id.clone(), self.parts.store.clone(), seq, enlisted.live.clone());
        let driver = self.driver(id.clone(), state, journal, ports, None);
        tokio::spawn(async move {
            if let Err(why) = driver.drive(asked).await {
                tracing::error!(run = %id, %why, "a run stopped before its end; it is taken up again at the next start");
            }
            drop(enlisted);
        });
    }

    fn driver(&self, run: RunId, state: RunState, journal: Journal, ports: Ports, dry: Option<DryRun>) -> Driver {
        let name = state.plan().workflow.timezone.clone().unwrap_or_else(|| self.parts.timezone.clone());
        // The checks refuse unknown zones; a host without zone data falls back to UTC.
        let zone = TimeZone::get(&name).unwrap_or(TimeZone::UTC);
        let executor = Executor { ports, evaluator: self.parts.evaluator.clone(), credentials: self.parts.credentials.clone() };
        Driver { run, state, journal, executor, zone, dry, work: InFlight::default() }
    }

    async fn row(&self, id: &RunId) -> Result<RunRow, EngineError> {
        self.parts.store.run(id.as_str()).await?.ok_or_else(|| EngineError::NoRun(id.clone()))
    }

    fn plan_of(&self, id: &RunId, row: &RunRow) -> Result<Arc<Plan>, EngineError> {
        let workflow: Workflow = serde_json::from_str(&row.document).map_err(|why| broken(id, &why))?;
        Ok(Arc::new(Plan::build(&workflow, &self.parts.catalogue)?))
    }

    async fn journal_of(&self, id: &RunId) -> Result<Vec<RecordedEvent>, EngineError> {
        let mut events: Vec<RecordedEvent> = Vec::new();
        loop {
            let page = self.events(id, events.last().map_or(0, |event| event.seq)).await?;
            if page.is_empty() {
                return Ok(events);
            }
            events.extend(page);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<RunId, Active>> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn manual_trigger(now: jiff::Timestamp) -> Value {
    json!({ "type": "manual", "time": now, "payload": null, "headers": {} })
}

fn broken(run: &RunId, why: &dyn std::fmt::Display) -> EngineError {
    EngineError::Broken { run: run.clone(), why: why.to_string() }
}

fn stopped(run: &RunId, why: Stopped) -> EngineError {
    match why {
        Stopped::Store(why) => EngineError::Store(why),
        Stopped::Broken(why) => EngineError::Broken { run: run.clone(), why },
    }
}
