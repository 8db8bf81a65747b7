//! Plays one seed.

use super::moves::{Move, world};
use crate::model::spec::{Flow, flows};
use crate::model::turns::digest;
use crate::support::history::{self, Doc, Expect};
use crate::support::{Backend, Gone, Life, Place};
use jiff::SignedDuration;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sayflow_engine::run::{EngineError, RetryFrom, RetryOn, RetryRequest, StartRequest};
use sayflow_protocol::event::{Advance, UnknownDecision};
use sayflow_protocol::run::OpenPoint;
use sayflow_protocol::workflow::Step;
use sayflow_protocol::{RunId, RunView, Workflow};
use sayflow_store::testing::Fault;
use std::collections::HashMap;
use std::time::Duration;

/// How many things happen before the faults stop.
const MOVES: usize = 70;
/// The most runs: what is played must stay small.
const RUNS: usize = 8;

/// One seed being played.
pub struct Player {
    seed: u64,
    random: StdRng,
    place: Place,
    life: Option<Life>,
    documents: Vec<Workflow>,
    /// Runs whose start was acknowledged.
    acknowledged: Vec<RunId>,
    full: bool,
    said: Vec<String>,
}

impl Player {
    pub fn new(seed: u64) -> Self {
        let place = Place::new(Backend::new(), world(seed));
        let life = Life::begin(&place);
        let documents = documents(seed);
        for document in &documents {
            let text = serde_json::to_string(document).expect("a document");
            life.attempt(life.store.save_workflow(&document.name, &text, "/tmp", 0)).expect("it lives").expect("it is saved");
        }
        Self {
            seed,
            random: StdRng::seed_from_u64(seed),
            place,
            life: Some(life),
            documents,
            acknowledged: Vec::new(),
            full: false,
            said: Vec::new(),
        }
    }

    /// Lets everything happen that the seed says.
    pub fn play(mut self) {
        for number in 0..MOVES {
            let next = Move::any(&mut self.random);
            self.said.push(format!("{next:?}"));
            self.make(next);
            self.revive();
            // What is broken stays broken: now and then is often enough.
            if number % 6 == 5 {
                self.promises(Expect::Anything);
            }
        }
        self.come_to_the_end();
    }

    fn life(&self) -> &Life {
        self.life.as_ref().expect("a life")
    }

    fn make(&mut self, next: Move) {
        match next {
            Move::Pass(time) => self.life().pass(time),
            Move::Start => self.start(),
            Move::Answer => self.answer(),
            Move::Pause => self.with_run(|life, run| gone(life.attempt(life.engine.pause(run, "somebody")))),
            Move::Resume => self.with_run(|life, run| gone(life.attempt(life.engine.resume_run(run, "somebody")))),
            Move::Cancel => self.with_run(|life, run| gone(life.attempt(life.engine.cancel(run, "somebody")))),
            Move::Retry => self.with_run(|life, run| {
                let retry = RetryRequest { run: run.clone(), from: RetryFrom::Failed, on: RetryOn::Same };
                gone(life.attempt(life.engine.retry(retry)));
            }),
            Move::DieAtWrite { before, on } if !self.full => {
                let number = self.life().faults.commits() + on;
                self.life().faults.arm(if before { Fault::DieBefore(number) } else { Fault::DieAfter(number) });
            }
            Move::Die => self.die(),
            Move::Fill => {
                self.full = true;
                self.life().faults.arm(Fault::Full);
            }
            Move::Empty if self.full => {
                self.full = false;
                self.life().faults.disarm();
            }
            Move::SetClock(seconds) => self.life().clock.set(SignedDuration::from_secs(seconds)),
            Move::DieAtWrite { .. } | Move::Empty => {}
        }
    }

    fn start(&mut self) {
        if self.acknowledged.len() >= RUNS {
            return;
        }
        let workflow = self.documents[self.random.random_range(0..self.documents.len())].clone();
        let stepwise = self.random.random_range(0..10) == 0;
        let life = self.life();
        let request = StartRequest { stepwise, ..life.request(&workflow) };
        if let Ok(Ok(started)) = life.attempt(life.engine.start(request)).inspect(broken) {
            self.acknowledged.push(started.run);
        }
    }

    /// Somebody says something to a random run.
    fn with_run(&mut self, what: impl FnOnce(&Life, &RunId)) {
        if self.acknowledged.is_empty() {
            return;
        }
        let run = self.acknowledged[self.random.random_range(0..self.acknowledged.len())].clone();
        what(self.life(), &run);
    }

    /// Answers one of the questions that are open.
    fn answer(&mut self) {
        self.life().settle();
        if self.life().has_died() {
            return;
        }
        let open: Vec<(RunId, OpenPoint)> =
            self.life().views().into_iter().flat_map(|run| run.open.into_iter().map(move |point| (run.id.clone(), point))).collect();
        if open.is_empty() {
            return;
        }
        let (run, point) = open[self.random.random_range(0..open.len())].clone();
        self.say(&run, &point);
    }

    fn say(&mut self, run: &RunId, point: &OpenPoint) {
        let choice = self.random.random_range(0..6);
        let life = self.life();
        let engine = &life.engine;
        match point {
            OpenPoint::Approval { approval, .. } => gone(life.attempt(engine.decide(approval.as_str(), life.verdict(choice > 1)))),
            OpenPoint::Unknown { step, .. } => {
                let decision = match choice {
                    0 => UnknownDecision::Fail,
                    1..=2 => UnknownDecision::Skip,
                    _ => UnknownDecision::Retry,
                };
                gone(life.attempt(engine.resolve_unknown(run, step, decision, "somebody")));
            }
            OpenPoint::Resume { .. } => gone(life.attempt(engine.resume_run(run, "somebody"))),
            OpenPoint::Step { .. } => {
                let to = if choice > 2 { Advance::Step } else { Advance::End };
                gone(life.attempt(engine.advance(run, to, "somebody")));
            }
            OpenPoint::Call { .. } | OpenPoint::Store { .. } => {}
        }
    }

    fn die(&mut self) {
        self.life.take().expect("a life").die(&mut self.place);
        self.begin();
    }

    fn begin(&mut self) {
        let life = Life::begin(&self.place);
        if self.full {
            life.faults.arm(Fault::Full);
        }
        self.life = Some(life);
    }

    /// Another process follows one that died.
    fn revive(&mut self) {
        self.life().settle();
        while self.life().has_died() {
            self.said.push("(it died)".into());
            self.die();
            self.life().settle();
        }
    }

    /// What must hold at any time.
    fn promises(&self, expect: Expect) {
        let (journals, arrived) = self.life().records();
        let views: HashMap<RunId, RunView> = self.life().views().into_iter().map(|run| (run.id.clone(), run)).collect();
        for run in &self.acknowledged {
            assert!(views.contains_key(run), "{run} was acknowledged and is gone; {}", self.story());
        }
        let judged = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for (_, journal) in &journals {
                history::check_run(&Doc::of(self.document_of(journal)), journal, expect);
            }
            history::check_effects(journals.iter().map(|(_, journal)| journal.as_slice()), &arrived);
        }));
        if let Err(why) = judged {
            eprintln!("{}", self.story());
            std::panic::resume_unwind(why);
        }
    }

    fn document_of(&self, journal: &[sayflow_protocol::RecordedEvent]) -> &Workflow {
        let Some(sayflow_protocol::Event::RunCreated { workflow, .. }) = journal.first().map(|first| &first.event) else {
            panic!("a journal begins with its creation");
        };
        self.documents.iter().find(|document| document.name == *workflow).expect("a known workflow")
    }

    /// The faults stop; whoever is asked answers.
    fn come_to_the_end(mut self) {
        self.full = false;
        self.life().faults.disarm();
        let times = [12, 12, 1_000, 30_000, 600_000, 7_200_000].map(Duration::from_millis);
        for round in 0..300 {
            self.revive();
            let runs = self.life().views();
            if runs.iter().all(|run| run.status.is_final()) {
                return self.promises(Expect::Ended);
            }
            for run in runs {
                for point in &run.open {
                    self.say(&run.id, point);
                }
            }
            self.life().pass(times[round % times.len()]);
        }
        let left: Vec<RunView> = self.life().views().into_iter().filter(|run| !run.status.is_final()).collect();
        let journals: Vec<_> = self.life().journals().into_iter().filter(|(id, _)| left.iter().any(|run| run.id == *id)).collect();
        panic!("these runs do not come to their end: {left:#?}\n{journals:#?}\n{}", self.story());
    }

    fn story(&self) -> String {
        format!("seed {}; what happened: {}", self.seed, self.said.join(", "))
    }
}

/// A run that cannot go on is never in order; every other refusal is.
fn broken<T>(end: &Result<T, EngineError>) {
    if let Err(why @ EngineError::Broken { .. }) = end {
        panic!("{why}");
    }
}

fn gone<T>(end: Result<Result<T, EngineError>, Gone>) {
    let _ = end.inspect(broken);
}

/// The workflows of a seed.
fn documents(seed: u64) -> Vec<Workflow> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    (0..3_u64)
        .map(|number| {
            let flow: Flow = flows().new_tree(&mut runner).expect("a workflow").current();
            let mut document = Workflow { name: format!("random-{number}"), ..flow.document() };
            vary(&mut document.steps, seed, number);
            vary(&mut document.on_failure, seed, number);
            if seed % 11 == number {
                document.timeout = Some("10m".parse().expect("an interval"));
            }
            document
        })
        .collect()
}

/// Lets some steps ask a person, call the next workflow, or run out of time.
fn vary(steps: &mut [Step], seed: u64, number: u64) {
    for step in steps {
        let dice = digest(&format!("{seed} {number} {}", step.id));
        if step.uses.as_deref() == Some("sim.compute") {
            let message = serde_json::json!("Shall it go on?");
            let other = serde_json::json!(format!("random-{}", number + 1));
            match dice % 6 {
                0 => (step.uses, step.with) = (Some("test.ask".into()), [("message".to_owned(), message)].into_iter().collect()),
                1 => {
                    let expires = serde_json::json!(900_000);
                    let with = [("message".to_owned(), message), ("expires_in_ms".to_owned(), expires)];
                    (step.uses, step.with) = (Some("test.ask".into()), with.into_iter().collect());
                }
                2 if number < 2 => {
                    (step.uses, step.with) = (Some("test.call".into()), [("workflow".to_owned(), other)].into_iter().collect())
                }
                _ => {}
            }
        }
        if (dice / 6).is_multiple_of(8) {
            step.timeout = Some("45s".parse().expect("an interval"));
        }
        vary(&mut step.steps, seed, number);
    }
}
