//! A disk that fills in the middle of a commit: runs rest, nothing acknowledged is lost, and with room they go on.

use crate::support::history::{self, Doc, Expect};
use crate::support::{Backend, Life, Place, World, workflow};
use sayflow_engine::run::EngineError;
use sayflow_protocol::run::OpenPoint;
use sayflow_protocol::{RunStatus, RunView, Workflow};
use sayflow_store::StoreError;
use sayflow_store::testing::Fault;
use std::time::Duration;

/// Writes, rests, and hands on more than fits into the pages that are there.
const STORY: &str = r#"
name: story
steps:
  - { id: a, uses: sim.write }
  - { id: rest, needs: [a], uses: sim.wait, with: { seconds: 20 } }
  - { id: much, needs: [rest], uses: test.echo, with: { value: "${{ 'x'.repeat(400000) }}" } }
  - { id: b, uses: sim.write, with: { see: "${{ steps.much.output.value.length }}" } }
  - { id: c, needs: [b], uses: sim.write }
"#;

fn fills_up_and_has_room_again(fault: Fault) {
    let story: Workflow = workflow(STORY);
    let place = Place::new(Backend::new(), World::kind());
    let life = Life::begin(&place);
    for _ in 0..3 {
        life.attempt(life.engine.start(life.request(&story))).unwrap().unwrap();
    }
    life.pass(Duration::from_secs(1));
    assert!(life.views().iter().all(|run| run.status == RunStatus::Waiting));
    life.faults.arm(fault);
    let rests = |run: &RunView| {
        run.status == RunStatus::Paused && run.open.iter().any(|point| matches!(point, OpenPoint::Store { why } if why.contains("disk")))
    };
    for _ in 0..200 {
        life.pass(Duration::from_secs(5));
        if life.views().iter().all(rests) {
            break;
        }
    }
    assert!(life.views().iter().all(rests), "{:#?}", life.views());
    for _ in 0..8 {
        life.pass(Duration::from_secs(5));
    }
    assert_eq!(place.world.arrived().len(), 3, "nothing is sent whose intent could not be kept");
    life.faults.disarm();
    life.until_ended(Duration::from_secs(5));
    let (journals, arrived) = life.records();
    for (_, journal) in &journals {
        history::check_run(&Doc::of(&story), journal, Expect::Ended);
    }
    history::check_effects(journals.iter().map(|(_, journal)| journal.as_slice()), &arrived);
    assert!(life.views().iter().all(|run| run.status == RunStatus::Succeeded));
    assert_eq!(arrived.len(), 9);
}

#[test]
fn runs_rest_while_every_commit_finds_the_disk_full_and_go_on_when_there_is_room() {
    fills_up_and_has_room_again(Fault::Full);
}

#[test]
fn runs_rest_while_the_database_may_not_grow_and_go_on_when_it_may() {
    fills_up_and_has_room_again(Fault::NoGrowth);
}

#[test]
fn a_run_that_cannot_be_stored_is_refused_with_the_reason_and_leaves_nothing_behind() {
    let story: Workflow = workflow(STORY);
    let place = Place::new(Backend::new(), World::kind());
    let life = Life::begin(&place);
    life.faults.arm(Fault::Full);
    let refused = life.attempt(life.engine.start(life.request(&story))).unwrap().unwrap_err();
    assert!(matches!(&refused, EngineError::Store(StoreError::DiskFull { .. })), "{refused:?}");
    life.pass(Duration::from_secs(60));
    life.faults.disarm();
    life.pass(Duration::from_secs(60));
    assert!(life.views().is_empty() && place.world.arrived().is_empty(), "what was refused does not happen later");
}
