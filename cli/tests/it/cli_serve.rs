//! The server as a process: signals, webhooks, and what a crash leaves behind.

use crate::support::binary::Binary;
use crate::support::fake_http::{self, Replies, Reply};
use crate::support::recorded::Served;
use crate::support::sandbox::Sandbox;
use crate::support::serving::Serving;
use serde_json::Value;
use std::time::{Duration, Instant};

/// Nothing may take longer to come about.
const PATIENCE: Duration = Duration::from_secs(30);

fn slow(address: &str) -> String {
    format!(
        "name: slow\nsteps:\n  - id: post\n    uses: http.request\n    with: {{ method: POST, url: 'http://{address}/slow', body: {{ a: 1 }} }}\n  \
         - id: note\n    needs: [post]\n    uses: file.write\n    with: {{ path: done.txt, content: done }}\n"
    )
}

async fn slow_service(delay_ms: u64) -> Served {
    fake_http::start(|_| [("/slow".to_owned(), Replies::One(Reply { delay_ms, ..Reply::default() }))].into()).await
}

/// Starts the run on the server that runs, and returns when its request has arrived.
async fn in_flight(sayflow: &Binary<'_>, service: &Served) -> String {
    let ended = sayflow.run(&["run", "slow.yaml", "--yes", "--detach", "--output", "json"]).await;
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    let arrived = async {
        while service.requests().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, arrived).await.expect("the request arrives");
    ended.json()["run"]["id"].as_str().unwrap().to_owned()
}

/// Shows a run until it has ended.
async fn until_ended(sayflow: &Binary<'_>, run: &str) -> Value {
    let begun = Instant::now();
    loop {
        let shown = sayflow.run(&["runs", "show", run, "--output", "json"]).await.json();
        let status = shown["run"]["status"].as_str().unwrap_or_default();
        if matches!(status, "succeeded" | "failed" | "cancelled") {
            return shown["run"].clone();
        }
        assert!(begun.elapsed() < PATIENCE, "it does not end: {shown}");
    }
}

#[tokio::test]
async fn sigterm_lets_the_step_in_progress_end_and_the_next_process_goes_on() {
    let (sandbox, service) = (Sandbox::new(), slow_service(1_500).await);
    sandbox.write("slow.yaml", slow(&service.address()));
    let sayflow = Binary::new(&sandbox).env("SAYFLOW_EGRESS_ALLOW", service.address());
    let mut server = Serving::start(&sayflow).await;
    let run = in_flight(&sayflow, &service).await;
    server.signal("TERM").await;
    server.until_said("Stopping").await;
    // It still answers, and says that it takes in nothing new.
    let (status, head, _) = server.request("POST /hooks/any HTTP/1.1", "").await;
    assert!(status == 503 && head.to_ascii_lowercase().contains("retry-after"), "{head}");
    assert_eq!(server.request("GET /healthz HTTP/1.1", "").await.0, 200);
    assert_eq!(server.request("GET /readyz HTTP/1.1", "").await.0, 503);
    let (code, stderr) = server.end().await;
    assert_eq!(code, Some(0), "{stderr}");
    assert!(!sandbox.home().join("server.json").exists());
    let ended = until_ended(&sayflow, &run).await;
    assert_eq!(ended["status"], "succeeded", "{ended}");
    assert_eq!(service.requests().len(), 1, "the write was let end, and not sent again");
    assert!(sandbox.read("done.txt").is_some());
}

#[tokio::test]
async fn a_second_signal_stops_at_once_and_the_write_is_asked_about() {
    let (sandbox, service) = (Sandbox::new(), slow_service(25_000).await);
    sandbox.write("slow.yaml", slow(&service.address()));
    let sayflow = Binary::new(&sandbox).env("SAYFLOW_EGRESS_ALLOW", service.address());
    let mut server = Serving::start(&sayflow).await;
    let run = in_flight(&sayflow, &service).await;
    server.signal("INT").await;
    server.until_said("A second signal stops at once").await;
    server.signal("TERM").await;
    let (code, stderr) = server.end().await;
    assert_eq!(code, Some(130), "{stderr}");
    assert!(stderr.contains("asks about writes whose outcome nobody knows"), "{stderr}");
    let begun = Instant::now();
    loop {
        let shown = sayflow.run(&["runs", "show", &run, "--output", "json"]).await.json();
        if shown["run"]["open"][0]["type"] == "unknown" {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "nobody is asked: {shown}");
    }
    assert_eq!(service.requests().len(), 1);
}

#[tokio::test]
async fn the_doctor_names_the_copy_that_a_damaged_store_can_be_restored_from() {
    let sandbox = Sandbox::new();
    std::fs::create_dir_all(sandbox.home().join("backups")).unwrap();
    std::fs::write(sandbox.home().join("sayflow.db"), "this is no database, however long it may be".repeat(100)).unwrap();
    let copy = sandbox.home().join("backups/sayflow-1-20260101T000000000000Z.db");
    std::fs::write(&copy, "x").unwrap();
    let ended = Binary::new(&sandbox).run(&["doctor", "--output", "json"]).await;
    assert_eq!(ended.code, 1, "{}", ended.stdout);
    let object = ended.json();
    let database = object["checks"].as_array().unwrap().iter().find(|check| check["name"] == "database").unwrap();
    assert!(database["help"].as_str().unwrap().contains(&format!("sayflow restore {}", copy.display())), "{database}");
}
