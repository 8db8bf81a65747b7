//! `ask` against a scripted server: every outcome of a turn has its exit code and its one JSON object.

use crate::support::binary::Binary;
use crate::support::fake_http::{self, Replies, Reply};
use crate::support::recorded::Served;
use crate::support::sandbox::Sandbox;
use serde_json::{Value, json};

/// A server that answers as it was told, found by the binary like a real one.
pub async fn scripted(sandbox: &Sandbox, routes: Vec<(&str, Replies)>) -> Served {
    let mut routes: fake_http::Routes = routes.into_iter().map(|(path, replies)| (path.to_owned(), replies)).collect();
    routes.insert("/healthz".to_owned(), once(json!({ "status": "ok", "version": "0.1.0" })));
    let server = fake_http::start(|_| routes).await;
    let file = json!({ "address": format!("http://{}", server.address()), "token": "t", "pid": 1, "version": "0.1.0", "lasting": true });
    std::fs::create_dir_all(sandbox.home()).unwrap();
    std::fs::write(sandbox.home().join("server.json"), file.to_string()).unwrap();
    server
}

/// Always the same JSON.
pub fn once(json: Value) -> Replies {
    Replies::One(Reply { json: Some(json), ..Reply::default() })
}

/// One JSON after the other.
pub fn in_turn(values: Vec<Value>) -> Replies {
    Replies::Several(values.into_iter().map(|json| Reply { json: Some(json), ..Reply::default() }).collect())
}

/// Events of a run as the server streams them.
pub fn stream(events: &[Value]) -> Replies {
    let mut text: String =
        events.iter().enumerate().map(|(place, event)| format!("id: {}\nevent: event\ndata: {event}\n\n", place + 1)).collect();
    text.push_str("event: end\ndata: {}\n\n");
    Replies::One(Reply { text: Some(text), content_type: Some("text/event-stream".to_owned()), ..Reply::default() })
}

/// A turn with a draft that posts to a channel.
pub fn turn(more: Value) -> Value {
    let mut turn = json!({
        "thread": "thread-1", "reply": "I read news.csv and post each row to #news.", "planner": "offline",
        "draft": {
            "id": "draft-1",
            "workflow": { "name": "post-news", "steps": [] },
            "summary": "Posts each row of news.csv to #news.",
            "footprint": [post_to_news()],
            "next_fires": [], "diagnostics": [], "dry_run": null,
            "graph": [
                { "id": "news", "uses": "file.read", "label": "read news.csv", "needs": [], "effect": "read" },
                { "id": "post", "uses": "slack.send_message", "label": "to #news, for each row", "needs": ["news"], "effect": "write" }
            ]
        },
        "questions": [], "approval": approval(),
        "usage": { "model_calls": 0, "input_tokens": 0, "output_tokens": 0, "cost_usd": 0.0, "planning_ms": 3 }
    });
    for (name, value) in more.as_object().unwrap() {
        turn[name] = value.clone();
    }
    turn
}

fn post_to_news() -> Value {
    json!({ "effect": "write", "kind": "channel", "destination": "#news", "service": "slack", "steps": ["post"], "dynamic": false })
}

fn approval() -> Value {
    json!({ "id": "approval-1", "what": "Post to #news in Slack", "payload_hash": "abc123", "footprint": [post_to_news()] })
}

/// A run with one finished step.
pub fn run(status: &str, step_status: &str) -> Value {
    json!({
        "id": "run-1", "workflow": "post-news", "version": null, "dry_run": false, "status": status, "created": "2026-11-20T12:00:00Z",
        "started": "2026-11-20T12:00:00Z", "ended": "2026-11-20T12:00:02Z", "error": null, "outputs": null,
        "steps": [{ "id": "post", "status": step_status, "attempts": 1, "started": "2026-11-20T12:00:00Z", "ended": "2026-11-20T12:00:02Z",
                    "output": null, "error": null, "items": { "total": 2, "succeeded": 2, "failed": 0 } }]
    })
}

fn event(seq: u64, event: Value) -> Value {
    let mut recorded = json!({ "seq": seq, "run": "run-1", "at": "2026-11-20T12:00:00Z" });
    for (name, value) in event.as_object().unwrap() {
        recorded[name] = value.clone();
    }
    recorded
}

/// The events of a run that posts twice.
pub fn events() -> Vec<Value> {
    let steps = [
        json!({ "type": "items_resolved", "key": "post", "items": [1, 2] }),
        json!({ "type": "step_started", "key": "post[0]", "attempt": 1, "effect": "write" }),
        json!({ "type": "step_succeeded", "key": "post[0]", "attempt": 1, "output": null }),
        json!({ "type": "step_started", "key": "post[1]", "attempt": 1, "effect": "write" }),
        json!({ "type": "step_succeeded", "key": "post[1]", "attempt": 1, "output": null }),
        json!({ "type": "step_finished", "key": "post", "error": null }),
        json!({ "type": "run_finished", "status": "succeeded", "error": null, "outputs": null }),
    ];
    steps.into_iter().enumerate().map(|(place, body)| event(place as u64 + 1, body)).collect()
}

/// A server on which the draft runs once it is approved.
pub async fn ready(sandbox: &Sandbox, end: Value) -> Served {
    let needs = json!({ "run": null, "approval": approval(), "diagnostics": [] });
    let started = json!({ "run": run("running", "running"), "approval": null, "diagnostics": [] });
    scripted(
        sandbox,
        vec![
            ("/api/v1/threads/new/turns", once(turn(json!({})))),
            ("/api/v1/runs", in_turn(vec![needs, started])),
            ("/api/v1/runs/run-1/events", stream(&events())),
            ("/api/v1/runs/run-1", once(end)),
        ],
    )
    .await
}

fn body_of(server: &Served, path: &str) -> Value {
    let request = server.requests().into_iter().rev().find(|request| request.path == path).expect("the request was made");
    serde_json::from_str(&request.body).expect("a JSON body")
}

#[tokio::test]
async fn a_plan_is_one_object_with_the_keys_of_the_contract() {
    let sandbox = Sandbox::new();
    let server = scripted(&sandbox, vec![("/api/v1/threads/new/turns", once(turn(json!({}))))]).await;
    let ended = Binary::new(&sandbox).run(&["ask", "post", "news.csv to #news", "--output", "json"]).await;
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    insta::assert_json_snapshot!("ask_plan", ended.json());
    let posted = body_of(&server, "/api/v1/threads/new/turns");
    assert_eq!((&posted["text"], &posted["network_reads"]), (&json!("post news.csv to #news"), &json!(false)));
    assert_eq!(posted["workspace"].as_str().map(std::path::PathBuf::from), sandbox.workspace().canonicalize().ok());
}

#[tokio::test]
async fn the_request_can_come_from_stdin() {
    let sandbox = Sandbox::new();
    let server = scripted(&sandbox, vec![("/api/v1/threads/new/turns", once(turn(json!({}))))]).await;
    let ended = Binary::new(&sandbox).run_with_input(&["ask", "-", "--dry-run", "--output", "json"], "post news.csv\nto #news\n").await;
    assert_eq!(ended.code, 0);
    let posted = body_of(&server, "/api/v1/threads/new/turns");
    assert_eq!((&posted["text"], &posted["network_reads"]), (&json!("post news.csv\nto #news"), &json!(true)));
}

#[tokio::test]
async fn open_questions_exit_with_2_and_are_not_run() {
    let sandbox = Sandbox::new();
    let question = json!({ "id": "channel", "text": "Which channel should get the news?", "about": "slack.send_message.channel", "choices": ["#news", "#general"] });
    let server =
        scripted(&sandbox, vec![("/api/v1/threads/new/turns", once(turn(json!({ "questions": [question], "approval": null }))))]).await;
    let sayflow = Binary::new(&sandbox);
    let ended = sayflow.run(&["ask", "post news.csv", "--run", "--yes", "--output", "json"]).await;
    assert_eq!(ended.code, 2);
    assert_eq!((&ended.json()["questions"][0]["id"], &ended.json()["run"]), (&json!("channel"), &Value::Null));
    assert!(server.requests().iter().all(|request| request.path != "/api/v1/runs"));
    let told = sayflow.run(&["ask", "post news.csv", "--run"]).await;
    assert_eq!(told.code, 2);
    assert!(told.stdout.contains("--thread thread-1 --answer channel=VALUE"), "{}", told.stdout);
}

#[tokio::test]
async fn answers_go_on_with_the_conversation() {
    let sandbox = Sandbox::new();
    let server = scripted(&sandbox, vec![("/api/v1/threads/last/turns", once(turn(json!({}))))]).await;
    let ended = Binary::new(&sandbox).run(&["ask", "--thread", "last", "--answer", "channel=#news", "--output", "json"]).await;
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    assert_eq!(body_of(&server, "/api/v1/threads/last/turns")["answers"], json!({ "channel": "#news" }));
}

#[tokio::test]
async fn what_cannot_be_done_exits_with_1() {
    let sandbox = Sandbox::new();
    let cannot = turn(json!({ "cannot": true, "draft": null, "approval": null, "reply": "I cannot fly a plane." }));
    scripted_turn(&sandbox, cannot).await;
    let ended = Binary::new(&sandbox).run(&["ask", "fly a plane", "--run", "--output", "json"]).await;
    assert_eq!((ended.code, &ended.json()["draft"]), (1, &Value::Null));
    let told = Binary::new(&sandbox).run(&["ask", "fly a plane"]).await;
    assert_eq!((told.code, told.stdout.as_str()), (1, "I cannot fly a plane.\n"));
}

/// The server must live as long as the test; it is leaked into the test's runtime.
async fn scripted_turn(sandbox: &Sandbox, turn: Value) {
    std::mem::forget(scripted(sandbox, vec![("/api/v1/threads/new/turns", once(turn))]).await);
}

#[tokio::test]
async fn without_a_yes_nothing_runs_and_the_exit_code_is_3() {
    let sandbox = Sandbox::new();
    let server = ready(&sandbox, run("succeeded", "succeeded")).await;
    let ended = Binary::new(&sandbox).run(&["ask", "post news.csv to #news", "--run", "--output", "json"]).await;
    assert_eq!(ended.code, 3);
    assert_eq!((&ended.json()["approval"]["payload_hash"], &ended.json()["run"]), (&json!("abc123"), &Value::Null));
    assert_eq!(body_of(&server, "/api/v1/runs")["approve"], Value::Null);
}

#[tokio::test]
async fn with_yes_it_runs_and_the_object_holds_the_run() {
    let sandbox = Sandbox::new();
    let started = json!({ "run": run("running", "running"), "approval": null, "diagnostics": [] });
    let server = scripted(
        &sandbox,
        vec![
            ("/api/v1/threads/new/turns", once(turn(json!({})))),
            ("/api/v1/runs", once(started)),
            ("/api/v1/runs/run-1/events", stream(&events())),
            ("/api/v1/runs/run-1", once(run("succeeded", "succeeded"))),
        ],
    )
    .await;
    let sayflow = Binary::new(&sandbox);
    let ended = sayflow.run(&["ask", "post news.csv to #news", "--run", "--yes", "--output", "json"]).await;
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    insta::assert_json_snapshot!("ask_run", ended.json()["run"]);
    assert_eq!(ended.json()["approval"], Value::Null);
    let request = body_of(&server, "/api/v1/runs");
    assert_eq!((&request["approve"], &request["source"]), (&json!("*"), &json!({ "draft": "draft-1" })));
    let told = sayflow.run(&["ask", "post news.csv to #news", "--run", "--yes"]).await;
    insta::assert_snapshot!("ask_run_text", format!("stdout:\n{}\nstderr:\n{}", told.stdout, told.stderr));
}

#[tokio::test]
async fn the_end_of_the_run_decides_the_exit_code() {
    for (status, step, code) in
        [("failed", "failed", 1), ("paused", "outcome_unknown", 4), ("waiting", "waiting", 4), ("cancelled", "cancelled", 130)]
    {
        let sandbox = Sandbox::new();
        let started = json!({ "run": run("running", "running"), "approval": null, "diagnostics": [] });
        let _server = scripted(
            &sandbox,
            vec![
                ("/api/v1/threads/new/turns", once(turn(json!({})))),
                ("/api/v1/runs", once(started)),
                ("/api/v1/runs/run-1/events", stream(&events())),
                ("/api/v1/runs/run-1", once(run(status, step))),
            ],
        )
        .await;
        let ended = Binary::new(&sandbox).run(&["ask", "post news.csv to #news", "--run", "--yes", "--output", "json"]).await;
        assert_eq!((ended.code, &ended.json()["run"]["status"]), (code, &json!(status)), "{}", ended.stderr);
    }
}

#[tokio::test]
async fn a_draft_of_the_conversation_runs_without_saying_anything_new() {
    let sandbox = Sandbox::new();
    let at = "2026-11-20T12:00:00Z";
    let mut draft = turn(json!({}))["draft"].clone();
    draft["kind"] = json!("draft");
    draft["seq"] = json!(2);
    draft["at"] = json!(at);
    let thread = json!({ "id": "thread-1", "created": at, "events": [{ "seq": 1, "at": at, "kind": "message", "role": "user", "text": "post" }, draft] });
    let server = scripted(
        &sandbox,
        vec![
            ("/api/v1/threads/last", once(thread)),
            ("/api/v1/runs", once(json!({ "run": run("running", "running"), "approval": null, "diagnostics": [] }))),
            ("/api/v1/runs/run-1/events", stream(&events())),
            ("/api/v1/runs/run-1", once(run("succeeded", "succeeded"))),
        ],
    )
    .await;
    let ended = Binary::new(&sandbox).run(&["ask", "--thread", "last", "--run", "--yes", "--output", "json"]).await;
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    assert_eq!(body_of(&server, "/api/v1/runs")["source"], json!({ "draft": "draft-1" }));
}

#[tokio::test]
async fn a_refusal_of_the_server_is_one_error_object() {
    let sandbox = Sandbox::new();
    let problem = json!({ "type": "store_unavailable", "title": "The disk is full", "status": 507, "detail": "the disk is full", "help": "free some space" });
    let reply = Reply { status: Some(507), json: Some(problem), ..Reply::default() };
    let _server = scripted(&sandbox, vec![("/api/v1/threads/new/turns", Replies::One(reply))]).await;
    let ended = Binary::new(&sandbox).run(&["ask", "anything", "--output", "json"]).await;
    assert_eq!(ended.code, 1);
    assert_eq!(
        ended.json(),
        json!({ "error": { "code": "store_unavailable", "message": "The disk is full.", "help": "Free some space." } })
    );
}
