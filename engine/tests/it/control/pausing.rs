//! Pausing, resuming, going step by step, and deciding about unknown outcomes.

use super::{at_rest, key, open_point, until};
use crate::support::{Bench, request, step};
use sayflow_engine::run::{EngineError, StartRequest};
use sayflow_protocol::event::{Advance, UnknownDecision};
use sayflow_protocol::run::OpenPoint;
use sayflow_protocol::{Event, RunStatus, StepStatus};

const GATED: &str = r#"
name: gated
steps:
  - { id: g, uses: test.gate }
  - { id: w, needs: [g], uses: test.write, with: { to: x, text: after } }
"#;

#[tokio::test]
async fn a_paused_run_lets_what_is_in_flight_end_and_begins_nothing_new() {
    let bench = Bench::new().await;
    let id = bench.start(GATED).await;
    bench.recorder.hanging.notified().await;
    bench.engine.pause(&id, "ann").await.unwrap();
    bench.recorder.gate.add_permits(1);
    until(&bench, &id, |event| matches!(event, Event::StepSucceeded { .. })).await;
    assert_eq!(open_point(&bench, &id).await, OpenPoint::Resume { by: "ann".into() });
    let run = bench.engine.view(&id).await.unwrap();
    assert_eq!(
        (run.status, step(&run, "g").status, step(&run, "w").status),
        (RunStatus::Paused, StepStatus::Succeeded, StepStatus::Pending)
    );
    assert!(bench.recorder.writes().is_empty());
    // It stays paused over a restart.
    bench.engine.drain(std::time::Duration::ZERO).await;
    let next = bench.restarted();
    next.open().await.unwrap();
    next.until_idle().await;
    assert!(bench.recorder.writes().is_empty());
    next.resume_run(&id, "bob").await.unwrap();
    let mut events = next.watch(&id, 0).await.unwrap();
    while events.recv().await.is_some() {}
    assert_eq!(bench.recorder.writes(), ["x: after"]);
}

#[tokio::test]
async fn a_run_that_is_not_paused_cannot_be_resumed_and_one_that_ended_cannot_be_paused() {
    let bench = Bench::new().await;
    let id = bench.start(GATED).await;
    bench.recorder.hanging.notified().await;
    assert!(matches!(bench.engine.resume_run(&id, "ann").await, Err(EngineError::Conflict { .. })));
    bench.recorder.gate.add_permits(1);
    bench.until_ended(&id).await;
    assert!(matches!(bench.engine.pause(&id, "ann").await, Err(EngineError::Conflict { .. })));
    assert!(!bench.engine.cancel(&id, "ann").await.unwrap());
}

const FOUR: &str = r#"
name: four
steps:
  - { id: a, uses: test.write, with: { to: x, text: a } }
  - { id: b, needs: [a], uses: test.write, with: { to: x, text: b } }
  - { id: c, needs: [b], uses: test.write, with: { to: x, text: c } }
  - { id: d, needs: [c], uses: test.write, with: { to: x, text: d } }
"#;

#[tokio::test]
async fn a_stepwise_run_stops_before_each_step_and_goes_as_far_as_it_is_told() {
    let bench = Bench::new().await;
    let id = bench.engine.start(StartRequest { stepwise: true, ..request(&bench.engine, FOUR) }).await.unwrap().run;
    assert_eq!(open_point(&bench, &id).await, OpenPoint::Step { step: key("a") });
    assert!(bench.recorder.writes().is_empty());
    bench.engine.advance(&id, Advance::Step, "ann").await.unwrap();
    assert_eq!(open_point(&bench, &id).await, OpenPoint::Step { step: key("b") });
    assert_eq!(bench.recorder.writes(), ["x: a"]);
    bench.engine.advance(&id, Advance::Until("d".into()), "ann").await.unwrap();
    assert_eq!(open_point(&bench, &id).await, OpenPoint::Step { step: key("d") });
    assert_eq!(bench.recorder.writes(), ["x: a", "x: b", "x: c"]);
    bench.engine.advance(&id, Advance::End, "ann").await.unwrap();
    bench.until_ended(&id).await;
    assert_eq!(bench.recorder.writes().len(), 4);
}

#[tokio::test]
async fn a_restart_gives_a_stepwise_run_no_step_for_free() {
    let bench = Bench::new().await;
    let id = bench.engine.start(StartRequest { stepwise: true, ..request(&bench.engine, FOUR) }).await.unwrap().run;
    at_rest(&bench, &id).await;
    bench.engine.advance(&id, Advance::Step, "ann").await.unwrap();
    at_rest(&bench, &id).await;
    bench.engine.drain(std::time::Duration::ZERO).await;
    let next = bench.restarted();
    next.open().await.unwrap();
    next.advance(&id, Advance::Step, "ann").await.unwrap();
    next.wait(&id).await;
    assert_eq!(bench.recorder.writes(), ["x: a", "x: b"]);
}

const LOST: &str = r#"
name: lost
steps:
  - { id: l, uses: test.lost, with: { to: x } }
  - { id: w, needs: [l], uses: test.write, with: { to: x, text: after } }
"#;

#[tokio::test]
async fn an_unknown_outcome_is_asked_about_and_what_is_decided_is_done() {
    for (decision, status, writes) in [(UnknownDecision::Skip, RunStatus::Succeeded, 1), (UnknownDecision::Fail, RunStatus::Failed, 0)] {
        let bench = Bench::new().await;
        let id = bench.start(LOST).await;
        assert!(matches!(open_point(&bench, &id).await, OpenPoint::Unknown { step, .. } if step == key("l")));
        bench.engine.resolve_unknown(&id, &key("l"), decision, "ann").await.unwrap();
        bench.until_ended(&id).await;
        assert_eq!(bench.engine.view(&id).await.unwrap().status, status);
        assert_eq!(bench.recorder.writes().len(), writes);
    }
}

#[tokio::test]
async fn an_unknown_outcome_that_is_sent_again_is_asked_about_again() {
    let bench = Bench::new().await;
    let id = bench.start(LOST).await;
    at_rest(&bench, &id).await;
    assert!(matches!(bench.engine.resolve_unknown(&id, &key("w"), UnknownDecision::Retry, "ann").await, Err(EngineError::Conflict { .. })));
    bench.engine.resolve_unknown(&id, &key("l"), UnknownDecision::Retry, "ann").await.unwrap();
    at_rest(&bench, &id).await;
    let run = bench.engine.view(&id).await.unwrap();
    assert_eq!((step(&run, "l").status, step(&run, "l").attempts), (StepStatus::OutcomeUnknown, 2));
}
