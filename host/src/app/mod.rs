//! The application service behind every surface. Each thing that can be asked is a method that asks [`authorize`] first;
//! one file for each resource.

mod approval;
mod catalogue;
mod credentials;
mod documents;
mod drafts;
mod health;
mod open;
mod runs;
mod shorten;
mod threads;
mod turn;
mod workflows;

pub use open::OpenError;

use crate::error::AppError;
use crate::ports::WorkspacePorts;
use crate::principal::{Command, Principal, authorize};
use sayflow_agent::planner::Planner;
use sayflow_agent::retrieval::Library;
use sayflow_engine::action::Catalogue;
use sayflow_engine::ports::{Clock, Ids};
use sayflow_engine::run::Engine;
use sayflow_engine::vault::Vault;
use sayflow_protocol::{RunId, ThreadId};
use sayflow_store::Store;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OnceCell, SetOnce, broadcast};

/// How often a server that wants to end looks whether its runs have come to rest.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// The application. A cheap handle.
#[derive(Clone)]
pub struct App {
    parts: Arc<Parts>,
}

struct Parts {
    store: Store,
    engine: Engine,
    vault: Vault,
    catalogue: Arc<Catalogue>,
    ports: Arc<WorkspacePorts>,
    planner: Arc<dyn Planner + Send + Sync>,
    library: Arc<Library>,
    /// Whether the library holds the saved workflows yet: most commands never search.
    indexed: OnceCell<()>,
    /// Whether the runs that the last process left have been taken up; before, they cannot be told to stop.
    resumed: SetOnce<()>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    /// IANA name of the zone where nothing else is said.
    timezone: String,
    /// The zone that somebody set.
    configured_timezone: Option<String>,
    /// Says which conversation has new items.
    changed: broadcast::Sender<ThreadId>,
    /// One turn at a time in each conversation.
    turns: Mutex<HashMap<ThreadId, Arc<tokio::sync::Mutex<()>>>>,
}

impl App {
    fn allow(&self, principal: &Principal, command: Command) -> Result<(), AppError> {
        Ok(authorize(principal, command)?)
    }

    /// Returns when no run makes progress: those that wait for a time or a person do not count.
    pub async fn until_idle(&self) {
        self.parts.resumed.wait().await;
        while let Some(run) = self.busy_run().await {
            // A run that comes to rest does not tell; looking is cheap and only a server that is about to end looks.
            tokio::select! {
                () = self.parts.engine.wait(&run) => {}
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
        }
    }

    /// Takes up the runs that had not ended when the last process did.
    pub async fn resume(&self) {
        match self.parts.engine.resume_unfinished().await {
            Ok(taken) if taken.is_empty() => {}
            Ok(taken) => tracing::info!(runs = taken.len(), "unfinished runs were taken up again"),
            Err(why) => tracing::error!(%why, "unfinished runs cannot be taken up"),
        }
        // It is set here only; that it was set before is no fault.
        let _ = self.parts.resumed.set(());
    }

    /// Finishes what is being written and gives the data lock back.
    pub async fn close(&self) {
        self.parts.store.close().await;
    }

    async fn busy_run(&self) -> Option<RunId> {
        for run in self.parts.engine.active_runs() {
            if !self.rests(&run).await {
                return Some(run);
            }
        }
        None
    }

    /// Whether a run has nothing to do until a time or a person's word. One that cannot be read counts as resting, so
    /// that nobody waits for it for ever.
    async fn rests(&self, run: &RunId) -> bool {
        match self.parts.store.run(run.as_str()).await {
            Ok(Some(row)) => matches!(row.status.as_str(), "waiting" | "paused"),
            Ok(None) | Err(_) => true,
        }
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
