//! The application service behind every surface. Each thing that can be asked is a method that asks [`authorize`] first;
//! one file for each resource.

mod activation;
mod approval;
mod approvals;
mod catalogue;
mod credentials;
mod documents;
mod drafts;
mod health;
mod models;
mod notices;
mod open;
mod retrieval;
mod retry;
mod runs;
mod shorten;
mod stay;
mod steer;
mod steps;
mod templates;
mod threads;
mod trial;
mod triggers;
mod turn;
mod workflows;

pub use activation::Reach;
pub(crate) use models::Models;
pub use open::OpenError;
pub(crate) use open::open_store;
pub use turn::StartedTurn;

use crate::error::AppError;
use crate::ports::WorkspacePorts;
use crate::principal::{Command, Principal, authorize};
use crate::settings::RetentionSettings;
use sayflow_agent::planner::Planner;
use sayflow_agent::retrieval::Library;
use sayflow_engine::action::Catalogue;
use sayflow_engine::ports::{Clock, Ids};
use sayflow_engine::run::Engine;
use sayflow_engine::trigger::TriggerService;
use sayflow_engine::vault::Vault;
use sayflow_protocol::ThreadId;
use sayflow_protocol::api::Usage;
use sayflow_store::Store;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OnceCell, SetOnce, broadcast};
use tokio_util::sync::CancellationToken;

/// How often a server that wants to end looks whether a run that is due has begun.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
const LOOKS: usize = 100;

/// The application. A cheap handle.
#[derive(Clone)]
pub struct App {
    parts: Arc<Parts>,
}

struct Parts {
    store: Store,
    engine: Engine,
    triggers: TriggerService,
    vault: Vault,
    catalogue: Arc<Catalogue>,
    ports: Arc<WorkspacePorts>,
    planner: Arc<dyn Planner + Send + Sync>,
    library: Arc<Library>,
    models: Models,
    /// Whether the library holds the saved workflows yet: most commands never search.
    indexed: OnceCell<()>,
    /// Whether the runs that the last process left have been taken up; before, they cannot be told to stop.
    resumed: SetOnce<()>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    /// IANA name of the zone where nothing else is said.
    timezone: String,
    /// Where a server that stays listens, such as `http://127.0.0.1:8787`.
    address: String,
    /// How long runs are kept that have ended.
    retention: RetentionSettings,
    /// Ends what goes on by itself.
    stop: CancellationToken,
    /// The zone that somebody set.
    configured_timezone: Option<String>,
    /// Says which conversation has new items.
    changed: broadcast::Sender<ThreadId>,
    /// One turn at a time in each conversation.
    turns: Arc<turn::Turns>,
}

impl App {
    fn allow(&self, principal: &Principal, command: Command) -> Result<(), AppError> {
        Ok(authorize(principal, command)?)
    }

    /// Returns when no turn is under way and no run makes progress: those that wait for a time or a person do not count.
    pub async fn until_idle(&self) {
        self.parts.resumed.wait().await;
        for _ in 0..LOOKS {
            self.parts.turns.until_none().await;
            self.parts.engine.until_idle().await;
            // A run that another one has just woken is due, and not driven yet. One that cannot be woken is not waited for.
            let now = self.parts.clock.now().as_microsecond();
            match self.parts.store.due_runs(now, 1).await {
                Ok(due) if !due.is_empty() => tokio::time::sleep(LOOK_AGAIN).await,
                Ok(_) | Err(_) => return,
            }
        }
    }

    /// Begins nothing new, lets steps in progress end for at most so long, and parks the runs.
    pub async fn drain(&self, limit: Duration) {
        self.parts.stop.cancel();
        let end = tokio::time::Instant::now() + limit;
        // Runs that are just being taken up must be parked too.
        let _ = tokio::time::timeout_at(end, self.parts.resumed.wait()).await;
        self.parts.engine.drain(end.saturating_duration_since(tokio::time::Instant::now())).await;
    }

    /// Takes up the runs that had not ended when the last process did.
    pub async fn resume(&self) {
        // Before anything goes on: a run that ends unheard would start nobody.
        if let Err(why) = self.parts.triggers.listen().await {
            tracing::error!(%why, "workflows that wait for others to end will not hear of it");
        }
        match self.parts.engine.open().await {
            Ok(0) => {}
            Ok(runs) => tracing::info!(runs, "unfinished runs were taken up again"),
            Err(why) => tracing::error!(%why, "unfinished runs cannot be taken up"),
        }
        // It is set here only; that it was set before is no fault.
        let _ = self.parts.resumed.set(());
    }

    /// Finishes what is being written and gives the data lock back.
    pub async fn close(&self) {
        self.parts.models.finish().await;
        self.parts.store.close().await;
    }
}

/// The workspace folder that a client sent.
fn workspace(text: &str) -> Result<PathBuf, AppError> {
    let path = Path::new(text);
    if !path.is_absolute() {
        return Err(AppError::invalid(
            format!("the workspace folder \"{text}\" is not an absolute path"),
            "send the absolute path of a folder",
        ));
    }
    Ok(path.to_owned())
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What planning has cost that asked no model: time.
fn spent(begun: std::time::Instant) -> Usage {
    Usage { planning_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX), ..Usage::default() }
}
