//! A process that is about to end: nothing new begins, what is in flight may end, the rest is taken up by the next.

use crate::support::{Bench, request};
use sayflow_engine::run::EngineError;
use sayflow_protocol::RunStatus;
use sayflow_protocol::run::OpenPoint;
use std::time::Duration;

const TWO: &str = r#"
name: two
steps:
  - { id: g, uses: test.gate }
  - { id: w, needs: [g], uses: test.write, with: { to: x, text: after } }
"#;

#[tokio::test]
async fn what_is_in_flight_ends_and_the_rest_is_done_by_the_next_process() {
    let bench = Bench::new().await;
    let id = bench.start(TWO).await;
    bench.recorder.hanging.notified().await;
    let draining = tokio::spawn({
        let engine = bench.engine.clone();
        async move { engine.drain(Duration::from_secs(20)).await }
    });
    while !matches!(bench.engine.start(request(&bench.engine, TWO)).await, Err(EngineError::Busy { .. })) {
        tokio::task::yield_now().await;
    }
    bench.recorder.gate.add_permits(1);
    draining.await.unwrap();
    assert!(bench.recorder.writes().is_empty(), "nothing new begins");
    let next = bench.restarted();
    next.open().await.unwrap();
    let mut events = next.watch(&id, 0).await.unwrap();
    while events.recv().await.is_some() {}
    assert_eq!(next.view(&id).await.unwrap().status, RunStatus::Succeeded);
    assert_eq!(bench.recorder.writes(), ["x: after"]);
}

#[tokio::test]
async fn a_write_that_does_not_end_in_time_comes_back_as_unknown() {
    let bench = Bench::new().await;
    let id = bench.start(TWO).await;
    bench.recorder.hanging.notified().await;
    bench.engine.drain(Duration::ZERO).await;
    let next = bench.restarted();
    next.open().await.unwrap();
    next.wait(&id).await;
    let run = next.view(&id).await.unwrap();
    assert!(matches!(run.open.as_slice(), [OpenPoint::Unknown { .. }]), "{:?}", run.open);
}
