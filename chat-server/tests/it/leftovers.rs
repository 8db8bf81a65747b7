//! Runs that a process left behind when it died, and the next server in a process of its own.

use crate::support::Place;
use sayflow_chat_server::find_running;
use sayflow_protocol::{Event, RunStatus};
use sayflow_store::{EventRow, NewRun, RunRow, Store};
use serde_json::{Value, json};

const RUN: &str = "00000000-0000-7000-8000-000000000001";

/// A run that was accepted by a process that died at once.
async fn leave(place: &Place, steps: Value) {
    let store = Store::open(place.home.data()).await.unwrap();
    let created = Event::RunCreated {
        workflow: "left".into(),
        version: None,
        dry_run: false,
        inputs: json!({}),
        trigger: json!({ "type": "manual" }),
        lineage: Default::default(),
        stepwise: false,
    };
    let row = RunRow {
        id: RUN.into(),
        workflow: "left".into(),
        version: None,
        dry_run: false,
        document: json!({ "name": "left", "steps": steps }).to_string(),
        workspace: place.workspace(),
        status: "queued".into(),
        created: 1,
        started: None,
        ended: None,
        error: None,
        trigger: "manual".into(),
        ..RunRow::default()
    };
    let first = EventRow { seq: 1, at: 1, body: serde_json::to_string(&created).unwrap(), blob: None };
    store.create_run(NewRun::new(row, vec![first])).await.unwrap();
    store.close().await;
}

fn write() -> Value {
    json!([{ "id": "write", "uses": "file.write", "with": { "path": "out.txt", "content": "done" } }])
}

fn wait() -> Value {
    json!([{ "id": "wait", "uses": "flow.wait", "with": { "for": "1h" } }])
}

#[tokio::test]
async fn a_server_that_nobody_asks_for_anything_ends_the_run_before_it_goes() {
    let place = Place::new();
    leave(&place, write()).await;
    place.connect().await.close().await;
    assert_eq!(place.read("out.txt").as_deref(), Some("done"));
    assert!(find_running(&place.home).await.is_none());
}

#[tokio::test]
async fn the_events_of_a_run_that_is_being_taken_up_go_on_to_its_end() {
    let place = Place::new();
    leave(&place, write()).await;
    let connection = place.connect().await;
    let mut events = connection.client.run_events(RUN, 0);
    let mut last = None;
    while let Some(event) = events.next().await {
        last = Some(event.unwrap().event);
    }
    assert!(matches!(last, Some(Event::RunFinished { status: RunStatus::Succeeded, .. })), "{last:?}");
    // A stream that is kept counts as a client.
    drop(events);
    connection.close().await;
}

#[tokio::test]
async fn a_run_that_is_being_taken_up_can_be_cancelled() {
    let place = Place::new();
    leave(&place, wait()).await;
    let connection = place.connect().await;
    assert!(connection.client.cancel_run(RUN).await.unwrap().was_active);
    assert_eq!(connection.client.run(RUN).await.unwrap().status, RunStatus::Cancelled);
    connection.close().await;
}
