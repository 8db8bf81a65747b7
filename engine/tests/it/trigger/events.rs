//! The ends of runs: what they start, where chains are cut, and which failures are told.

use super::bench::bench;
use crate::support::request;
use sayflow_engine::run::{RetryFrom, RetryOn, RetryRequest, StartRequest};
use sayflow_protocol::event::Lineage;

const FIRST: &str = "name: first\nsteps: [{ id: a, uses: test.flaky, with: { name: first } }]\noutputs: { n: \"${{ 7 }}\" }";

fn after(name: &str, other: &str, on: &str) -> String {
    format!("name: {name}\ntriggers: [{{ type: event, workflow: {other}, \"on\": {on} }}]\nsteps: [{{ id: a, uses: test.echo }}]")
}

#[tokio::test]
async fn the_end_of_a_run_starts_those_that_wait_for_it_once() {
    let (process, _folder) = bench().await;
    process.activate(&after("glad", "first", "succeeded")).await;
    process.activate(&after("sad", "first", "failed")).await;
    let run = process.engine.start(request(&process.engine, FIRST)).await.unwrap().run;
    process.settle().await;
    process.settle().await;
    assert_eq!((process.runs(Some("glad")).await.len(), process.runs(Some("sad")).await.len()), (1, 0));
    let started = &process.runs(Some("glad")).await[0];
    assert_eq!((started.depth, started.trigger.as_str()), (1, "event"));
    let payload = process.trigger_of(&started.id).await["payload"].clone();
    assert_eq!(payload["run"], run.as_str());
    assert_eq!((payload["status"].as_str(), payload["outputs"]["n"].as_i64()), (Some("succeeded"), Some(7)));

    process.recorder.fail("first", 1);
    process.engine.start(request(&process.engine, FIRST)).await.unwrap();
    process.settle().await;
    assert_eq!((process.runs(Some("glad")).await.len(), process.runs(Some("sad")).await.len()), (1, 1));
    let error = process.trigger_of(&process.runs(Some("sad")).await[0].id).await["payload"]["error"].clone();
    assert_eq!((error["code"].as_str(), error["step"].as_str()), (Some("flaky"), Some("a")));
    assert!(process.notices().await.is_empty(), "a person started it and saw it");
}

#[tokio::test]
async fn workflows_that_start_one_another_are_cut_off_and_the_chain_is_told() {
    let (process, _folder) = bench().await;
    process.activate(&after("ping", "pong", "succeeded")).await;
    process.activate(&after("pong", "ping", "succeeded")).await;
    let ping = after("ping", "pong", "succeeded");
    process.engine.start(request(&process.engine, &ping)).await.unwrap();
    process.settle().await;
    let runs = process.runs(None).await;
    assert_eq!(runs.iter().map(|run| run.depth).max(), Some(16));
    assert_eq!(runs.len(), 17);
    let notices = process.notices().await;
    assert_eq!(notices.len(), 1, "{notices:#?}");
    assert_eq!(notices[0].kind, "event_not_started");
    assert!(notices[0].text.contains("ping → pong → ping"), "{}", notices[0].text);
    process.settle().await;
    assert_eq!((process.runs(None).await.len(), process.notices().await.len()), (17, 1));
}

#[tokio::test]
async fn a_failure_that_nobody_saw_is_told_unless_the_workflow_tells_it() {
    let (process, _folder) = bench().await;
    let scheduled = |name: &str, rest: &str| {
        format!(
            "name: {name}\ntriggers: [{{ type: schedule, cron: \"0 * * * *\" }}]\nsteps: [{{ id: a, uses: test.flaky, with: {{ name: {name} }} }}]\n{rest}"
        )
    };
    process.activate(&scheduled("loud", "on_failure: [{ id: t, uses: test.echo }]")).await;
    process.activate(&scheduled("mute", "")).await;
    for name in ["loud", "mute"] {
        process.recorder.fail(name, 1);
    }
    process.clock.set("2026-05-01T09:00:00Z");
    process.settle().await;
    process.settle().await;
    let notices = process.notices().await;
    assert_eq!(notices.len(), 1, "{notices:#?}");
    let run = &process.runs(Some("mute")).await[0];
    assert_eq!((notices[0].kind.as_str(), notices[0].run.as_deref()), ("run_failed", Some(run.id.as_str())));
    assert!(notices[0].text.contains("mute fails") && notices[0].text.contains(&run.id), "{}", notices[0].text);
}

#[tokio::test]
async fn a_run_deep_in_a_chain_is_not_started_by_an_event_either() {
    let (process, _folder) = bench().await;
    process.activate(&after("glad", "first", "succeeded")).await;
    let deep = StartRequest { lineage: Lineage { depth: 16, ..Lineage::default() }, ..request(&process.engine, FIRST) };
    process.engine.start(deep).await.unwrap();
    process.settle().await;
    assert!(process.runs(Some("glad")).await.is_empty());
    assert_eq!(process.notices().await.len(), 1);
}

#[tokio::test]
async fn a_failure_of_a_run_that_a_person_tried_again_is_not_told() {
    let (process, _folder) = bench().await;
    let mute =
        "name: mute\ntriggers: [{ type: schedule, cron: \"0 * * * *\" }]\nsteps: [{ id: a, uses: test.flaky, with: { name: mute } }]";
    process.activate(mute).await;
    process.recorder.fail("mute", 2);
    process.clock.set("2026-05-01T09:00:00Z");
    process.settle().await;
    assert_eq!(process.notices().await.len(), 1);
    let run = process.runs(Some("mute")).await[0].id.as_str().into();
    let again = RetryRequest { run, from: RetryFrom::Start, on: RetryOn::Same };
    process.engine.retry(again).await.unwrap();
    process.settle().await;
    let statuses: Vec<String> = process.runs(Some("mute")).await.into_iter().map(|run| run.status).collect();
    assert_eq!((statuses, process.notices().await.len()), (vec!["failed".to_owned(), "failed".to_owned()], 1));
}
