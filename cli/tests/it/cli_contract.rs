//! What scripts rely on: exit codes and JSON objects of `run` and `runs`, against the real server in the process.

use crate::support::binary::Binary;
use crate::support::fake_http::{self, Replies, Reply};
use crate::support::sandbox::Sandbox;
use serde_json::Value;

const COPY: &str = "\
name: copy
inputs:
  name: { type: string, default: world }
steps:
  - id: text
    uses: data.set
    with: { values: { greeting: 'hello ${{ inputs.name }}' } }
  - id: save
    uses: file.write
    with: { path: out/hello.txt, content: '${{ steps.text.output.greeting }}' }
outputs:
  greeting: ${{ steps.text.output.greeting }}
";

const FAILING: &str = "\
name: failing
steps:
  - id: read
    uses: file.read
    with: { path: missing.csv }
  - id: save
    uses: file.write
    with: { path: out.json, content: '${{ steps.read.output.content }}' }
";

const WAITING: &str = "\
name: patient
steps:
  - id: pause
    uses: flow.wait
    with: { for: 2h }
";

fn posting(address: &str) -> String {
    format!(
        "name: posting\nsteps:\n  - id: post\n    uses: http.request\n    with: {{ method: POST, url: 'http://{address}/hook', body: {{ a: 1 }} }}\n"
    )
}

#[tokio::test]
async fn a_run_prints_one_object_and_does_its_work() {
    let sandbox = Sandbox::new();
    sandbox.write("copy.yaml", COPY);
    let ended = Binary::new(&sandbox).run(&["run", "copy.yaml", "--input", "name=Ada", "--yes", "--output", "json"]).await;
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(sandbox.read("out/hello.txt").as_deref(), Some(b"hello Ada".as_slice()));
    insta::assert_json_snapshot!("run_succeeded", ended.json(), {
        ".run.id" => "[id]", ".run.created" => "[time]", ".run.started" => "[time]", ".run.ended" => "[time]",
        ".run.steps[].started" => "[time]", ".run.steps[].ended" => "[time]",
    });
}

#[tokio::test]
async fn a_failed_run_exits_with_1_and_names_the_step() {
    let sandbox = Sandbox::new();
    sandbox.write("failing.yaml", FAILING);
    let sayflow = Binary::new(&sandbox);
    let ended = sayflow.run(&["run", "failing.yaml", "--yes", "--output", "json"]).await;
    assert_eq!(ended.code, 1);
    let run = &ended.json()["run"];
    assert_eq!((&run["status"], &run["error"]["step"]), (&Value::from("failed"), &Value::from("read")));
    let told = sayflow.run(&["run", "failing.yaml", "--yes"]).await;
    assert_eq!(told.code, 1);
    assert!(told.stdout.contains("failing failed") && told.stdout.contains("read:"), "{}", told.stdout);
    assert!(told.stderr.contains("read"), "progress is on stderr: {}", told.stderr);
}

#[tokio::test]
async fn a_dry_run_writes_nothing_and_says_so() {
    let sandbox = Sandbox::new();
    sandbox.write("copy.yaml", COPY);
    let ended = Binary::new(&sandbox).run(&["run", "copy.yaml", "--dry-run"]).await;
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stdout.contains("nothing was written") && ended.stdout.contains("would write out/hello.txt"), "{}", ended.stdout);
    assert_eq!(sandbox.read("out/hello.txt"), None);
}

#[tokio::test]
async fn a_write_to_the_outside_needs_an_approval() {
    let sandbox = Sandbox::new();
    let service = fake_http::start(|_| [("/hook".to_owned(), Replies::One(Reply::default()))].into()).await;
    let address = service.address();
    sandbox.write("posting.yaml", posting(&address));
    let sayflow = Binary::new(&sandbox).env("SAYFLOW_EGRESS_ALLOW", &address);

    let refused = sayflow.run(&["run", "posting.yaml", "--output", "json"]).await;
    assert_eq!(refused.code, 3, "{}{}", refused.stdout, refused.stderr);
    let object = refused.json();
    assert_eq!(object["run"], Value::Null);
    assert_eq!(object["approval"]["footprint"][0]["destination"], Value::from(address.as_str()));
    assert!(service.requests().is_empty());

    let told = sayflow.run(&["run", "posting.yaml"]).await;
    assert_eq!(told.code, 3);
    assert!(told.stderr.contains(&address) && told.stderr.contains("--yes"), "{}", told.stderr);

    let approved = sayflow.run(&["run", "posting.yaml", "--yes"]).await;
    assert_eq!(approved.code, 0, "{}{}", approved.stdout, approved.stderr);
    assert_eq!(service.requests().len(), 1);
}

#[tokio::test]
async fn a_run_that_waits_for_long_is_left_with_4_and_can_be_cancelled() {
    let sandbox = Sandbox::new();
    sandbox.write("patient.yaml", WAITING);
    let sayflow = Binary::new(&sandbox);
    let ended = sayflow.run(&["run", "patient.yaml", "--output", "json"]).await;
    assert_eq!(ended.code, 4, "{}{}", ended.stdout, ended.stderr);
    assert_eq!(ended.json()["run"]["status"], "waiting");
    let told = sayflow.run(&["run", "patient.yaml"]).await;
    assert_eq!(told.code, 4);
    assert!(told.stdout.contains("is waiting") && told.stdout.contains("sayflow serve"), "{}", told.stdout);
    let cancelled = sayflow.run(&["runs", "cancel", "last", "--output", "json"]).await;
    assert_eq!((cancelled.code, &cancelled.json()["was_active"]), (0, &Value::from(true)));
    let shown = sayflow.run(&["runs", "show", "last", "--output", "json"]).await;
    assert_eq!(shown.json()["run"]["status"], "cancelled");
}

#[tokio::test]
async fn runs_are_listed_shown_and_told_event_by_event() {
    let sandbox = Sandbox::new();
    sandbox.write("copy.yaml", COPY);
    let sayflow = Binary::new(&sandbox);
    assert_eq!(sayflow.run(&["runs", "list"]).await.stdout, "No runs.\n");
    let id = sayflow.run(&["run", "copy.yaml", "--yes", "--output", "json"]).await.json()["run"]["id"].as_str().unwrap().to_owned();

    let list = sayflow.run(&["runs", "list", "--output", "json"]).await.json();
    insta::assert_json_snapshot!("runs_list", list, { ".runs[].id" => "[id]", ".runs[].created" => "[time]", ".runs[].ended" => "[time]" });
    let none = sayflow.run(&["runs", "list", "--status", "failed", "--output", "json"]).await.json();
    assert_eq!(none["runs"], Value::Array(Vec::new()));

    let shown = sayflow.run(&["runs", "show", &id[..30], "--output", "json"]).await.json();
    assert_eq!(shown["run"]["id"], Value::from(id.as_str()), "the beginning of an id will do");

    let events = sayflow.run(&["runs", "logs", &id, "--output", "json"]).await.json();
    let lines = sayflow.run(&["runs", "logs", &id, "--output", "jsonl"]).await.stdout;
    let kinds: Vec<&str> = events.as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!((kinds.first(), kinds.last()), (Some(&"run_created"), Some(&"run_finished")));
    assert_eq!(lines.lines().count(), kinds.len());
    let followed = sayflow.run(&["runs", "logs", "last", "--follow", "--output", "jsonl"]).await.stdout;
    assert_eq!(followed, lines);
}

#[tokio::test]
async fn jsonl_of_a_run_is_its_events_and_then_the_run() {
    let sandbox = Sandbox::new();
    sandbox.write("copy.yaml", COPY);
    let ended = Binary::new(&sandbox).run(&["run", "copy.yaml", "--yes", "--output", "jsonl"]).await;
    let values: Vec<Value> = ended.stdout.lines().map(|line| serde_json::from_str(line).expect("a JSON value a line")).collect();
    assert_eq!(values.first().unwrap()["type"], "run_created");
    assert_eq!(values.last().unwrap()["run"]["status"], "succeeded");
}

#[tokio::test]
async fn what_is_not_there_is_said_with_the_way_out() {
    let sandbox = Sandbox::new();
    let sayflow = Binary::new(&sandbox);
    for args in
        [&["run", "no-such-workflow"][..], &["runs", "show", "no-such-run"], &["runs", "show", "last"], &["workflows", "show", "nothing"]]
    {
        let mut json = args.to_vec();
        json.extend(["--output", "json"]);
        let ended = sayflow.run(&json).await;
        assert_eq!(ended.code, 1, "{args:?}");
        assert_eq!(ended.json()["error"]["code"], "not_found", "{args:?}");
        let told = sayflow.run(args).await;
        assert!(told.stdout.is_empty() && told.stderr.starts_with("error: "), "{args:?}: {}", told.stderr);
    }
}

#[tokio::test]
async fn inputs_that_do_not_fit_are_a_usage_error() {
    let sandbox = Sandbox::new();
    sandbox.write("copy.yaml", COPY);
    let ended = Binary::new(&sandbox).run(&["run", "copy.yaml", "--input", "nmae=x", "--output", "json"]).await;
    assert_eq!(ended.code, 64, "{}", ended.stdout);
    assert_eq!(ended.json()["error"]["code"], "invalid_inputs");
    assert!(sandbox.read("out/hello.txt").is_none());
}
