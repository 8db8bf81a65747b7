//! The server as a process: signals, webhooks, and what a crash leaves behind.

use crate::support::binary::Binary;
use crate::support::fake_http::{self, Replies, Reply};
use crate::support::recorded::Served;
use crate::support::sandbox::Sandbox;
use crate::support::serving::Serving;
use serde_json::{Value, json};
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

const HOOKED: &str = "\
name: signup
triggers:
  - type: webhook
    path: signup
    auth: { type: token, credential: webhook }
steps:
  - id: save
    uses: file.write
    with: { path: name.txt, content: '${{ trigger.payload.name }}' }
";

const FAILING: &str = "\
name: signup
triggers:
  - type: webhook
    path: signup
    auth: { type: token, credential: webhook }
steps:
  - id: check
    uses: flow.fail
    with: { message: nobody may sign up today }
";

const REPLYING: &str = "\
name: reply
triggers:
  - type: webhook
    path: hello/you
    auth: { type: token, credential: webhook }
steps:
  - id: text
    uses: data.set
    with: { values: { greeting: 'hello ${{ trigger.payload.name }}' } }
  - id: respond
    uses: flow.respond
    with: { status: 201, headers: { X-Kind: greeting }, body: { said: '${{ steps.text.output.greeting }}' } }
";

async fn activate(sayflow: &Binary<'_>, sandbox: &Sandbox, name: &str, text: &str) -> Value {
    sandbox.write("hook.yaml", text);
    let saved = sayflow.run(&["workflows", "save", "hook.yaml"]).await;
    assert_eq!(saved.code, 0, "{}{}", saved.stdout, saved.stderr);
    let active = sayflow.run(&["workflows", "activate", name, "--yes", "--output", "json"]).await;
    assert_eq!(active.code, 0, "{}{}", active.stdout, active.stderr);
    active.json()
}

fn hook(path: &str, more: &str) -> String {
    format!("POST /hooks/{path} HTTP/1.1\r\nAuthorization: Bearer s3cret\r\nContent-Type: application/json{more}")
}

#[tokio::test]
async fn a_webhook_that_was_acknowledged_is_done_even_when_the_server_is_killed() {
    let sandbox = Sandbox::new();
    let sayflow = Binary::new(&sandbox);
    sayflow.set_credential("webhook", &[("secret", "s3cret")]).await;
    let server = Serving::start(&sayflow).await;
    let active = activate(&sayflow, &sandbox, "signup", HOOKED).await;
    assert_eq!(active["triggers"][0]["url"], json!(format!("{}/hooks/signup", server.address)), "{active}");
    assert_eq!(active["lasting"], true);
    let mut runs = Vec::new();
    for name in ["ann", "bob", "cyd"] {
        let (status, head, body) = server.request(&hook("signup", ""), &json!({ "name": name }).to_string()).await;
        assert_eq!(status, 202, "{head} {body}");
        runs.push(serde_json::from_str::<Value>(&body).unwrap()["run"].as_str().unwrap().to_owned());
    }
    server.kill().await;
    let server = Serving::start(&sayflow).await;
    for run in &runs {
        assert_eq!(until_ended(&sayflow, run).await["status"], "succeeded");
    }
    assert!(sandbox.read("name.txt").is_some());
    let (status, ..) = server.request(&hook("signup", ""), &json!({ "name": "dan" }).to_string()).await;
    assert_eq!(status, 202, "the workflow is still active");
    server.kill().await;
}

#[tokio::test]
async fn a_webhook_is_answered_by_the_workflow_and_refused_without_proof() {
    let sandbox = Sandbox::new();
    let sayflow = Binary::new(&sandbox);
    sayflow.set_credential("webhook", &[("secret", "s3cret")]).await;
    let server = Serving::start(&sayflow).await;
    activate(&sayflow, &sandbox, "reply", REPLYING).await;
    let (status, head, body) = server.request(&hook("hello/you", "\r\nX-Delivery-Id: 1"), "{\"name\": \"Ann\"}").await;
    assert_eq!((status, body.as_str()), (201, "{\"said\":\"hello Ann\"}"), "{head}");
    assert!(head.to_ascii_lowercase().contains("x-kind: greeting"), "{head}");
    server.request(&hook("hello/you", "\r\nX-Delivery-Id: 1"), "{\"name\": \"Ann\"}").await;
    let runs = sayflow.run(&["runs", "list", "--output", "json"]).await.json();
    assert_eq!(runs["runs"].as_array().unwrap().len(), 1, "a repeat starts nothing");
    let problem = |status: u16, head: &str| head.contains(&status.to_string()) && head.contains("application/problem+json");
    let (status, head, _) = server.request("POST /hooks/hello/you HTTP/1.1\r\nAuthorization: Bearer wrong", "{}").await;
    assert!(status == 401 && problem(401, &head), "{head}");
    let (status, head, _) = server.request("POST /hooks/nothing HTTP/1.1", "{}").await;
    assert!(status == 404 && problem(404, &head), "{head}");
    let (status, head, _) = server.request("GET /hooks/hello/you HTTP/1.1\r\nAuthorization: Bearer s3cret", "").await;
    assert!(status == 405 && head.to_ascii_lowercase().contains("allow: post"), "{head}");
    let (status, head, _) = server.request(&hook("hello/you", ""), "{\"name\": ").await;
    assert!(status == 400 && problem(400, &head), "{head}");
    server.kill().await;
}

#[tokio::test]
async fn a_run_that_failed_while_nobody_looked_is_told_once_by_the_next_command() {
    let sandbox = Sandbox::new();
    let sayflow = Binary::new(&sandbox);
    sayflow.set_credential("webhook", &[("secret", "s3cret")]).await;
    let server = Serving::start(&sayflow).await;
    activate(&sayflow, &sandbox, "signup", FAILING).await;
    let (status, _, body) = server.request(&hook("signup", ""), "{\"name\": \"ann\"}").await;
    assert_eq!(status, 202, "{body}");
    let run = serde_json::from_str::<Value>(&body).unwrap()["run"].as_str().unwrap().to_owned();
    let begun = Instant::now();
    let told = loop {
        let ended = sayflow.run(&["workflows", "list"]).await;
        if ended.stderr.contains("signup") {
            break ended.stderr;
        }
        assert!(begun.elapsed() < PATIENCE, "nobody said it: {}", ended.stderr);
    };
    assert!(told.contains(&run) || told.to_lowercase().contains("failed"), "{told}");
    assert!(!sayflow.run(&["workflows", "list"]).await.stderr.contains("signup"), "it is said once");
    server.kill().await;
}

#[tokio::test]
async fn workflows_are_activated_with_consent_and_one_word_goes_back() {
    let sandbox = Sandbox::new();
    let sayflow = Binary::new(&sandbox);
    let text = |minute: u32, channel: &str| {
        format!(
            "name: news\ntriggers:\n  - type: schedule\n    cron: '{minute} 9 * * 1-5'\n    timezone: Europe/Berlin\nsteps:\n  - id: post\n    \
             uses: slack.send_message\n    with: {{ channel: '{channel}', text: hi }}\n"
        )
    };
    sandbox.write("news.yaml", text(0, "#news"));
    assert_eq!(sayflow.run(&["workflows", "save", "news.yaml"]).await.code, 0);
    let refused = sayflow.run(&["workflows", "activate", "news"]).await;
    assert_eq!(refused.code, 3, "{}{}", refused.stdout, refused.stderr);
    assert!(refused.stderr.contains("#news") && refused.stderr.contains("Nothing was activated"), "{}", refused.stderr);
    let active = sayflow.run(&["workflows", "activate", "news", "--yes"]).await;
    assert_eq!(active.code, 0, "{}{}", active.stdout, active.stderr);
    assert_eq!(active.stdout.matches(" 2026 09:00").count(), 5, "five times in the workflow's zone: {}", active.stdout);
    assert!(active.stderr.contains("sayflow serve") && active.stderr.contains("docs/service.md"), "{}", active.stderr);

    sandbox.write("news.yaml", text(30, "#other"));
    assert_eq!(sayflow.run(&["workflows", "save", "news.yaml"]).await.code, 0);
    let second = sayflow.run(&["workflows", "activate", "news", "--yes", "--output", "json"]).await.json();
    assert_eq!((&second["active"], second["triggers"][0]["next"].as_array().map(Vec::len)), (&json!(2), Some(5)));
    let undone = sayflow.run(&["workflows", "undo", "news"]).await;
    assert_eq!(undone.code, 0, "{}{}", undone.stdout, undone.stderr);
    assert!(undone.stdout.contains("version 1 is active"), "{}", undone.stdout);
    let shown = sayflow.run(&["workflows", "show", "news", "--output", "json"]).await.json();
    assert_eq!((&shown["active"], &shown["latest"], &shown["triggers"][0]["type"]), (&json!(1), &json!(2), &json!("schedule")));
    assert_eq!(sayflow.run(&["workflows", "deactivate", "news"]).await.code, 0);
    let shown = sayflow.run(&["workflows", "show", "news", "--output", "json"]).await.json();
    assert_eq!((&shown["active"], &shown["triggers"]), (&Value::Null, &json!([])));
    assert!(sayflow.run(&["workflows", "undo", "news"]).await.stdout.contains("version 1 is active"));
    assert!(sayflow.run(&["workflows", "undo", "news"]).await.stdout.contains("not active any more"));
    let nothing = sayflow.run(&["workflows", "undo", "news", "--output", "json"]).await;
    assert_eq!((nothing.code, &nothing.json()["error"]["code"]), (1, &json!("conflict")));
    let missing = sayflow.run(&["workflows", "activate", "news", "--version", "9", "--yes", "--output", "json"]).await;
    assert_eq!((missing.code, &missing.json()["error"]["code"]), (1, &json!("not_found")));
}

#[tokio::test]
async fn a_backup_is_made_and_put_back_while_no_server_runs() {
    let sandbox = Sandbox::new();
    sandbox.write("it.yaml", "name: it\nsteps:\n  - id: a\n    uses: data.set\n    with: { values: { x: 1 } }\n");
    let sayflow = Binary::new(&sandbox);
    let nothing = sayflow.run(&["backup", "early.db", "--output", "json"]).await;
    assert_eq!((nothing.code, &nothing.json()["error"]["code"]), (1, &json!("not_found")));
    assert_eq!(sayflow.run(&["workflows", "save", "it.yaml"]).await.code, 0);
    let server = Serving::start(&sayflow).await;
    let locked = sayflow.run(&["backup", "copy.db", "--output", "json"]).await;
    assert_eq!((locked.code, &locked.json()["error"]["code"]), (1, &json!("locked")), "{}", locked.stdout);
    server.signal("TERM").await;
    assert_eq!(server.end().await.0, Some(0));
    let kept = sayflow.run(&["backup", "copy.db"]).await;
    assert_eq!(kept.code, 0, "{}{}", kept.stdout, kept.stderr);
    assert_eq!(sayflow.run(&["backup", "copy.db"]).await.code, 1, "a file that is there is not written over");
    assert_eq!(sayflow.run(&["workflows", "delete", "it"]).await.code, 0);
    let unsure = sayflow.run(&["restore", "copy.db", "--output", "json"]).await;
    assert_eq!((unsure.code, &unsure.json()["error"]["code"]), (3, &json!("approval_needed")));
    let restored = sayflow.run(&["restore", "copy.db", "--yes"]).await;
    assert_eq!(restored.code, 0, "{}{}", restored.stdout, restored.stderr);
    assert_eq!(sayflow.run(&["workflows", "show", "it"]).await.code, 0, "it is back");
    sandbox.write("rubbish.db", "this is no database");
    assert_eq!(sayflow.run(&["restore", "rubbish.db", "--yes"]).await.code, 1);
    assert_eq!(sayflow.run(&["workflows", "show", "it"]).await.code, 0, "nothing was changed");
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
