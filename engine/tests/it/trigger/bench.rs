//! A trigger service over a real store, with a clock that stands still until a test moves it.

use crate::support::{Recorder, TestPorts, catalogue, workflow};
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use sayflow_engine::action::StepError;
use sayflow_engine::expr::Evaluator;
use sayflow_engine::ports::{Clock, UuidIds};
use sayflow_engine::run::{Engine, EngineParts};
use sayflow_engine::trigger::{
    ActivateError, Delivery, Look, LookContext, MOST_PER_LOOK, Tick, TriggerParts, TriggerService, TriggerSource, TriggerState,
};
use sayflow_engine::vault::{Credential, CredentialSource, Secret};
use sayflow_protocol::workflow::Trigger;
use sayflow_protocol::{Event, RunId};
use sayflow_store::{NoticeRow, RunFilter, RunLine, Store};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;

/// When tests begin.
pub const START: &str = "2026-05-01T08:00:00Z";

/// A clock that shows what it is told.
pub struct HandClock(watch::Sender<Timestamp>);

impl HandClock {
    pub fn at(time: &str) -> Arc<Self> {
        Arc::new(Self(watch::channel(time.parse().unwrap()).0))
    }

    pub fn set(&self, time: &str) {
        self.0.send_replace(time.parse().unwrap());
    }

    pub fn turn(&self, seconds: i64) {
        self.0.send_modify(|now| *now += SignedDuration::from_secs(seconds));
    }
}

#[async_trait]
impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        *self.0.borrow()
    }

    async fn sleep_until(&self, at: Timestamp) {
        let mut now = self.0.subscribe();
        now.wait_for(|now| *now >= at).await.unwrap();
    }
}

/// The outside world as a source sees it: a list that grows. It outlives the processes that look at it.
#[derive(Clone, Default)]
pub struct World {
    things: Arc<Mutex<Vec<String>>>,
    failure: Arc<Mutex<Option<String>>>,
    looks: Arc<Mutex<usize>>,
}

impl World {
    pub fn add(&self, things: &[&str]) {
        self.things.lock().unwrap().extend(things.iter().map(|&thing| thing.to_owned()));
    }

    /// Adds those that are not there yet.
    pub fn complete(&self, things: &[&str]) {
        let mut there = self.things.lock().unwrap();
        for thing in things {
            if !there.iter().any(|known| known == thing) {
                there.push((*thing).to_owned());
            }
        }
    }

    /// From now on looking fails, or works again.
    pub fn fail(&self, why: Option<&str>) {
        *self.failure.lock().unwrap() = why.map(str::to_owned);
    }

    pub fn looks(&self) -> usize {
        *self.looks.lock().unwrap()
    }
}

#[async_trait]
impl TriggerSource for World {
    fn kind(&self) -> &'static str {
        "feed"
    }

    fn every(&self, trigger: &Trigger) -> Duration {
        match trigger {
            Trigger::Feed { every: Some(every), .. } => every.duration(),
            _ => Duration::from_secs(900),
        }
    }

    async fn look(&self, _: &Trigger, state: Value, cx: &LookContext<'_>) -> Result<Look, StepError> {
        *self.looks.lock().unwrap() += 1;
        if let Some(why) = &*self.failure.lock().unwrap() {
            return Err(StepError::new("http_status", why.clone()));
        }
        let things = self.things.lock().unwrap().clone();
        let seen = if state.is_null() { things.len() } else { usize::try_from(state["seen"].as_u64().unwrap()).unwrap() };
        let new = &things[seen..things.len().min(seen + MOST_PER_LOOK)];
        let deliveries = new.iter().map(|thing| Delivery { key: thing.clone(), payload: json!({ "title": thing }), time: cx.now });
        Ok(Look {
            deliveries: deliveries.collect(),
            state: json!({ "seen": seen + new.len() }),
            more: seen + new.len() < things.len(),
            trouble: None,
        })
    }
}

/// One account, with a secret that callers know.
pub struct Hooks;

#[async_trait]
impl CredentialSource for Hooks {
    async fn resolve(&self, kind: &str, named: Option<&str>) -> Result<Credential, StepError> {
        if (kind, named) != ("*", Some("hooks")) {
            return Err(StepError::new("no_credential", "there is no such account"));
        }
        let secrets = [("secret".to_owned(), Secret::new("s3cret".into()))].into_iter().collect();
        Ok(Credential { name: "hooks".into(), kind: "webhook".into(), hosts: vec![], fields: Default::default(), secrets })
    }
}

/// A process: a store, an engine and a trigger service.
pub struct Process {
    pub store: Store,
    pub engine: Engine,
    pub service: TriggerService,
    pub clock: Arc<HandClock>,
    pub recorder: Recorder,
    pub world: World,
}

impl Process {
    /// Starts on a data folder, as after a restart.
    pub async fn open(folder: &Path, clock: &Arc<HandClock>, world: &World) -> Self {
        let store = Store::open(folder).await.unwrap();
        let process = Self::on(store, clock, world);
        process.service.listen().await.unwrap();
        process.engine.open().await.unwrap();
        process
    }

    /// A process that has not taken up anything yet.
    pub fn on(store: Store, clock: &Arc<HandClock>, world: &World) -> Self {
        let recorder = Recorder::default();
        let mut actions = catalogue(&recorder);
        actions.add_source(Arc::new(world.clone())).unwrap();
        let catalogue = Arc::new(actions);
        let engine = Engine::new(EngineParts {
            store: store.clone(),
            catalogue: catalogue.clone(),
            evaluator: Evaluator::new(),
            ports: Arc::new(TestPorts),
            credentials: Arc::new(Hooks),
            clock: clock.clone(),
            ids: Arc::new(UuidIds),
            timezone: "UTC".into(),
        });
        let service = TriggerService::new(TriggerParts {
            engine: engine.clone(),
            store: store.clone(),
            catalogue,
            ports: Arc::new(TestPorts),
            credentials: Arc::new(Hooks),
            clock: clock.clone(),
            ids: Arc::new(UuidIds),
            timezone: "UTC".into(),
        });
        Self { store, engine, service, clock: clock.clone(), recorder, world: world.clone() }
    }

    /// Saves a document and makes it the active version of its name.
    pub async fn try_activate(&self, yaml: &str) -> Result<Vec<TriggerState>, ActivateError> {
        let workflow = workflow(yaml);
        let document = serde_json::to_string(&workflow).unwrap();
        let folder = std::env::temp_dir();
        let version = self.store.save_workflow(&workflow.name, &document, folder.to_str().unwrap(), 0).await.unwrap();
        self.service.activate(&workflow, u32::try_from(version).unwrap()).await
    }

    pub async fn activate(&self, yaml: &str) -> Vec<TriggerState> {
        self.try_activate(yaml).await.unwrap()
    }

    /// Ticks once, and waits for the sources that it made look.
    pub async fn tick(&self) -> Tick {
        let tick = self.service.tick().await.unwrap();
        self.service.until_looked().await;
        tick
    }

    /// Ticks and lets runs go on until nothing more happens now.
    pub async fn settle(&self) {
        loop {
            self.engine.until_idle().await;
            let before = self.runs(None).await.len();
            let tick = self.tick().await;
            if !tick.more && tick.ended == 0 && self.runs(None).await.len() == before {
                return;
            }
        }
    }

    /// Runs, oldest first.
    pub async fn runs(&self, workflow: Option<&str>) -> Vec<RunLine> {
        let filter = RunFilter { workflow: workflow.map(str::to_owned), status: None };
        let mut runs = self.store.list_runs(filter, None, 10_000).await.unwrap();
        runs.reverse();
        runs
    }

    /// `trigger` of a run.
    pub async fn trigger_of(&self, run: &str) -> Value {
        let first = &self.engine.events(&RunId::from(run), 0).await.unwrap()[0];
        match &first.event {
            Event::RunCreated { trigger, .. } => trigger.clone(),
            other => panic!("{other:?}"),
        }
    }

    /// A member of `trigger` of all runs of a workflow, sorted.
    pub async fn seen_by(&self, workflow: &str, pointer: &str) -> Vec<String> {
        let mut seen = Vec::new();
        for run in self.runs(Some(workflow)).await {
            let trigger = self.trigger_of(&run.id).await;
            let value = trigger.pointer(pointer).unwrap_or_else(|| panic!("no {pointer} in {trigger}"));
            seen.push(value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        }
        seen.sort();
        seen
    }

    /// The times at which a schedule has fired, without the date.
    pub async fn fired(&self, workflow: &str) -> Vec<String> {
        self.seen_by(workflow, "/time").await.into_iter().map(|time| time[11..19].to_owned()).collect()
    }

    /// All notices, oldest first.
    pub async fn notices(&self) -> Vec<NoticeRow> {
        self.store.unseen_notices(1000).await.unwrap()
    }
}

/// A data folder with its first process, at [`START`].
pub async fn bench() -> (Process, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::open(folder.path(), &HandClock::at(START), &World::default()).await;
    (process, folder)
}
