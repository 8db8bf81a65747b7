//! The real engine over a real store, in this process.

use crate::Outcome;
use crate::outside::{Note, Outside};
use sayflow_engine::action::{Catalogue, erase};
use sayflow_engine::expr::Evaluator;
use sayflow_engine::ports::{Clock, SystemClock, UuidIds};
use sayflow_engine::run::{Compiled, Engine, EngineParts, StartRequest};
use sayflow_engine::vault::NoCredentials;
use sayflow_protocol::{RunId, RunStatus, Workflow};
use sayflow_store::Store;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// A name of a zone that has daylight saving, as most have.
pub(crate) const ZONE: &str = "Europe/Berlin";

/// An engine with its store.
pub(crate) struct World {
    pub(crate) engine: Engine,
    pub(crate) store: Store,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) ports: Arc<Outside>,
    workspace: PathBuf,
    _folder: Option<TempDir>,
}

impl World {
    /// One with an empty store.
    pub(crate) async fn new(below: &Path) -> Outcome<Self> {
        Self::with_clock(below, Arc::new(SystemClock)).await
    }

    /// The same with another clock.
    pub(crate) async fn with_clock(below: &Path, clock: Arc<dyn Clock>) -> Outcome<Self> {
        let folder = tempfile::tempdir_in(below)?;
        let mut world = Self::open(folder.path(), clock).await?;
        world._folder = Some(folder);
        Ok(world)
    }

    /// One with the store in a folder.
    pub(crate) async fn at(folder: &Path) -> Outcome<Self> {
        Self::open(folder, Arc::new(SystemClock)).await
    }

    async fn open(folder: &Path, clock: Arc<dyn Clock>) -> Outcome<Self> {
        let workspace = folder.join("workspace");
        std::fs::create_dir_all(&workspace)?;
        let store = Store::open(folder).await?;
        let catalogue = Arc::new(catalogue()?);
        let ports = Arc::new(Outside::new(clock.clone()));
        let engine = Engine::new(EngineParts {
            store: store.clone(),
            catalogue: catalogue.clone(),
            evaluator: Evaluator::new(),
            ports: ports.clone(),
            credentials: Arc::new(NoCredentials),
            clock,
            ids: Arc::new(UuidIds),
            timezone: ZONE.into(),
        });
        engine.open().await?;
        Ok(Self { engine, store, catalogue, ports, workspace, _folder: None })
    }

    /// Compiles a document.
    pub(crate) fn compile(&self, yaml: &str) -> Outcome<Arc<Compiled>> {
        let workflow: Workflow = serde_saphyr::from_str(yaml)?;
        Ok(self.engine.compile(&workflow)?)
    }

    /// Asks for a run.
    pub(crate) fn request(&self, workflow: &Arc<Compiled>) -> StartRequest {
        StartRequest::by_hand(workflow.clone(), self.workspace.clone())
    }

    /// Starts a run and returns when it has ended or rests.
    pub(crate) async fn run(&self, workflow: &Arc<Compiled>) -> Outcome<RunId> {
        let run = self.engine.start(self.request(workflow)).await?.run;
        self.engine.wait(&run).await;
        Ok(run)
    }

    /// Fails when a run did not succeed: what fails fast proves nothing.
    pub(crate) async fn must_have_succeeded(&self, run: &RunId) -> Outcome<()> {
        let view = self.engine.view(run).await?;
        if view.status == RunStatus::Succeeded {
            return Ok(());
        }
        Err(format!("run {run} is {:?}: {:?}", view.status, view.error).into())
    }

    /// Lets go of everything.
    pub(crate) async fn close(self) {
        self.engine.drain(Duration::from_secs(5)).await;
        self.store.close().await;
    }
}

/// Everything that is built in, and the write that takes no time.
fn catalogue() -> Outcome<Catalogue> {
    let mut catalogue = sayflow_actions::catalogue();
    catalogue.add(erase(Note))?;
    Ok(catalogue)
}

/// A document with so many steps, each of which takes the one before: the values that `with` has are written for each
/// step, given the expression for what the one before gave.
pub(crate) fn chain(steps: usize, uses: &str, with: impl Fn(Option<&str>) -> String) -> String {
    let mut text = "name: chain\nsteps:\n".to_owned();
    for step in 0..steps {
        let before = (step > 0).then(|| format!("${{{{ steps.s{}.output }}}}", step - 1));
        text.push_str(&format!("  - {{ id: s{step}, uses: {uses}, with: {{ {} }} }}\n", with(before.as_deref())));
    }
    text
}

/// Steps that compute next to nothing.
pub(crate) fn light_chain(steps: usize) -> String {
    chain(steps, "data.set", |before| format!("values: \"{}\"", before.unwrap_or("x")))
}

/// Steps that write next to nothing.
pub(crate) fn writing_chain(steps: usize) -> String {
    chain(steps, "bench.note", |before| match before {
        Some(before) => format!("text: \"{}\"", before.replace("output", "output.text")),
        None => "text: \"a text as long as many of those that are sent\"".to_owned(),
    })
}
