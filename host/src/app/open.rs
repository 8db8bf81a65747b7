//! Opening the application: the store, the vault, the catalogue and the engine put together.

use super::{App, Models, Parts, retrieval};
use crate::home::Home;
use crate::ports::{EgressSetting, VaultCredentials, WorkspacePorts};
use crate::settings::{DatabaseUrl, Settings};
use sayflow_actions::files::PrivateFiles;
use sayflow_agent::model::StepModel;
use sayflow_agent::planner::{OfflinePlanner, Planner};
use sayflow_agent::retrieval::{Library, Retrieval};
use sayflow_engine::answers::KeptAnswers;
use sayflow_engine::expr::Evaluator;
use sayflow_engine::ports::{Clock, SystemClock, UuidIds};
use sayflow_engine::run::{Engine, EngineParts};
use sayflow_engine::trigger::{TriggerParts, TriggerService};
use sayflow_engine::vault::{KeySource, Vault, VaultError};
use sayflow_store::{Store, StoreError};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OnceCell, SetOnce, broadcast};
use tokio_util::sync::CancellationToken;

/// Notices of new items that a slow stream may be behind; it then looks at the store, which has them all.
const CHANGES: usize = 64;
/// How long the answer of a model may be used again at most.
const LONGEST_KEPT: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// Why the application cannot be opened.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum OpenError {
    /// The data folder cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The accounts cannot be opened.
    #[error("{}{}", .0.message, .0.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default())]
    Vault(VaultError),
    /// A setting cannot be used.
    #[error(transparent)]
    Egress(#[from] EgressSetting),
}

impl OpenError {
    /// Whether another process has the data folder; it may be about to end, or about to be reachable.
    pub fn is_locked(&self) -> bool {
        matches!(self, Self::Store(StoreError::Locked { .. }))
    }
}

impl App {
    /// Opens the application on the data folder of an installation and takes up, in the background, the runs that had
    /// not ended.
    ///
    /// # Errors
    /// When the data folder is in use, cannot be written or was written by a newer version; when the key of the vault
    /// is not the one that its accounts were sealed with; when a setting cannot be used.
    pub async fn open(home: &Home, settings: &Settings) -> Result<Self, OpenError> {
        Self::open_with(home, settings, Arc::new(OfflinePlanner)).await
    }

    /// The same with a planner of one's own.
    ///
    /// # Errors
    /// Those of [`Self::open`].
    pub async fn open_with(home: &Home, settings: &Settings, planner: Arc<dyn Planner + Send + Sync>) -> Result<Self, OpenError> {
        let store = open_store(home, settings).await?;
        let source = KeySource::choose(settings.vault.key_file.clone(), home.data());
        let vault = match Vault::open(Arc::new(store.clone()), source).await {
            Ok(vault) => vault,
            Err(why) => {
                store.close().await;
                return Err(OpenError::Vault(why));
            }
        };
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let models = Models::open(&settings.models, &settings.timezone(), vault.clone(), store.clone(), Arc::clone(&clock)).await;
        let asked = StepModel::new(Arc::new(models.clone()));
        let kept = KeptAnswers::new(Arc::new(asked), store.clone(), clock, LONGEST_KEPT);
        let private = PrivateFiles::new(home.own_files().into_iter().chain(settings.vault.key_file.clone()));
        let ports = match WorkspacePorts::new(&settings.egress, private, Arc::new(kept)) {
            Ok(ports) => Arc::new(ports),
            Err(why) => {
                store.close().await;
                return Err(why.into());
            }
        };
        let app = Self {
            parts: Arc::new(Parts::assemble(
                store,
                vault,
                ports,
                planner,
                models,
                settings,
                retrieval::configured(&settings.retrieval, home),
            )),
        };
        let unfinished = app.clone();
        tokio::spawn(async move { unfinished.resume().await });
        Ok(app)
    }
}

/// The store of an installation: in its data folder, or where `database_url` says.
pub(crate) async fn open_store(home: &Home, settings: &Settings) -> Result<Store, StoreError> {
    Store::open_at(home.data(), settings.database_url.as_ref().map(DatabaseUrl::reveal)).await
}

impl Parts {
    fn assemble(
        store: Store,
        vault: Vault,
        ports: Arc<WorkspacePorts>,
        planner: Arc<dyn Planner + Send + Sync>,
        models: Models,
        settings: &Settings,
        retrieval: Retrieval,
    ) -> Self {
        let timezone = settings.timezone();
        let catalogue = Arc::new(sayflow_actions::catalogue());
        let clock = Arc::new(SystemClock);
        let ids = Arc::new(UuidIds);
        let engine = Engine::new(EngineParts {
            store: store.clone(),
            catalogue: Arc::clone(&catalogue),
            evaluator: Evaluator::new(),
            ports: Arc::clone(&ports) as Arc<_>,
            credentials: Arc::new(VaultCredentials(vault.clone())),
            clock: Arc::clone(&clock) as Arc<_>,
            ids: Arc::clone(&ids) as Arc<_>,
            timezone: timezone.clone(),
        });
        let triggers = TriggerService::new(TriggerParts {
            engine: engine.clone(),
            store: store.clone(),
            catalogue: Arc::clone(&catalogue),
            ports: Arc::clone(&ports) as Arc<_>,
            credentials: Arc::new(VaultCredentials(vault.clone())),
            clock: Arc::clone(&clock) as Arc<_>,
            ids: Arc::clone(&ids) as Arc<_>,
            timezone: timezone.clone(),
        });
        let library = Arc::new(Library::with(Arc::clone(&catalogue), retrieval));
        let changed = broadcast::channel(CHANGES).0;
        Self {
            store,
            engine,
            triggers,
            vault,
            catalogue,
            ports,
            planner,
            library,
            models,
            indexed: OnceCell::new(),
            resumed: SetOnce::new(),
            clock,
            ids,
            timezone,
            address: format!("http://{}", settings.server.listen),
            retention: settings.retention.clone(),
            stop: CancellationToken::new(),
            configured_timezone: settings.timezone.clone(),
            changed,
            turns: Arc::new(super::turn::Turns::new()),
        }
    }
}
