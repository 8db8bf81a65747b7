//! Webhooks from the request to the run.

use super::bench::{Process, bench};
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use sayflow_engine::trigger::{ActivateError, HookOutcome, HookRequest};
use sayflow_protocol::RunId;
use serde_json::json;
use sha2::Sha256;

const SIGNED: &str = "name: w\ntriggers: [{ type: webhook, path: orders/new, auth: { type: hmac, credential: hooks } }]\nsteps: [{ id: a, uses: test.echo }]";
const ANSWERS: &str = r#"
name: w
triggers: [{ type: webhook, path: /sum/, auth: { type: token, credential: hooks } }]
steps:
  - { id: a, uses: test.answer, with: { value: "${{ trigger.payload.n + 1 }}" } }
"#;

fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> HookRequest {
    HookRequest {
        method: method.into(),
        path: path.into(),
        query: None,
        headers: headers.iter().map(|&(name, value)| (name.into(), value.into())).collect(),
        body: Bytes::from(body.to_owned()),
    }
}

fn sign(text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(b"s3cret").unwrap();
    mac.update(text.as_bytes());
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

fn signed(id: &str, body: &str) -> HookRequest {
    let signature = sign(body);
    request("POST", "orders/new", &[("X-Signature-256", &signature), ("X-Delivery-Id", id), ("Content-Type", "application/json")], body)
}

fn accepted(outcome: HookOutcome) -> (RunId, bool) {
    match outcome {
        HookOutcome::Accepted { run, repeat } => (run, repeat),
        other => panic!("{other:?}"),
    }
}

async fn refused(process: &Process, request: HookRequest, status: u16) {
    let outcome = process.service.webhook(&request).await;
    assert_eq!(outcome.status(), status, "{outcome:?}");
    assert!(process.runs(None).await.is_empty(), "a refused request leaves nothing behind");
}

#[tokio::test]
async fn a_delivery_starts_one_run_however_often_it_comes() {
    let (process, _folder) = bench().await;
    process.activate(SIGNED).await;
    let (first, repeat) = accepted(process.service.webhook(&signed("d1", "{\"n\":1}")).await);
    assert!(!repeat);
    let again = process.service.webhook(&signed("d1", "{\"n\":1}")).await;
    assert_eq!(again.status(), 200);
    assert_eq!(accepted(again), (first.clone(), true));
    let (other, _) = accepted(process.service.webhook(&signed("d2", "{\"n\":1}")).await);
    assert_ne!(first, other);
    assert_eq!(process.runs(Some("w")).await.len(), 2);

    let trigger = process.trigger_of(first.as_str()).await;
    assert_eq!(trigger["payload"], json!({ "n": 1 }));
    assert_eq!(trigger["headers"], json!({ "x-delivery-id": "d1", "content-type": "application/json" }));
    assert_eq!((trigger["type"].as_str(), trigger["time"].as_str()), (Some("webhook"), Some("2026-05-01T08:00:00Z")));
    let state = &process.service.triggers(&crate::support::workflow(SIGNED), Some(1)).await.unwrap()[0];
    assert_eq!(state.route.as_deref(), Some("POST orders/new"));
    assert!(state.fired >= 2, "{state:?}");
}

#[tokio::test]
async fn many_repeats_at_once_start_one_run() {
    let (process, _folder) = bench().await;
    process.activate(SIGNED).await;
    let requests: Vec<HookRequest> = (0..40).map(|n| signed(if n % 2 == 0 { "even" } else { "odd" }, "{}")).collect();
    let outcomes = futures::future::join_all(requests.iter().map(|request| process.service.webhook(request))).await;
    let mut firsts: Vec<RunId> = outcomes.into_iter().map(accepted).filter(|(_, repeat)| !repeat).map(|(run, _)| run).collect();
    firsts.dedup();
    assert_eq!((firsts.len(), process.runs(None).await.len()), (2, 2));
}

#[tokio::test]
async fn what_is_not_proved_or_not_readable_leaves_nothing_behind() {
    let (process, _folder) = bench().await;
    process.activate(SIGNED).await;
    refused(&process, request("POST", "orders/new", &[], "{}"), 401).await;
    refused(&process, request("POST", "orders/new", &[("X-Signature-256", &sign("{} "))], "{}"), 401).await;
    let stale = "1777622099";
    let signature = sign(&format!("{stale}.{{}}"));
    refused(&process, request("POST", "orders/new", &[("X-Timestamp", stale), ("X-Signature-256", &signature)], "{}"), 401).await;
    let large = "x".repeat((1 << 20) + 1);
    refused(&process, request("POST", "orders/new", &[("X-Signature-256", &sign(&large))], &large), 413).await;
    let broken = [("X-Signature-256", sign("{\"n\":")), ("Content-Type", "application/json".to_owned())];
    let broken: Vec<(&str, &str)> = broken.iter().map(|(name, value)| (*name, value.as_str())).collect();
    refused(&process, request("POST", "orders/new", &broken, "{\"n\":"), 400).await;
    refused(&process, request("POST", "orders", &[], "{}"), 404).await;
    refused(&process, request("GET", "orders/new", &[], ""), 405).await;
    process.service.deactivate("w").await.unwrap();
    refused(&process, signed("d", "{}"), 404).await;
}

#[tokio::test]
async fn a_time_stamp_within_five_minutes_is_taken() {
    let (process, _folder) = bench().await;
    process.activate(SIGNED).await;
    let stamp = "1777622401";
    let signature = sign(&format!("{stamp}.{{}}"));
    let outcome =
        process.service.webhook(&request("POST", "/orders/new", &[("X-Timestamp", stamp), ("X-Signature-256", &signature)], "{}")).await;
    assert_eq!(outcome.status(), 202);
}

#[tokio::test]
async fn a_workflow_that_responds_answers_the_caller_and_repeats_get_the_same_answer() {
    let (process, _folder) = bench().await;
    process.activate(ANSWERS).await;
    let headers = [("Authorization", "Bearer s3cret"), ("Idempotency-Key", "k"), ("Content-Type", "application/json")];
    let call = request("POST", "sum", &headers, "{\"n\": 41}");
    for repeats in [false, true, true] {
        match process.service.webhook(&call).await {
            HookOutcome::Answered { repeat, status, body, .. } => assert_eq!((repeat, status, body), (repeats, 200, json!(42))),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(process.runs(None).await.len(), 1);
    refused_token(&process).await;
}

async fn refused_token(process: &Process) {
    let wrong = process.service.webhook(&request("POST", "sum", &[("Authorization", "Bearer s3cre")], "{}")).await;
    assert_eq!(wrong.status(), 401);
    assert_eq!(process.runs(None).await.len(), 1);
}

#[tokio::test]
async fn a_route_belongs_to_one_active_workflow() {
    let (process, _folder) = bench().await;
    process.activate(SIGNED).await;
    let other = SIGNED.replace("name: w", "name: other").replace("orders/new", "/orders/new/");
    match process.try_activate(&other).await {
        Err(ActivateError::RouteTaken { route, by }) => assert_eq!((route.as_str(), by.as_str()), ("POST orders/new", "w")),
        other => panic!("{other:?}"),
    }
    assert_eq!(process.store.workflow("other").await.unwrap().unwrap().active, None);
    process.service.deactivate("w").await.unwrap();
    process.activate(&other).await;
    accepted(process.service.webhook(&signed("d", "{}")).await);
    assert_eq!(process.runs(Some("other")).await.len(), 1);
}

#[tokio::test]
async fn another_version_answers_from_the_moment_of_its_activation() {
    let (process, _folder) = bench().await;
    process.activate(ANSWERS).await;
    let headers = [("X-Token", "s3cret"), ("Content-Type", "application/json")];
    let call = request("POST", "sum", &headers, "{\"n\": 1}");
    process.service.webhook(&call).await;
    process.activate(&ANSWERS.replace("n + 1", "n + 10")).await;
    match process.service.webhook(&call).await {
        HookOutcome::Answered { body, .. } => assert_eq!(body, json!(11)),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_limit_of_the_workflow_makes_runs_wait_rather_than_losing_them() {
    let (process, _folder) = bench().await;
    process.activate(&SIGNED.replace("test.echo", "test.hang").replace("name: w", "name: w\nconcurrency: 1")).await;
    for id in ["a", "b", "c"] {
        accepted(process.service.webhook(&signed(id, "{}")).await);
    }
    let statuses: Vec<String> = process.runs(Some("w")).await.into_iter().map(|run| run.status).collect();
    assert_eq!(statuses.iter().filter(|status| *status == "queued").count(), 2, "{statuses:?}");
}
