//! Lives of a process, one after the other, over one data folder. A life ends by being dropped where it stands: nothing
//! is closed, nothing is told. Time goes on only when the test says so, and the outside outlives them all.

use super::{Backend, FakeClock, World, engine, history, sim_catalogue};
use jiff::Timestamp;
use sayflow_engine::ports::Clock;
use sayflow_engine::run::{Engine, StartRequest};
use sayflow_protocol::{RecordedEvent, RunId, RunView, Workflow};
use sayflow_store::testing::Faults;
use sayflow_store::{Store, Verdict};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// What stays when a process dies: the data, the outside, and the time.
pub struct Place {
    pub world: World,
    pub now: Timestamp,
    backend: Backend,
}

impl Place {
    pub fn new(backend: Backend, world: World) -> Self {
        Self { world, now: Timestamp::from_second(1_800_000_000).unwrap(), backend }
    }
}

/// A process that lives.
pub struct Life {
    pub engine: Engine,
    pub store: Store,
    pub faults: Faults,
    pub clock: Arc<FakeClock>,
    world: World,
    breath: Duration,
    /// Keeps the runtime from moving its time by itself while the database's own threads work.
    still: std::sync::mpsc::Sender<()>,
    runtime: Runtime,
}

/// Why nobody answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gone {
    /// The process died while this was being done.
    Died,
    /// It takes too long.
    NoAnswer,
}

impl Life {
    /// A process starts on what is there, and takes up what an earlier one left.
    pub fn begin(place: &Place) -> Self {
        let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        let (still, moving) = std::sync::mpsc::channel::<()>();
        runtime.spawn_blocking(move || moving.recv());
        let (store, engine, clock) = runtime.block_on(async {
            let beginning = async {
                let store = place.backend.open().await;
                let clock = Arc::new(FakeClock::starting_at(place.now));
                let engine = engine(&store, &Arc::new(sim_catalogue(&place.world)), clock.clone());
                engine.open().await.unwrap();
                (store, engine, clock)
            };
            tokio::pin!(beginning);
            loop {
                tokio::select! {
                    biased;
                    begun = &mut beginning => return begun,
                    () = yields(24) => {}
                }
                // A database that the process before has not let go of yet is waited for.
                std::thread::sleep(place.backend.breath());
                tokio::time::advance(Duration::from_millis(1)).await;
            }
        });
        let faults = store.faults().clone();
        Self { engine, store, faults, clock, world: place.world.clone(), breath: place.backend.breath(), still, runtime }
    }

    /// The process dies.
    pub fn die(self, place: &mut Place) {
        place.now = self.now();
        let Self { engine, store, still, runtime, .. } = self;
        drop(still);
        {
            let _inside = runtime.enter();
            drop((engine, store));
        }
        runtime.shutdown_background();
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        self.runtime.block_on(async { self.clock.now() })
    }

    /// Whether the process has died by a fault that was armed.
    pub fn has_died(&self) -> bool {
        self.faults.has_died()
    }

    /// Does something from outside. A little time goes on where it takes some.
    pub fn attempt<T>(&self, what: impl Future<Output = T>) -> Result<T, Gone> {
        self.runtime.block_on(async {
            tokio::pin!(what);
            for round in 0..2000 {
                tokio::select! {
                    biased;
                    () = self.faults.dies() => return Err(Gone::Died),
                    done = &mut what => return Ok(done),
                    () = yields(24) => {}
                }
                std::thread::sleep(self.breath);
                if round % 20 == 19 {
                    tokio::time::advance(Duration::from_millis(10)).await;
                }
            }
            Err(Gone::NoAnswer)
        })
    }

    /// Lets everything happen that can without time going on.
    pub fn settle(&self) {
        self.runtime.block_on(async {
            let mut quiet = 0;
            let mut seen = self.activity();
            let mut rounds = 0;
            while quiet < 4 && rounds < 4000 && !self.faults.has_died() {
                rounds += 1;
                yields(24).await;
                std::thread::sleep(self.breath);
                yields(24).await;
                let now = self.activity();
                let waits = now.0.0 > 0;
                quiet = if now == seen && !waits { quiet + 1 } else { 0 };
                seen = now;
            }
        });
    }

    /// Lets time go on, and everything happen that then can.
    pub fn pass(&self, time: Duration) {
        self.settle();
        self.runtime.block_on(tokio::time::advance(time));
        self.settle();
    }

    /// Lets time go on, and no more happen than what begins at once.
    pub fn jump(&self, time: Duration) {
        self.runtime.block_on(async {
            tokio::time::advance(time).await;
            yields(8).await;
        });
    }

    /// Lets time go on in such steps until all runs have ended.
    pub fn until_ended(&self, step: Duration) {
        for _ in 0..5000 {
            self.pass(step);
            if self.views().iter().all(|run| run.status.is_final()) {
                return;
            }
        }
        panic!("these do not come to their end: {:#?}", self.views());
    }

    fn activity(&self) -> ((u64, u64), u64) {
        (self.faults.activity(), self.world.activity())
    }

    /// A start by hand.
    pub fn request(&self, workflow: &Workflow) -> StartRequest {
        StartRequest::by_hand(self.engine.compile(workflow).unwrap(), std::env::temp_dir())
    }

    /// What somebody says about an approval.
    pub fn verdict(&self, approve: bool) -> Verdict {
        Verdict { approve, by: "somebody".into(), via: "test".into(), comment: None, at: self.now().as_microsecond(), payload_hash: None }
    }

    /// All runs with their journals, and what has arrived outside, as of one moment.
    pub fn records(&self) -> (Vec<(RunId, Vec<RecordedEvent>)>, Vec<history::Effect>) {
        loop {
            self.settle();
            let (arrived, journals) = (self.world.arrived(), self.journals());
            self.settle();
            // Reading lets everything else go on too.
            if self.journals() == journals && self.world.arrived() == arrived {
                return (journals, arrived);
            }
        }
    }

    /// All runs with their journals, oldest first.
    pub fn journals(&self) -> Vec<(RunId, Vec<RecordedEvent>)> {
        self.runtime.block_on(async {
            let mut journals = Vec::new();
            for id in self.runs().await {
                let journal = journal(&self.engine, &id).await;
                journals.push((id, journal));
            }
            journals
        })
    }

    /// All runs, oldest first.
    pub fn views(&self) -> Vec<RunView> {
        self.runtime.block_on(async {
            let mut views = Vec::new();
            for id in self.runs().await {
                views.push(self.engine.view(&id).await.unwrap());
            }
            views
        })
    }

    async fn runs(&self) -> Vec<RunId> {
        let lines = self.store.list_runs(Default::default(), None, 10_000).await.unwrap();
        lines.into_iter().rev().map(|line| RunId(line.id)).collect()
    }
}

async fn yields(times: u32) {
    for _ in 0..times {
        tokio::task::yield_now().await;
    }
}

/// A run's whole journal.
async fn journal(engine: &Engine, id: &RunId) -> Vec<RecordedEvent> {
    let mut events: Vec<RecordedEvent> = Vec::new();
    loop {
        let page = engine.events(id, events.last().map_or(0, |event| event.seq)).await.unwrap();
        if page.is_empty() {
            return events;
        }
        events.extend(page);
    }
}
