//! Dying before and after every durable write of every story: what is taken up again ends as if nothing had happened,
//! and no write that must not be repeated happens twice unless somebody said so.

use crate::support::history::{self, Doc, Expect};
use crate::support::{Backend, Deed, Ending, Gone, Life, Place, World, workflow};
use sayflow_engine::run::{RetryFrom, RetryOn, RetryRequest, StartRequest};
use sayflow_protocol::event::{Advance, UnknownDecision};
use sayflow_protocol::run::OpenPoint;
use sayflow_protocol::{Event, RecordedEvent, RunId, RunStatus, RunView, StepStatus};
use sayflow_store::testing::Fault;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What people do to a run besides answering its questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum People {
    Watch,
    /// Pause it once its first write is done, and let it go on.
    Pause,
    /// Cancel it once it waits.
    Cancel,
    /// Start it stepwise and let it go on step by step.
    Advance,
    /// Try it again once it has failed.
    Retry,
}

struct Story {
    yaml: &'static str,
    people: People,
    ends: RunStatus,
}

macro_rules! stories {
    ($($name:ident, $people:ident, $ends:ident;)*) => {
        /// Each story as a test of its own, so that they share the processors.
        mod each {
            use super::*;
            $(
                #[test]
                fn $name() {
                    let yaml = include_str!(concat!("stories/", stringify!($name), ".yaml"));
                    dies_everywhere(&Story { yaml, people: People::$people, ends: RunStatus::$ends }, Backend::new);
                }
            )*
        }
    };
}

stories! {
    chain, Watch, Succeeded;
    parallel, Watch, Succeeded;
    branches, Watch, Succeeded;
    looped, Watch, Succeeded;
    nested, Watch, Succeeded;
    repeat, Watch, Succeeded;
    retry, Watch, Succeeded;
    wait, Watch, Succeeded;
    on_failure, Watch, Failed;
    writes, Watch, Succeeded;
    lost, Watch, Succeeded;
    respond, Watch, Succeeded;
    approval, Watch, Succeeded;
    call, Watch, Succeeded;
    kept, Retry, Succeeded;
    paused, Pause, Succeeded;
    stepwise, Advance, Succeeded;
    timeout, Watch, Succeeded;
    cancelled, Cancel, Cancelled;
}

/// How a story ended.
struct Told {
    runs: Vec<RunView>,
    journals: Vec<Vec<RecordedEvent>>,
    /// Durable writes of the first life.
    commits: u64,
    lives: u32,
}

fn dies_everywhere(story: &Story, backend: fn() -> Backend) {
    let (whole, effects) = tell(story, backend(), None);
    assert_eq!(whole.lives, 1);
    assert_eq!(whole.runs.last().unwrap().status, story.ends, "{:#?}", whole.runs);
    let mut died = BTreeSet::new();
    for number in 1..=whole.commits {
        for fault in [Fault::DieBefore(number), Fault::DieAfter(number)] {
            let (told, seen) = tell(story, backend(), Some(fault));
            // Branches share a commit as their timing has it: towards the end, one fewer may be needed.
            if told.lives > 1 {
                died.insert(number);
            }
            same_ending(&whole, &told, fault);
            assert_eq!(seen, effects, "what arrived is the same, each thing once; {fault:?}");
        }
    }
    assert!(died.len() as u64 + 2 >= whole.commits, "it died at {died:?} of {} durable writes", whole.commits);
}

/// Tells a story with a fault in its first life; with what arrived, by step.
fn tell(story: &Story, backend: Backend, fault: Option<Fault>) -> (Told, BTreeMap<String, u32>) {
    let mended = Arc::new(AtomicBool::new(false));
    let outside = mended.clone();
    let world = World::new(Arc::new(move |key, number| fares(key, number, outside.load(Ordering::SeqCst))));
    let mut place = Place::new(backend, world.clone());
    let mut lives = 1;
    let mut life = Life::begin(&place);
    if let Some(fault) = fault {
        life.faults.arm(fault);
    }
    let mut commits = 0;
    for round in 0.. {
        assert!(round < 400, "the story does not come to its end: {:#?}", life.views());
        if life.has_died() {
            life.die(&mut place);
            life = Life::begin(&place);
            lives += 1;
        }
        life.settle();
        match nudge(story, &life, &world, &mended) {
            Err(Gone::Died) => continue,
            Err(Gone::NoAnswer) => panic!("nobody answers: {:#?}", life.views()),
            Ok(Progress::Over) => break,
            Ok(Progress::Going) => {}
        }
        life.pass(Duration::from_millis(if round % 4 == 3 { 11_000 } else { 12 }));
        if lives == 1 {
            commits = life.faults.commits();
        }
    }
    if lives == 1 {
        commits = life.faults.commits();
    }
    let told = Told { runs: life.views(), journals: life.journals().into_iter().map(|(_, journal)| journal).collect(), commits, lives };
    life.die(&mut place);
    for (run, journal) in told.runs.iter().zip(&told.journals) {
        let document = if run.workflow == "child" { workflow(include_str!("stories/child.yaml")) } else { workflow(story.yaml) };
        history::check_run(&Doc::of(&document), journal, Expect::Ended);
    }
    history::check_effects(told.journals.iter().map(Vec::as_slice), &world.arrived());
    (told, counted(&world))
}

/// How often each step's effect arrived; of those that may be repeated, whether it did.
fn counted(world: &World) -> BTreeMap<String, u32> {
    let mut counts = BTreeMap::new();
    for effect in world.arrived() {
        // A key that the document makes up hangs on the output of another step.
        let name = effect.key.split_once(':').map_or("keyed", |(_, step)| step).to_owned();
        // The document says to send this one again whatever became of it.
        let repeatable = effect.repeatable || name == "dropped";
        let count: &mut u32 = counts.entry(name).or_default();
        *count = if repeatable { 1 } else { *count + 1 };
    }
    counts
}

/// The outside of the stories: the names of the steps say how they fare.
fn fares(key: &str, number: u32, mended: bool) -> Deed {
    let step = key.rsplit([':', '/']).next().unwrap_or("");
    let name = step.split(['[', '@']).next().unwrap_or("");
    let well = Deed::WELL;
    match (name, number) {
        ("busy2", 1..=2) | ("busy1", 1) => Deed { ending: Ending::Busy, ..well },
        ("refused", _) => Deed { ending: Ending::Refused, ..well },
        ("refused1", _) if !mended => Deed { ending: Ending::Refused, ..well },
        ("lost", 1) => Deed { ending: Ending::LostAnswer, ..well },
        ("dropped", 1) => Deed { ending: Ending::LostRequest, ..well },
        ("slow1", 1) => Deed { going: Duration::from_secs(60), ..well },
        _ => well,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Going,
    Over,
}

/// What people do now, as far as the journal shows that it is their turn.
fn nudge(story: &Story, life: &Life, world: &World, mended: &AtomicBool) -> Result<Progress, Gone> {
    let runs = life.views();
    if story.yaml.contains("test.call") && life.attempt(life.store.workflow("child"))?.unwrap().is_none() {
        let child = serde_json::to_string(&workflow(include_str!("stories/child.yaml"))).unwrap();
        life.attempt(life.store.save_workflow("child", &child, "/tmp", life.now().as_microsecond()))?.unwrap();
    }
    let Some(run) = runs.iter().rfind(|run| run.workflow != "child") else {
        let request = StartRequest { stepwise: story.people == People::Advance, ..life.request(&workflow(story.yaml)) };
        life.attempt(life.engine.start(request))?.unwrap();
        return Ok(Progress::Going);
    };
    if runs.iter().all(|run| run.status.is_final()) {
        let retried = run.lineage.retry_of.is_some();
        if story.people != People::Retry || retried {
            return Ok(Progress::Over);
        }
        mended.store(true, Ordering::SeqCst);
        let retry = RetryRequest { run: run.id.clone(), from: RetryFrom::Failed, on: RetryOn::Same };
        life.attempt(life.engine.retry(retry))?.unwrap();
        return Ok(Progress::Going);
    }
    for run in runs.iter().filter(|run| !run.status.is_final()) {
        for point in &run.open {
            answer(life, world, &run.id, point)?;
        }
    }
    if !run.status.is_final() {
        control(story, life, run)?;
    }
    Ok(Progress::Going)
}

/// Answers what a run waits for.
fn answer(life: &Life, world: &World, run: &RunId, point: &OpenPoint) -> Result<(), Gone> {
    let engine = &life.engine;
    match point {
        OpenPoint::Approval { approval, .. } => {
            life.attempt(engine.decide(approval.as_str(), life.verdict(true)))?.unwrap();
        }
        OpenPoint::Unknown { step, .. } => {
            // Whoever is asked looks at the destination.
            let arrived = world.arrived().iter().any(|effect| effect.key.ends_with(&format!(":{step}")));
            let decision = if arrived { UnknownDecision::Skip } else { UnknownDecision::Retry };
            life.attempt(engine.resolve_unknown(run, step, decision, "tester"))?.unwrap();
        }
        OpenPoint::Resume { .. } => life.attempt(engine.resume_run(run, "tester"))?.unwrap(),
        OpenPoint::Step { .. } => life.attempt(engine.advance(run, Advance::Step, "tester"))?.unwrap(),
        OpenPoint::Call { .. } | OpenPoint::Store { .. } => {}
    }
    Ok(())
}

fn control(story: &Story, life: &Life, run: &RunView) -> Result<(), Gone> {
    let first_done = run.steps.iter().any(|step| step.id == "a" && step.status == StepStatus::Succeeded);
    let journal = life.journals().into_iter().find(|(id, _)| *id == run.id).unwrap().1;
    let said = |wanted: fn(&Event) -> bool| journal.iter().any(|recorded| wanted(&recorded.event));
    match story.people {
        People::Pause if first_done && !said(|event| matches!(event, Event::PauseRequested { .. })) => {
            life.attempt(life.engine.pause(&run.id, "tester"))?.unwrap();
        }
        People::Cancel if run.status == RunStatus::Waiting => {
            life.attempt(life.engine.cancel(&run.id, "tester"))?.unwrap();
        }
        _ => {}
    }
    Ok(())
}

/// The ending is the same, as far as nobody had to say "taken as done" about a write whose answer was lost: its output
/// is then gone.
fn same_ending(whole: &Told, told: &Told, fault: Fault) {
    let skipped = |told: &Told| {
        let of = |journal: &Vec<RecordedEvent>| {
            journal.iter().filter(|e| matches!(e.event, Event::UnknownResolved { decision: UnknownDecision::Skip, .. })).count()
        };
        told.journals.iter().map(of).sum::<usize>()
    };
    let statuses = |told: &Told| told.runs.iter().map(|run| (run.workflow.clone(), run.status)).collect::<Vec<_>>();
    assert_eq!(statuses(told), statuses(whole), "{fault:?}");
    for (run, wanted) in told.runs.iter().zip(&whole.runs) {
        let steps = |run: &RunView| run.steps.iter().map(|step| (step.id.clone(), step.status)).collect::<Vec<_>>();
        assert_eq!(steps(run), steps(wanted), "{fault:?}");
        assert_eq!(run.error.as_ref().map(|e| (&e.code, &e.step)), wanted.error.as_ref().map(|e| (&e.code, &e.step)), "{fault:?}");
        if skipped(told) == skipped(whole) {
            assert_eq!(run.outputs, wanted.outputs, "{fault:?}");
            assert_eq!(run.response, wanted.response, "{fault:?}");
        }
    }
}
