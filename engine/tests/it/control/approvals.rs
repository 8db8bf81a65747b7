//! `AwaitApproval`: the run rests in the store until somebody decides.

use super::{asked, verdict};
use crate::support::{Bench, output, step};
use sayflow_protocol::{RunStatus, StepStatus};
use sayflow_store::Decided;

const ASKING: &str = r#"
name: asking
steps:
  - { id: ask, uses: test.ask, with: { message: "Ship it?" } }
  - { id: ship, needs: [ask], uses: test.write, with: { to: dock, text: "${{ steps.ask.output.by }}" } }
"#;

#[tokio::test]
async fn a_run_that_asks_is_not_driven_and_goes_on_when_somebody_says_yes() {
    let bench = Bench::new().await;
    let id = bench.start(ASKING).await;
    let approval = asked(&bench, &id).await;
    assert!(bench.engine.active_runs().is_empty());
    assert_eq!(bench.engine.view(&id).await.unwrap().status, RunStatus::Paused);
    assert!(matches!(bench.engine.decide(&approval, verdict(true)).await.unwrap(), Decided::First(_)));
    bench.until_ended(&id).await;
    let run = bench.engine.view(&id).await.unwrap();
    assert_eq!(run.status, RunStatus::Succeeded, "{run:?}");
    assert_eq!(output(&run, "ask")["comment"], "because");
    assert_eq!(bench.recorder.writes(), ["dock: ann"]);
}

#[tokio::test]
async fn a_no_fails_the_step_and_nothing_behind_it_runs() {
    let bench = Bench::new().await;
    let id = bench.start(ASKING).await;
    let approval = asked(&bench, &id).await;
    bench.engine.decide(&approval, verdict(false)).await.unwrap();
    bench.until_ended(&id).await;
    let run = bench.engine.view(&id).await.unwrap();
    assert_eq!(step(&run, "ask").error.as_ref().unwrap().code, "approval_rejected");
    assert_eq!(step(&run, "ship").status, StepStatus::Skipped);
    assert!(bench.recorder.writes().is_empty());
}

#[tokio::test]
async fn the_first_decision_counts() {
    let bench = Bench::new().await;
    let id = bench.start(ASKING).await;
    let approval = asked(&bench, &id).await;
    bench.engine.decide(&approval, verdict(true)).await.unwrap();
    let second = bench.engine.decide(&approval, verdict(false)).await.unwrap();
    assert!(matches!(second, Decided::Already(row) if row.decision.as_deref() == Some("approved")));
    bench.until_ended(&id).await;
    assert_eq!(bench.recorder.writes().len(), 1);
}

#[tokio::test]
async fn a_decision_that_was_made_while_no_engine_ran_is_heard_at_the_next_start() {
    let bench = Bench::new().await;
    let id = bench.start(ASKING).await;
    let approval = asked(&bench, &id).await;
    bench.engine.drain(std::time::Duration::ZERO).await;
    bench.store.decide_approval(&approval, verdict(true)).await.unwrap();
    let next = bench.restarted();
    next.open().await.unwrap();
    let mut events = next.watch(&id, 0).await.unwrap();
    while events.recv().await.is_some() {}
    assert_eq!(bench.recorder.writes(), ["dock: ann"]);
}

#[tokio::test]
async fn an_approval_that_nobody_decides_in_time_expires_and_cannot_be_decided_then() {
    let bench = Bench::new().await;
    let id = bench.start("name: w\nsteps: [{ id: ask, uses: test.ask, with: { message: m, expires_in_ms: 1 } }]").await;
    bench.until_ended(&id).await;
    let run = bench.engine.view(&id).await.unwrap();
    assert_eq!(step(&run, "ask").error.as_ref().unwrap().code, "approval_expired");
    let rows = bench.store.approvals_of(id.as_str()).await.unwrap();
    assert_eq!(rows[0].decision.as_deref(), Some("expired"));
    let late = bench.engine.decide(&rows[0].id, verdict(true)).await.unwrap();
    assert!(matches!(late, Decided::Expired(_)), "{late:?}");
}

#[tokio::test]
async fn cancelling_withdraws_what_was_asked() {
    let bench = Bench::new().await;
    let id = bench.start(ASKING).await;
    let approval = asked(&bench, &id).await;
    assert!(bench.engine.cancel(&id, "ann").await.unwrap());
    bench.until_ended(&id).await;
    assert_eq!(bench.engine.view(&id).await.unwrap().status, RunStatus::Cancelled);
    let row = bench.store.approval(&approval).await.unwrap().unwrap();
    assert_eq!(row.decision.as_deref(), Some("withdrawn"));
}
