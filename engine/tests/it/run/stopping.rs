//! Cancelling and following.

use crate::support::{Bench, step};
use sayflow_protocol::{Event, RunStatus, StepStatus};

#[tokio::test]
async fn a_cancelled_run_stops_what_is_in_flight_and_says_so() {
    let bench = Bench::new().await;
    let id = bench
        .start("{ name: w, steps: [{ id: a, uses: test.hang }, { id: b, needs: [a], uses: test.write, with: { to: x } }], on_failure: [{ id: t, uses: test.write, with: { to: ops } }] }")
        .await;
    bench.recorder.hanging.notified().await;
    assert!(bench.engine.cancel(&id, "tester").await.unwrap());
    bench.engine.wait(&id).await;
    let run = bench.engine.view(&id).await.unwrap();
    assert_eq!(run.status, RunStatus::Cancelled);
    assert_eq!(step(&run, "a").status, StepStatus::Cancelled);
    assert_eq!(step(&run, "b").status, StepStatus::Pending);
    assert!(bench.recorder.writes().is_empty(), "failure steps do not run after a cancel");
    assert!(!bench.engine.cancel(&id, "tester").await.unwrap(), "it has ended");
}

#[tokio::test]
async fn a_waiting_run_can_be_cancelled() {
    let bench = Bench::new().await;
    let id = bench.start("{ name: w, steps: [{ id: a, uses: test.pause, with: { millis: 3600000 } }] }").await;
    let mut events = bench.engine.watch(&id, 0).await.unwrap();
    while let Some(event) = events.recv().await {
        if matches!(event.event, Event::StepWaiting { .. }) {
            break;
        }
    }
    assert_eq!(bench.engine.view(&id).await.unwrap().status, RunStatus::Waiting);
    bench.engine.cancel(&id, "tester").await.unwrap();
    bench.engine.wait(&id).await;
    assert_eq!(bench.engine.view(&id).await.unwrap().status, RunStatus::Cancelled);
}

#[tokio::test]
async fn followers_get_every_event_once_in_order_wherever_they_begin() {
    let bench = Bench::new().await;
    let id = bench.start("{ name: w, steps: [{ id: a, for_each: [1, 2, 3, 4, 5], uses: test.echo }] }").await;
    let mut early = bench.engine.watch(&id, 0).await.unwrap();
    let mut seen = Vec::new();
    while let Some(event) = early.recv().await {
        seen.push(event.seq);
    }
    let whole: Vec<u64> = (1..=seen.len() as u64).collect();
    assert_eq!(seen, whole);
    let mut late = bench.engine.watch(&id, 4).await.unwrap();
    assert_eq!(late.recv().await.unwrap().seq, 5);
}
