//! The engine: accepts runs, drives those that have something to do, and answers for those in the store.
//!
//! Only driven runs are in memory. What waits is in the store, under the time at which it has something to do; the
//! [`waker`] asks for what is due.

mod admission;
mod calls;
mod control;
mod dry;
mod follow;
mod isolate;
mod retry;
mod start;
mod take_up;
mod waker;

pub(in crate::run) use calls::CallRequest;
pub use isolate::StepTest;
pub use retry::{Retried, RetryOn, RetryRequest};

use super::compiled::{Cache, Compiled};
use super::hub::Hub;
use super::order::Control;
use super::state::RunState;
use crate::action::{Catalogue, StepError};
use crate::expr::Evaluator;
use crate::plan::PlanError;
use crate::ports::{Clock, Ids, Ports};
use crate::vault::CredentialSource;
use sayflow_protocol::event::Lineage;
use sayflow_protocol::workflow::Workflow;
use sayflow_protocol::{RunId, RunStatus, ThreadId};
use sayflow_store::{Store, StoreError, TriggerAdvance};
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::{Notify, mpsc, watch};
use tokio_util::sync::CancellationToken;

/// The most runs that are driven at once; more wait in the store.
const MOST_DRIVEN: usize = 2000;

/// Gives the ways out for a workspace folder.
pub trait PortsSource: Send + Sync {
    /// For real runs that begin.
    ///
    /// # Errors
    /// When the folder cannot be opened.
    fn production(&self, workspace: &Path) -> Result<Ports, StepError>;

    /// For real runs that go on: a folder that is gone shows at the step that needs it.
    fn resumed(&self, workspace: &Path) -> Ports;

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
    /// A checked document: see [`Engine::compile`] and [`Engine::compiled_version`].
    pub workflow: Arc<Compiled>,
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
    /// What was taken in, by a key of its own: a second start of the workflow with it gives the first run.
    pub delivery: Option<String>,
    /// How it hangs together with other runs.
    pub lineage: Lineage,
    /// Whether it stops before each step.
    pub stepwise: bool,
    /// How its trigger goes on; durable together with the run.
    pub advance: Option<TriggerAdvance>,
    /// What happens when there is no room for it now.
    pub queue: Queue,
}

impl StartRequest {
    /// A run that a person starts by hand.
    pub fn by_hand(workflow: Arc<Compiled>, workspace: PathBuf) -> Self {
        Self {
            workflow,
            version: None,
            inputs: Map::new(),
            trigger: None,
            workspace,
            thread: None,
            delivery: None,
            lineage: Lineage::default(),
            stepwise: false,
            advance: None,
            queue: Queue::Refuse,
        }
    }
}

/// What happens to a run for which there is no room now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queue {
    /// It is accepted and begins when there is room.
    Wait,
    /// It is refused, with the time after which it may be tried again.
    Refuse,
}

/// A run that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// Its id; of the first run where the delivery was known.
    pub run: RunId,
    /// Whether the delivery was known.
    pub duplicate: bool,
}

/// How a run stands that somebody waited for.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Its id; of the first run where the delivery was known.
    pub run: RunId,
    /// Whether the delivery was known.
    pub duplicate: bool,
    /// What `flow.respond` answered: `{status, headers, body}`.
    pub response: Option<Value>,
    /// Where it stands.
    pub status: RunStatus,
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
    /// The document cannot be read or written.
    #[error("the document cannot be used: {0}")]
    Document(String),
    /// An input is missing or does not fit.
    #[error("{0}")]
    Inputs(String),
    /// The workspace folder cannot be used.
    #[error("{0}")]
    Workspace(StepError),
    /// There is no such run.
    #[error("there is no run \"{0}\"; list the runs with: sayflow runs list")]
    NoRun(RunId),
    /// There is no such workflow, or it has no such version.
    #[error("there is no workflow \"{0}\"; list them with: sayflow workflows list")]
    NoWorkflow(String),
    /// It does not fit how the run stands.
    #[error("run {run}: {why}")]
    Conflict {
        /// The run.
        run: RunId,
        /// What does not fit.
        why: String,
    },
    /// There is no room now.
    #[error("{why}; try again in {} s", retry_after.as_secs().max(1))]
    Busy {
        /// What is full.
        why: String,
        /// When it is worth trying again.
        retry_after: Duration,
    },
    /// A limit of the workflow is used up.
    #[error("{why}; {help}")]
    LimitReached {
        /// What is used up.
        why: String,
        /// The way out.
        help: String,
    },
    /// Runs started runs that started runs.
    #[error(
        "\"{workflow}\" is not started: {depth} runs have started one another to get here, which looks like a loop; look at what starts what with: sayflow workflows show {workflow}"
    )]
    TooDeep {
        /// The workflow that would be next.
        workflow: String,
        /// How many runs came before.
        depth: u32,
    },
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
    inner: Arc<Inner>,
}

struct Inner {
    parts: EngineParts,
    driven: Mutex<Driven>,
    /// How many runs are driven.
    count: watch::Sender<usize>,
    hub: Hub,
    compiled: Cache,
    waker: waker::Bell,
    admission: tokio::sync::Mutex<()>,
    /// Workflows whose ends start others.
    listened: RwLock<HashSet<String>>,
    /// Told when a run has ended that somebody has to look at.
    announced: Arc<Notify>,
    stopping: CancellationToken,
}

#[derive(Default)]
struct Driven {
    runs: HashMap<RunId, Handle>,
    /// Tells a run's driver from the one before.
    generation: u64,
}

struct Handle {
    generation: u64,
    control: mpsc::Sender<Control>,
    done: watch::Receiver<bool>,
    trouble: Arc<Mutex<Option<String>>>,
    abort: Option<tokio::task::AbortHandle>,
}

/// A run's place among the driven ones, from before it is stored until its driver has gone: a run must not have two
/// drivers.
struct Enlisted {
    id: RunId,
    generation: u64,
    engine: Engine,
    finish: watch::Sender<bool>,
    trouble: Arc<Mutex<Option<String>>>,
}

impl Drop for Enlisted {
    fn drop(&mut self) {
        self.engine.strike(&self.id, self.generation);
        // Nobody waiting is fine.
        let _ = self.finish.send(true);
    }
}

impl Engine {
    /// An engine with nothing running; [`Self::open`] takes up what the last process left.
    pub fn new(parts: EngineParts) -> Self {
        let inner = Inner {
            parts,
            driven: Mutex::default(),
            count: watch::channel(0).0,
            hub: Hub::default(),
            compiled: Cache::default(),
            waker: waker::Bell::default(),
            admission: tokio::sync::Mutex::default(),
            listened: RwLock::default(),
            announced: Arc::default(),
            stopping: CancellationToken::new(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Compiles a checked document.
    ///
    /// # Errors
    /// When it has no plan, which the checks rule out.
    pub fn compile(&self, workflow: &Workflow) -> Result<Arc<Compiled>, EngineError> {
        self.inner.compiled.compile(workflow, &self.parts().catalogue)
    }

    /// A version of a saved workflow, compiled.
    ///
    /// # Errors
    /// When there is no such version, or it has no plan any more: an action may have gone.
    pub async fn compiled_version(&self, name: &str, version: u32) -> Result<Arc<Compiled>, EngineError> {
        if let Some(known) = self.inner.compiled.version(name, version) {
            return Ok(known);
        }
        let row = self.store().workflow_version(name, i64::from(version)).await?;
        let row = row.ok_or_else(|| EngineError::NoWorkflow(name.to_owned()))?;
        let compiled = self.inner.compiled.compile_stored(row.document, &self.parts().catalogue)?;
        self.inner.compiled.keep_version(name, version, compiled.clone());
        Ok(compiled)
    }

    /// Forgets what is known of a name: its workflow was deleted.
    pub fn forget_versions(&self, name: &str) {
        self.inner.compiled.forget(name);
    }

    /// Says which workflows have others listening to how their runs end; replaces what was said before.
    pub fn set_listened(&self, workflows: HashSet<String>) {
        *self.inner.listened.write().unwrap_or_else(PoisonError::into_inner) = workflows;
    }

    /// Told when a run has ended that [`Store::unannounced_runs`] gives.
    pub fn announced(&self) -> Arc<Notify> {
        self.inner.announced.clone()
    }

    /// Whether somebody has to look at how a run ended: its workflow is listened to, or it failed while no person was there
    /// and says nothing itself (`on_failure`).
    pub(super) fn is_of_interest(&self, state: &RunState) -> bool {
        let unattended = !matches!(state.trigger_kind(), "manual" | "call") && state.lineage().retry_of.is_none();
        let failed = state.status() == RunStatus::Failed && unattended && !state.plan().handles_failure();
        let listened = self.inner.listened.read().unwrap_or_else(PoisonError::into_inner);
        failed || listened.contains(&state.plan().workflow.name)
    }

    /// The runs that are being driven now.
    pub fn active_runs(&self) -> Vec<RunId> {
        self.lock().runs.keys().cloned().collect()
    }

    /// Returns when no run is being driven.
    pub async fn until_idle(&self) {
        let mut count = self.inner.count.subscribe();
        // The sender lives as long as the engine.
        let _ = count.wait_for(|count| *count == 0).await;
    }

    /// Returns when the run is no longer being driven: it ended, it waits, or the store failed.
    pub async fn wait(&self, id: &RunId) {
        let done = self.lock().runs.get(id).map(|handle| handle.done.clone());
        if let Some(mut done) = done {
            // An error means that the driver is gone, which is the same.
            let _ = done.wait_for(|over| *over).await;
        }
    }

    /// Lets runs come to rest and begins nothing new: attempts in flight may end for `limit`, then they are dropped, and a
    /// write that must not be repeated comes back as unknown. Everything is taken up by the next process.
    pub async fn drain(&self, limit: Duration) {
        self.inner.stopping.cancel();
        for handle in self.lock().runs.values() {
            // A driver whose queue is full hears of it through the token.
            let _ = handle.control.try_send(Control::silent(super::order::Order::Drain));
        }
        if tokio::time::timeout(limit, self.until_idle()).await.is_err() {
            let left: Vec<_> = self.lock().runs.values().filter_map(|handle| handle.abort.clone()).collect();
            tracing::warn!(runs = left.len(), "runs that did not come to rest in time are dropped; they are taken up at the next start");
            left.iter().for_each(tokio::task::AbortHandle::abort);
            self.until_idle().await;
        }
    }

    /// Resolves when the engine begins to drain.
    pub(super) fn stopping(&self) -> impl Future<Output = ()> + use<> {
        self.inner.stopping.clone().cancelled_owned()
    }

    /// Whether the engine drains.
    pub(super) fn is_stopping(&self) -> bool {
        self.inner.stopping.is_cancelled()
    }

    pub(super) fn store(&self) -> &Store {
        &self.inner.parts.store
    }

    fn parts(&self) -> &EngineParts {
        &self.inner.parts
    }

    /// Takes a place among the driven runs; none when the run has one.
    fn enlist(&self, id: &RunId) -> Option<(Enlisted, mpsc::Receiver<Control>)> {
        let (control, asked) = mpsc::channel(32);
        let (finish, done) = watch::channel(false);
        let trouble = Arc::new(Mutex::new(None));
        let mut driven = self.lock();
        if driven.runs.contains_key(id) {
            return None;
        }
        driven.generation += 1;
        let generation = driven.generation;
        driven.runs.insert(id.clone(), Handle { generation, control, done, trouble: trouble.clone(), abort: None });
        self.inner.count.send_replace(driven.runs.len());
        drop(driven);
        Some((Enlisted { id: id.clone(), generation, engine: self.clone(), finish, trouble }, asked))
    }

    /// Gives a place back.
    fn strike(&self, id: &RunId, generation: u64) {
        let mut driven = self.lock();
        if driven.runs.get(id).is_some_and(|handle| handle.generation == generation) {
            driven.runs.remove(id);
            let left = driven.runs.len();
            self.inner.count.send_replace(left);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Driven> {
        self.inner.driven.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn broken(run: &RunId, why: &dyn std::fmt::Display) -> EngineError {
    EngineError::Broken { run: run.clone(), why: why.to_string() }
}
