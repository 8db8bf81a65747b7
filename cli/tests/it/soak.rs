//! kill -9 of the real server under load, again and again: every run that was acknowledged ends, and what arrived outside is
//! what the journals say, each thing once. `SAYFLOW_SOAK_ROUNDS=n` kills it n times; `make soak` does so.

use crate::support::binary::Binary;
use crate::support::history::{self, Doc, Effect, Expect};
use crate::support::recorded::{Answer, Recorded, Served};
use crate::support::sandbox::Sandbox;
use crate::support::serving::Serving;
use axum::response::{IntoResponse, Response};
use sayflow_client::Client;
use sayflow_protocol::api::run::{RunQuery, RunSource, StartRun};
use sayflow_protocol::api::server::ServerFile;
use sayflow_protocol::event::UnknownDecision;
use sayflow_protocol::run::{OpenPoint, RunSummary};
use sayflow_protocol::{RecordedEvent, RunId, RunStatus, Workflow};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How often the server is killed when nobody says.
const ROUNDS: u32 = 3;
/// How many clients start runs at once.
const CLIENTS: usize = 4;
/// How long everything may take to come to its end.
const PATIENCE: Duration = Duration::from_secs(60);

/// Writes that must not be repeated, alone and in a loop, before and after a rest.
const LOAD: &str = r#"
name: load
steps:
  - { id: a, uses: http.request, with: { method: POST, url: "http://ADDRESS/effect", body: { key: "${{ run.id }}:a" } } }
  - { id: rest, needs: [a], uses: flow.wait, with: { for: 400ms } }
  - id: each
    needs: [rest]
    for_each: [0, 1, 2]
    concurrency: 2
    uses: http.request
    with: { method: POST, url: "http://ADDRESS/effect", body: { key: "${{ run.id }}:each[${{ index }}]" } }
  - { id: last, needs: [each], uses: http.request, with: { method: POST, url: "http://ADDRESS/effect", body: { key: "${{ run.id }}:last" } } }
"#;

/// The destination: it takes a moment to answer, so that the server is often killed in between.
struct Destination;

impl Answer for Destination {
    async fn answer(&self, request: &Recorded) -> Response {
        tokio::time::sleep(Duration::from_millis(request.body.len() as u64 * 7 % 23)).await;
        axum::Json(serde_json::json!({ "taken": true })).into_response()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_run_survives_kill_9_under_load_and_nothing_is_sent_twice() {
    let rounds = std::env::var("SAYFLOW_SOAK_ROUNDS").map_or(ROUNDS, |text| text.parse().expect("SAYFLOW_SOAK_ROUNDS is a number"));
    let (sandbox, destination) = (Sandbox::new(), Served::start(Destination).await);
    let binary = Binary::new(&sandbox).env("SAYFLOW_EGRESS_ALLOW", destination.address());
    let text = LOAD.replace("ADDRESS", &destination.address());
    let acknowledged = Arc::new(Mutex::new(BTreeSet::new()));
    for round in 0..rounds {
        let server = Serving::start(&binary).await;
        let client = Arc::new(client(&sandbox));
        let load: Vec<_> =
            (0..CLIENTS).map(|_| tokio::spawn(start_until_it_dies(client.clone(), start(&sandbox, &text), acknowledged.clone()))).collect();
        // Any moment will do; each round another one.
        tokio::time::sleep(Duration::from_millis(300 + u64::from(round) * 7919 % 700)).await;
        server.kill().await;
        for task in load {
            task.await.expect("the load ends with the server");
        }
    }
    let acknowledged = acknowledged.lock().expect("no panic under the lock").clone();
    assert!(acknowledged.len() >= rounds as usize * CLIENTS, "{} runs are no load", acknowledged.len());

    let server = Serving::start(&binary).await;
    let client = client(&sandbox);
    let runs = until_all_have_ended(&client, &destination).await;
    for id in &acknowledged {
        assert!(runs.iter().any(|run| run.id == *id), "{id} was acknowledged and is gone");
    }
    assert!(runs.iter().all(|run| run.status == RunStatus::Succeeded), "{runs:#?}");
    let doc = Doc::of(&serde_saphyr::from_str::<Workflow>(&text).expect("a document"));
    let mut journals = Vec::new();
    for run in &runs {
        let journal = journal(&client, &run.id).await;
        history::check_run(&doc, &journal, Expect::Ended);
        journals.push(journal);
    }
    let arrived = arrived(&destination);
    history::check_effects(journals.iter().map(Vec::as_slice), &arrived);
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for effect in &arrived {
        *counts.entry(&effect.key).or_default() += 1;
    }
    // Whoever was asked looked at the destination, so that each thing has arrived exactly once.
    assert_eq!(counts.len(), runs.len() * 5, "each run sends five things");
    assert!(counts.values().all(|count| *count == 1), "{:?}", counts.iter().filter(|(_, count)| **count != 1).collect::<Vec<_>>());
    server.kill().await;
}

fn client(sandbox: &Sandbox) -> Client {
    let file = std::fs::read(sandbox.home().join("server.json")).expect("the server says where it is");
    let file: ServerFile = serde_json::from_slice(&file).expect("JSON");
    Client::new(&file.address, &file.token).expect("a client")
}

fn start(sandbox: &Sandbox, text: &str) -> StartRun {
    StartRun {
        source: RunSource::Document { text: text.to_owned(), format: "yaml".into() },
        inputs: Default::default(),
        payload: None,
        dry_run: false,
        network_reads: false,
        stepwise: false,
        approve: Some("*".into()),
        workspace: sandbox.workspace().to_string_lossy().into_owned(),
    }
}

async fn start_until_it_dies(client: Arc<Client>, start: StartRun, acknowledged: Arc<Mutex<BTreeSet<RunId>>>) {
    while let Ok(started) = client.start_run(&start).await {
        let run = started.run.expect("it needs no approval");
        acknowledged.lock().expect("no panic under the lock").insert(run.id);
    }
}

fn arrived(destination: &Served) -> Vec<Effect> {
    let key = |request: Recorded| request.fields().remove("key").expect("a key");
    destination.requests().into_iter().map(|request| Effect { key: key(request), repeatable: false }).collect()
}

/// Answers what is asked until nothing is open any more.
async fn until_all_have_ended(client: &Client, destination: &Served) -> Vec<RunSummary> {
    let end = Instant::now() + PATIENCE;
    loop {
        let runs = all_runs(client).await;
        let open: Vec<&RunSummary> = runs.iter().filter(|run| !run.status.is_final()).collect();
        if open.is_empty() {
            return runs;
        }
        assert!(Instant::now() < end, "these do not come to their end: {open:#?}");
        for run in open.iter().filter(|run| run.status == RunStatus::Paused) {
            let view = client.run(run.id.as_str()).await.expect("a run");
            for point in view.open {
                let OpenPoint::Unknown { step, .. } = point else { continue };
                let key = format!("{}:{step}", run.id);
                let decision = match arrived(destination).iter().any(|effect| effect.key == key) {
                    true => UnknownDecision::Skip,
                    false => UnknownDecision::Retry,
                };
                client.resolve_unknown(run.id.as_str(), &step.to_string(), decision).await.expect("it is asked about");
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn all_runs(client: &Client) -> Vec<RunSummary> {
    let (mut runs, mut query) = (Vec::new(), RunQuery { limit: Some(500), ..RunQuery::default() });
    loop {
        let page = client.runs(&query).await.expect("a list of runs");
        runs.extend(page.runs);
        match page.next {
            Some(next) => query.cursor = Some(next),
            None => return runs,
        }
    }
}

async fn journal(client: &Client, id: &RunId) -> Vec<RecordedEvent> {
    let mut events: Vec<RecordedEvent> = Vec::new();
    loop {
        let after = events.last().map_or(0, |event| event.seq);
        let page = client.run_journal(id.as_str(), after).await.expect("a journal").events;
        if page.is_empty() {
            return events;
        }
        events.extend(page);
    }
}
