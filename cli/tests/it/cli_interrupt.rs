//! Ctrl-C in the middle: the run is cancelled and says so; planning just stops; a server stops in good order.

use crate::cli_ask::{once, run, scripted, turn};
use crate::support::binary::Binary;
use crate::support::fake_http::{self, Replies, Reply};
use crate::support::recorded::Served;
use crate::support::sandbox::Sandbox;
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::Child;

/// No step of these tests may take longer.
const PATIENCE: Duration = Duration::from_secs(30);

const PATIENT: &str = "\
name: patient
steps:
  - id: first
    uses: data.set
    with: { values: { a: 1 } }
  - id: pause
    needs: [first]
    uses: flow.wait
    with: { for: 50s }
  - id: last
    needs: [pause]
    uses: file.write
    with: { path: late.txt, content: too late }
";

/// The shell's own `kill` is on every machine.
async fn signal(child: &Child, name: &str) {
    let pid = child.id().expect("it still runs");
    let sent = tokio::process::Command::new("sh").args(["-c", &format!("kill -{name} {pid}")]).status().await.unwrap();
    assert!(sent.success());
}

/// Reads lines of stderr up to the first that holds a text.
async fn until_said(child: &mut Child, words: &str) -> String {
    let mut lines = BufReader::new(child.stderr.take().expect("a piped stderr")).lines();
    let mut heard = String::new();
    let listening = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            heard.push_str(&line);
            heard.push('\n');
            if line.contains(words) {
                break;
            }
        }
    };
    tokio::time::timeout(PATIENCE, listening).await.unwrap_or_else(|_| panic!("nobody said \"{words}\""));
    child.stderr = Some(lines.into_inner().into_inner());
    assert!(heard.contains(words), "it ended without saying \"{words}\": {heard}");
    heard
}

/// Waits for a request to a path that ends so.
async fn requested(server: &Served, end: &str) {
    let asked = async {
        while !server.requests().iter().any(|request| request.path.ends_with(end)) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, asked).await.expect("the request arrives");
}

/// Exit code, stdout and the rest of stderr.
async fn end(mut child: Child) -> (Option<i32>, String, String) {
    let (mut stdout, mut stderr) = (String::new(), String::new());
    let ending = async {
        child.stdout.take().expect("a piped stdout").read_to_string(&mut stdout).await.unwrap();
        child.stderr.take().expect("a piped stderr").read_to_string(&mut stderr).await.unwrap();
        child.wait().await.unwrap().code()
    };
    let code = tokio::time::timeout(PATIENCE, ending).await.expect("it ends");
    (code, stdout, stderr)
}

#[tokio::test]
async fn ctrl_c_cancels_the_run_and_says_so() {
    let sandbox = Sandbox::new();
    sandbox.write("patient.yaml", PATIENT);
    let sayflow = Binary::new(&sandbox);
    let mut child = sayflow.command(&["run", "patient.yaml", "--yes", "--output", "json"]).spawn().unwrap();
    until_said(&mut child, "waits until").await;
    signal(&child, "INT").await;
    let (code, stdout, stderr) = end(child).await;
    assert_eq!(code, Some(130), "{stderr}");
    assert!(stderr.contains("Cancelling"), "{stderr}");
    let object: serde_json::Value = serde_json::from_str(&stdout).expect("one object");
    assert_eq!(object["run"]["status"], "cancelled");
    assert!(sandbox.read("late.txt").is_none());
    let list = sayflow.run(&["runs", "list", "--output", "json"]).await.json();
    assert_eq!(list["runs"][0]["status"], "cancelled", "the journal says so too");
}

#[tokio::test]
async fn ctrl_c_while_planning_just_stops() {
    let sandbox = Sandbox::new();
    let slow = Reply { json: Some(turn(json!({}))), delay_ms: 20_000, ..Reply::default() };
    let server = scripted(&sandbox, vec![("/api/v1/threads/new/turns", Replies::One(slow))]).await;
    let child = Binary::new(&sandbox).command(&["ask", "anything", "--output", "json"]).spawn().unwrap();
    requested(&server, "/turns").await;
    signal(&child, "INT").await;
    let (code, stdout, _) = end(child).await;
    assert_eq!(code, Some(130));
    assert_eq!(serde_json::from_str::<serde_json::Value>(&stdout).unwrap()["error"]["code"], "cancelled");
}

#[tokio::test]
async fn the_second_ctrl_c_leaves_at_once() {
    let sandbox = Sandbox::new();
    let never = || Replies::One(Reply { delay_ms: 20_000, ..Reply::default() });
    let server = scripted(
        &sandbox,
        vec![
            ("/api/v1/threads/new/turns", once(turn(json!({})))),
            ("/api/v1/runs", once(json!({ "run": run("running", "running"), "approval": null, "diagnostics": [] }))),
            ("/api/v1/runs/run-1/events", never()),
            ("/api/v1/runs/run-1/cancel", never()),
        ],
    )
    .await;
    let mut child = Binary::new(&sandbox).command(&["ask", "post it", "--run", "--yes"]).spawn().unwrap();
    requested(&server, "/events").await;
    signal(&child, "INT").await;
    until_said(&mut child, "Ctrl-C again leaves at once").await;
    requested(&server, "/cancel").await;
    signal(&child, "INT").await;
    let (code, _, stderr) = end(child).await;
    assert_eq!(code, Some(130));
    assert!(stderr.contains("Left at once; run run-1 may still be stopping."), "{stderr}");
}

#[tokio::test]
async fn whoever_leaves_at_once_hears_which_writes_are_unknown() {
    let sandbox = Sandbox::new();
    let slow = Reply { delay_ms: 25_000, ..Reply::default() };
    let service = fake_http::start(|_| [("/slow".to_owned(), Replies::One(slow))].into()).await;
    let address = service.address();
    let with = format!("{{ method: POST, url: 'http://{address}/slow', body: {{ a: 1 }} }}");
    sandbox.write("slow.yaml", format!("name: slow\nsteps:\n  - id: post\n    uses: http.request\n    with: {with}\n"));
    let sayflow = Binary::new(&sandbox).env("SAYFLOW_EGRESS_ALLOW", address);
    let mut child = sayflow.command(&["run", "slow.yaml", "--yes", "--output", "jsonl"]).spawn().unwrap();
    let mut events = BufReader::new(child.stdout.take().unwrap()).lines();
    let begun = async {
        while let Some(line) = events.next_line().await.unwrap() {
            if line.contains("step_started") {
                return;
            }
        }
        panic!("it ended without beginning the step");
    };
    tokio::time::timeout(PATIENCE, begun).await.expect("the step begins");
    signal(&child, "INT").await;
    until_said(&mut child, "Ctrl-C again leaves at once").await;
    signal(&child, "INT").await;
    child.stdout = Some(events.into_inner().into_inner());
    let (code, stdout, _) = end(child).await;
    assert_eq!(code, Some(130), "{stdout}");
    assert!(stdout.contains("Nobody knows yet whether these writes arrived: post."), "{stdout}");
}

#[tokio::test]
async fn a_server_is_found_by_other_verbs_and_stops_in_good_order() {
    let sandbox = Sandbox::new();
    let sayflow = Binary::new(&sandbox);
    let mut child = sayflow.command(&["serve", "--listen", "127.0.0.1:0", "--output", "json"]).spawn().unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    while serde_json::from_str::<serde_json::Value>(&text).is_err() {
        let read = tokio::time::timeout(PATIENCE, said.read_line(&mut text)).await.expect("it speaks").unwrap();
        assert_ne!(read, 0, "it ended: {text}");
    }
    let address = serde_json::from_str::<serde_json::Value>(&text).unwrap()["address"].as_str().unwrap().to_owned();
    let doctor = sayflow.run(&["doctor", "--output", "json"]).await.json();
    let server = doctor["checks"].as_array().unwrap().iter().find(|check| check["name"] == "server").unwrap();
    assert!(server["found"].as_str().unwrap().contains(&address), "{server}");
    let second = sayflow.run(&["serve", "--listen", "127.0.0.1:0", "--output", "json"]).await;
    assert_eq!((second.code, &second.json()["error"]["code"]), (1, &json!("already_running")));

    signal(&child, "TERM").await;
    child.stdout = Some(said.into_inner());
    let (code, _, stderr) = end(child).await;
    assert_eq!(code, Some(0), "{stderr}");
    assert!(!sandbox.home().join("server.json").exists());
}

#[tokio::test]
async fn a_detached_run_goes_on_in_the_background() {
    let sandbox = Sandbox::new();
    sandbox.write("patient.yaml", PATIENT);
    let sayflow = Binary::new(&sandbox);
    let ended = sayflow.run(&["run", "patient.yaml", "--yes", "--detach", "--output", "json"]).await;
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    let id = ended.json()["run"]["id"].as_str().unwrap().to_owned();
    let file: serde_json::Value = serde_json::from_slice(&std::fs::read(sandbox.home().join("server.json")).unwrap()).unwrap();
    assert_eq!(file["lasting"], true);
    let cancelled = sayflow.run(&["runs", "cancel", &id, "--output", "json"]).await;
    assert_eq!(cancelled.json()["was_active"], true);
    let followed = sayflow.run(&["runs", "logs", &id, "--follow", "--output", "jsonl"]).await;
    assert!(followed.stdout.lines().last().unwrap().contains("cancelled"));
    let stopped = tokio::process::Command::new("sh").args(["-c", &format!("kill -TERM {}", file["pid"])]).status().await.unwrap();
    assert!(stopped.success());
}
