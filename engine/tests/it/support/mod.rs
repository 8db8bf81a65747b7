//! A small engine for tests: a store in a temporary folder, a catalogue of test actions that record what they do, and
//! ports that lead nowhere.

mod actions;
mod backend;
mod clock;
pub mod history;
mod life;
mod ports;
mod steering;
mod world;

pub use actions::{Recorder, catalogue};
pub use backend::Backend;
pub use clock::FakeClock;
pub use life::{Gone, Life, Place};
pub use ports::{TestPorts, TimedPorts};
pub use world::{Deed, Ending, World, sim_catalogue};

use sayflow_engine::action::Catalogue;
use sayflow_engine::expr::Evaluator;
use sayflow_engine::ports::{Clock, SystemClock, UuidIds};
use sayflow_engine::run::{DryRun, Engine, EngineParts, StartRequest};
use sayflow_engine::vault::NoCredentials;
use sayflow_protocol::api::DryRunReport;
use sayflow_protocol::{RunId, RunView, StepView, Workflow};
use sayflow_store::Store;
use serde_json::Value;
use std::sync::Arc;

/// An engine with its store and the record of what its actions did.
pub struct Bench {
    pub engine: Engine,
    pub store: Store,
    pub recorder: Recorder,
    pub catalogue: Arc<Catalogue>,
    _backend: Backend,
}

impl Bench {
    pub async fn new() -> Self {
        let backend = Backend::new();
        let store = backend.open().await;
        let recorder = Recorder::default();
        let catalogue = Arc::new(catalogue(&recorder));
        let engine = engine(&store, &catalogue, Arc::new(SystemClock));
        engine.open().await.unwrap();
        Self { engine, store, recorder, catalogue, _backend: backend }
    }

    /// Another engine over the same store, as after a restart.
    pub fn restarted(&self) -> Engine {
        engine(&self.store, &self.catalogue, Arc::new(SystemClock))
    }

    pub async fn start(&self, yaml: &str) -> RunId {
        self.engine.start(request(&self.engine, yaml)).await.unwrap().run
    }

    /// Runs a document to its end.
    pub async fn run(&self, yaml: &str) -> RunView {
        let id = self.start(yaml).await;
        self.until_ended(&id).await;
        self.engine.view(&id).await.unwrap()
    }

    /// Returns when a run has ended, however often it rested in between.
    pub async fn until_ended(&self, id: &RunId) {
        let mut events = self.engine.watch(id, 0).await.unwrap();
        while events.recv().await.is_some() {}
    }

    pub async fn dry_run(&self, yaml: &str, rules: DryRun) -> DryRunReport {
        self.engine.dry_run(request(&self.engine, yaml), rules).await.unwrap()
    }
}

fn engine(store: &Store, catalogue: &Arc<Catalogue>, clock: Arc<dyn Clock>) -> Engine {
    Engine::new(EngineParts {
        store: store.clone(),
        catalogue: catalogue.clone(),
        evaluator: Evaluator::new(),
        ports: Arc::new(TimedPorts(clock.clone())),
        credentials: Arc::new(NoCredentials),
        clock,
        ids: Arc::new(UuidIds),
        timezone: "Europe/Berlin".into(),
    })
}

pub fn workflow(yaml: &str) -> Workflow {
    serde_saphyr::from_str(yaml).unwrap_or_else(|why| panic!("{why}\n{yaml}"))
}

pub fn request(engine: &Engine, yaml: &str) -> StartRequest {
    StartRequest::by_hand(engine.compile(&workflow(yaml)).unwrap(), std::env::temp_dir())
}

/// The step with an id.
pub fn step<'a>(run: &'a RunView, id: &str) -> &'a StepView {
    run.steps.iter().find(|step| step.id == id).unwrap_or_else(|| panic!("no step {id} in {:#?}", run.steps))
}

/// The output of a step that succeeded.
pub fn output(run: &RunView, id: &str) -> Value {
    let step = step(run, id);
    step.output.clone().unwrap_or_else(|| panic!("{id} is {:?}: {:?}", step.status, step.error))
}
