//! Runs through the API: starting, approval, events that can be gone on with, journals, and cancelling.

use crate::support::Place;
use sayflow_client::Client;
use sayflow_protocol::api::problem::kind;
use sayflow_protocol::api::run::RunQuery;
use sayflow_protocol::api::{RunSource, StartRun, StartedRun};
use sayflow_protocol::{Event, RecordedEvent, RunStatus};
use serde_json::{Value, json};

fn request(place: &Place, document: &Value) -> StartRun {
    let source = RunSource::Document { text: document.to_string(), format: "json".into() };
    StartRun {
        source,
        inputs: Default::default(),
        payload: None,
        dry_run: false,
        network_reads: false,
        stepwise: false,
        approve: None,
        workspace: place.workspace(),
    }
}

async fn start(client: &Client, request: &StartRun) -> StartedRun {
    client.start_run(request).await.unwrap()
}

/// All events from a number on, to the end.
async fn all_events(client: &Client, run: &str, after: u64) -> Vec<RecordedEvent> {
    let mut stream = client.run_events(run, after);
    let mut events = Vec::new();
    while let Some(event) = stream.next().await {
        events.push(event.unwrap());
    }
    events
}

fn copy() -> Value {
    json!({
        "name": "copy",
        "inputs": { "suffix": { "type": "string", "default": "!" } },
        "steps": [
            { "id": "read", "uses": "file.read", "with": { "path": "in.json" } },
            { "id": "write", "uses": "file.write", "with": { "path": "out.txt", "content": "${{ steps.read.output.content.greeting + inputs.suffix }}" } },
        ],
    })
}

#[tokio::test]
async fn a_document_runs_and_its_events_can_be_gone_on_with_anywhere() {
    let place = Place::new();
    place.write("in.json", "{\"greeting\": \"hello\"}");
    let connection = place.connect().await;
    let client = &connection.client;
    let mut wanted = request(&place, &copy());
    wanted.inputs.insert("suffix".into(), json!("?"));
    let started = start(client, &wanted).await;
    let id = started.run.expect("a run").id;

    let events = all_events(client, id.as_str(), 0).await;
    assert_eq!(events.iter().map(|event| event.seq).collect::<Vec<_>>(), (1..=events.len() as u64).collect::<Vec<_>>());
    assert!(matches!(events.last().unwrap().event, Event::RunFinished { status: RunStatus::Succeeded, .. }), "{events:?}");
    assert_eq!(place.read("out.txt").as_deref(), Some("hello?"));
    for after in 0..=events.len() as u64 {
        assert_eq!(all_events(client, id.as_str(), after).await, events[after as usize..]);
    }
    assert_eq!(client.run_journal(id.as_str(), 2).await.unwrap().events, events[2..]);
    assert_eq!(client.run(id.as_str()).await.unwrap().status, RunStatus::Succeeded);
    connection.close().await;
}

#[tokio::test]
async fn a_dry_run_says_what_it_held_back_and_changes_nothing() {
    let place = Place::new();
    place.write("in.json", "{\"greeting\": \"hello\"}");
    let connection = place.connect().await;
    let mut document = copy();
    document["steps"].as_array_mut().unwrap().push(
        json!({ "id": "post", "uses": "http.request", "needs": ["write"], "with": { "method": "POST", "url": "http://127.0.0.1:1/", "body": "x" } }),
    );
    let started = start(&connection.client, &StartRun { dry_run: true, ..request(&place, &document) }).await;
    let run = started.run.expect("a run");
    assert_eq!((run.status, run.dry_run), (RunStatus::Succeeded, true), "{run:?}");
    assert_eq!(started.suppressed.len(), 1);
    assert_eq!(started.suppressed[0].step, "post");
    assert_eq!(place.read("out.txt"), None);
    connection.close().await;
}

#[tokio::test]
async fn a_run_that_is_cancelled_says_so() {
    let place = Place::new();
    let connection = place.connect().await;
    let client = &connection.client;
    let sleeper = json!({ "name": "sleeper", "steps": [{ "id": "wait", "uses": "flow.wait", "with": { "for": "1h" } }] });
    let run = start(client, &request(&place, &sleeper)).await.run.expect("a run");
    assert!(client.cancel_run(run.id.as_str()).await.unwrap().was_active);
    assert_eq!(client.run(run.id.as_str()).await.unwrap().status, RunStatus::Cancelled);
    assert!(!client.cancel_run(run.id.as_str()).await.unwrap().was_active);
    connection.close().await;
}

#[tokio::test]
async fn a_waiting_run_does_not_keep_the_server_and_goes_on_in_the_next() {
    let place = Place::new();
    let connection = place.connect().await;
    let sleeper = json!({ "name": "sleeper", "steps": [{ "id": "wait", "uses": "flow.wait", "with": { "for": "1h" } }] });
    let run = start(&connection.client, &request(&place, &sleeper)).await.run.expect("a run");
    let mut events = connection.client.run_events(run.id.as_str(), 0);
    while !matches!(events.next().await.unwrap().unwrap().event, Event::StepWaiting { .. }) {}
    drop(events);
    connection.close().await;

    let connection = place.connect().await;
    assert_eq!(connection.client.run(run.id.as_str()).await.unwrap().status, RunStatus::Waiting);
    assert!(connection.client.cancel_run(run.id.as_str()).await.unwrap().was_active);
    assert_eq!(connection.client.run(run.id.as_str()).await.unwrap().status, RunStatus::Cancelled);
    connection.close().await;
}

#[tokio::test]
async fn runs_are_listed_in_pages_and_by_status() {
    let place = Place::new();
    let connection = place.connect().await;
    let client = &connection.client;
    let hello = json!({ "name": "hello", "steps": [{ "id": "say", "uses": "data.set", "with": { "values": { "a": 1 } } }] });
    let mut ids = Vec::new();
    for _ in 0..3 {
        let run = start(client, &request(&place, &hello)).await.run.expect("a run");
        all_events(client, run.id.as_str(), 0).await;
        ids.insert(0, run.id);
    }
    let first = client.runs(&RunQuery { limit: Some(2), ..RunQuery::default() }).await.unwrap();
    let second = client.runs(&RunQuery { limit: Some(2), cursor: first.next.clone(), ..RunQuery::default() }).await.unwrap();
    let seen: Vec<_> = first.runs.iter().chain(&second.runs).map(|run| run.id.clone()).collect();
    assert_eq!(seen, ids);
    assert_eq!(second.next, None);
    let failed = RunQuery { status: Some(RunStatus::Failed), ..RunQuery::default() };
    assert!(client.runs(&failed).await.unwrap().runs.is_empty());
    connection.close().await;
}

#[tokio::test]
async fn a_write_beyond_the_folder_asks_first_and_the_yes_is_for_this_footprint() {
    let place = Place::new();
    let connection = place.connect().await;
    let client = &connection.client;
    let mut wanted = request(
        &place,
        &json!({
            "name": "post",
            "steps": [{ "id": "send", "uses": "http.request", "with": { "method": "POST", "url": "http://127.0.0.1:1/hook", "body": {} } }],
        }),
    );
    let asked = start(client, &wanted).await;
    assert!(asked.run.is_none());
    let approval = asked.approval.expect("an approval");
    assert!(approval.what.contains("127.0.0.1:1"), "{}", approval.what);
    wanted.approve = Some("0".repeat(64));
    assert!(start(client, &wanted).await.run.is_none());
    for yes in [approval.payload_hash.as_str(), "*"] {
        wanted.approve = Some(yes.into());
        let run = start(client, &wanted).await.run.expect("a run");
        // The address is loopback and not on the list: the egress client refuses it.
        let events = all_events(client, run.id.as_str(), 0).await;
        assert!(matches!(events.last().unwrap().event, Event::RunFinished { status: RunStatus::Failed, .. }), "{events:?}");
        assert_eq!(client.run(run.id.as_str()).await.unwrap().error.unwrap().code, "egress_refused");
    }
    connection.close().await;
}

#[tokio::test]
async fn what_cannot_be_run_is_refused_with_the_reason() {
    let place = Place::new();
    let connection = place.connect().await;
    let client = &connection.client;
    let refusal = async |wanted: StartRun| client.start_run(&wanted).await.unwrap_err().problem().unwrap().clone();

    let broken = refusal(request(&place, &json!({ "name": "x", "steps": [{ "id": "a", "uses": "data.sett" }] }))).await;
    assert_eq!((broken.kind.as_str(), broken.status), (kind::INVALID_WORKFLOW, 422));
    assert!(broken.diagnostics.iter().any(|finding| finding.help.as_deref().is_some_and(|help| help.contains("data.set"))), "{broken:?}");

    let mut wrong = request(&place, &copy());
    wrong.inputs.insert("sufix".into(), json!("?"));
    assert_eq!(refusal(wrong).await.kind, kind::INVALID_INPUTS);
    let nowhere = StartRun { source: RunSource::Workflow("nowhere".into()), ..request(&place, &copy()) };
    assert_eq!(refusal(nowhere).await.kind, kind::NOT_FOUND);
    let relative = StartRun { workspace: "somewhere".into(), ..request(&place, &copy()) };
    assert_eq!(refusal(relative).await.kind, kind::INVALID_REQUEST);
    assert!(client.run("nothing").await.unwrap_err().is_not_found());
    assert!(client.run_events("nothing", 0).next().await.unwrap().unwrap_err().is_not_found());
    connection.close().await;
}

#[tokio::test]
async fn a_run_that_a_dead_process_left_goes_on_and_can_be_followed_to_its_end() {
    let place = Place::new();
    place.write("in.json", "{\"greeting\": \"hello\"}");
    let id = sayflow_protocol::RunId::from("01a00000-0000-7000-8000-000000000001");
    // What a process leaves that dies right after it has accepted a run.
    let created = Event::RunCreated {
        workflow: "copy".into(),
        version: None,
        dry_run: false,
        inputs: json!({ "suffix": "!" }),
        trigger: json!({ "type": "manual" }),
        lineage: Default::default(),
        stepwise: false,
    };
    let store = sayflow_store::Store::open(place.home.data()).await.unwrap();
    let row = sayflow_store::RunRow {
        id: id.0.clone(),
        workflow: "copy".into(),
        version: None,
        dry_run: false,
        document: copy().to_string(),
        workspace: place.workspace(),
        status: "queued".into(),
        created: 1,
        started: None,
        ended: None,
        error: None,
        trigger: "manual".into(),
        ..Default::default()
    };
    let first = sayflow_store::EventRow { seq: 1, at: 1, body: serde_json::to_string(&created).unwrap(), blob: None };
    store.create_run(sayflow_store::NewRun::new(row, vec![first])).await.unwrap();
    store.close().await;

    let connection = place.connect().await;
    let events = all_events(&connection.client, id.as_str(), 0).await;
    assert!(matches!(events.last().unwrap().event, Event::RunFinished { status: RunStatus::Succeeded, .. }), "{events:?}");
    assert_eq!(place.read("out.txt").as_deref(), Some("hello!"));
    connection.close().await;
}
