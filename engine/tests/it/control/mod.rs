//! Steering runs: approvals, calls, pauses, going step by step, decisions, retries, limits, draining.

mod approvals;
mod calls;
mod draining;
mod limits;
mod pausing;
mod retrying;
mod step_tests;

use crate::support::Bench;
use sayflow_protocol::run::OpenPoint;
use sayflow_protocol::{Event, InstanceKey, RecordedEvent, RunId};
use sayflow_store::Verdict;

/// Waits for an event of a run; gives it back with all before it.
async fn until(bench: &Bench, id: &RunId, wanted: impl Fn(&Event) -> bool) -> Vec<RecordedEvent> {
    let mut events = bench.engine.watch(id, 0).await.unwrap();
    let mut seen = Vec::new();
    while let Some(event) = events.recv().await {
        let found = wanted(&event.event);
        seen.push(event);
        if found {
            return seen;
        }
    }
    panic!("the run ended before: {seen:#?}");
}

/// Returns when a run rests.
async fn at_rest(bench: &Bench, id: &RunId) {
    bench.engine.wait(id).await;
}

/// The only thing that a run waits for.
async fn open_point(bench: &Bench, id: &RunId) -> OpenPoint {
    at_rest(bench, id).await;
    let mut open = bench.engine.view(id).await.unwrap().open;
    assert_eq!(open.len(), 1, "{open:?}");
    open.remove(0)
}

/// The approval that a run waits for.
async fn asked(bench: &Bench, id: &RunId) -> String {
    match open_point(bench, id).await {
        OpenPoint::Approval { approval, .. } => approval.0,
        other => panic!("{other:?}"),
    }
}

fn verdict(approve: bool) -> Verdict {
    Verdict {
        approve,
        by: "ann".into(),
        via: "test".into(),
        comment: Some("because".into()),
        at: jiff::Timestamp::now().as_microsecond(),
        payload_hash: None,
    }
}

fn key(text: &str) -> InstanceKey {
    text.parse().unwrap()
}
