//! Steering runs from the command line: approvals in the middle, unknown outcomes, trying again, resting, step by step.

use crate::support::binary::{Binary, Ended};
use crate::support::fake_http::{self, Replies, Reply};
use crate::support::fake_slack::{self, FakeSlack, Trouble};
use crate::support::sandbox::Sandbox;
use serde_json::{Value, json};

const ASKING: &str = "\
name: asking
steps:
  - id: total
    uses: data.set
    with: { values: { sum: 12 } }
  - id: ok
    uses: flow.approve
    with: { message: 'Write the report of ${{ steps.total.output.sum }}?', approvers: ann, expires: 2d }
  - id: write
    needs: [ok]
    uses: file.write
    with: { path: report.txt, content: '${{ steps.total.output.sum }}' }
";

const TO_SLACK: &str = "
name: tell
steps:
  - id: tell
    uses: slack.send_message
    with: { channel: '#ops', text: hello }
  - id: note
    needs: [tell]
    uses: file.write
    with: { path: told.txt, content: done }
";

const PATIENT: &str = "\
name: patient
steps:
  - id: pause
    uses: flow.wait
    with: { for: 2h }
";

const STEPS: &str = "\
name: steps
inputs:
  factor: { type: integer, default: 2 }
steps:
  - id: numbers
    uses: data.set
    with: { values: { list: [1, 2, 3] } }
  - id: larger
    uses: data.filter
    with: { items: '${{ steps.numbers.output.list }}', where: '${{ item > inputs.factor }}' }
  - id: save
    uses: file.write
    with: { path: out.json, content: '${{ steps.larger.output.items }}' }
";

fn id(ended: &Ended) -> String {
    ended.json()["run"]["id"].as_str().unwrap_or_else(|| panic!("no run: {}{}", ended.stdout, ended.stderr)).to_owned()
}

#[tokio::test]
async fn an_approval_in_the_middle_of_a_run_is_listed_decided_once_and_the_run_goes_on() {
    let sandbox = Sandbox::new();
    sandbox.write("asking.yaml", ASKING);
    let sayflow = Binary::new(&sandbox);
    let ended = sayflow.run(&["run", "asking.yaml", "--output", "json"]).await;
    assert_eq!(ended.code, 3, "{}{}", ended.stdout, ended.stderr);
    let run = id(&ended);
    let shown = sayflow.run(&["runs", "show", &run]).await.stdout;
    assert!(shown.contains("asks: Write the report of 12?") && shown.contains("sayflow approve "), "{shown}");

    let list = sayflow.run(&["approve", "--output", "json"]).await.json();
    let approval = &list[0];
    assert_eq!(
        (list.as_array().unwrap().len(), &approval["what"], &approval["step"]),
        (1, &json!("Write the report of 12?"), &json!("ok"))
    );
    assert_eq!((&approval["deciders"], &approval["decision"]), (&json!(["ann"]), &Value::Null));
    assert!(approval["expires"].is_string() && approval["payload_hash"].as_str().unwrap().len() == 64, "{approval}");
    let approval = approval["id"].as_str().unwrap().to_owned();

    let other = sayflow.run(&["approve", &approval, "--payload-hash", "00", "--output", "json"]).await;
    assert_eq!((other.code, &other.json()["error"]["code"]), (1, &json!("conflict")), "another payload is another matter");
    let yes = sayflow.run(&["approve", &approval, "--comment", "go on", "--output", "json"]).await;
    assert_eq!(yes.code, 0, "{}{}", yes.stdout, yes.stderr);
    assert_eq!((&yes.json()["decision"], &yes.json()["decided_via"]), (&json!("approved"), &json!("cli")));
    assert_eq!(sandbox.read("report.txt").as_deref(), Some(b"12\n".as_slice()), "the run went on before the command ended");
    assert_eq!(sayflow.run(&["runs", "show", &run, "--output", "json"]).await.json()["run"]["status"], "succeeded");

    let late = sayflow.run(&["approve", &approval, "--no", "--output", "json"]).await;
    assert_eq!((late.code, &late.json()["error"]["code"]), (1, &json!("conflict")));
    let message = late.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("approved by owner in cli at 2"), "{message}");
}

#[tokio::test]
async fn a_refused_approval_fails_the_run() {
    let sandbox = Sandbox::new();
    sandbox.write("asking.yaml", ASKING.replace("    needs: [ok]\n", "    needs: [ok]\n    if: ${{ steps.ok.output.approved }}\n"));
    let sayflow = Binary::new(&sandbox);
    let run = id(&sayflow.run(&["run", "asking.yaml", "--yes", "--output", "json"]).await);
    let list = sayflow.run(&["approve", "--output", "json"]).await.json();
    let no = sayflow.run(&["approve", &list[0]["id"].as_str().unwrap()[..20], "--no"]).await;
    assert_eq!(no.code, 0, "{}{}", no.stdout, no.stderr);
    assert!(no.stdout.contains("Refused"), "{}", no.stdout);
    let shown = sayflow.run(&["runs", "show", &run, "--output", "json"]).await.json();
    assert!(shown["run"]["open"].as_array().is_none_or(Vec::is_empty), "{shown}");
    assert_ne!(shown["run"]["status"], "waiting");
    assert!(sandbox.read("report.txt").is_none());
    assert_eq!(sayflow.run(&["approve"]).await.stdout, "Nothing waits for a decision.\n");
}

#[tokio::test]
async fn yes_approves_the_footprint_and_not_what_the_run_asks() {
    let sandbox = Sandbox::new();
    sandbox.write("asking.yaml", ASKING);
    let ended = Binary::new(&sandbox).run(&["run", "asking.yaml", "--yes", "--output", "json"]).await;
    assert_eq!((ended.code, &ended.json()["run"]["open"][0]["type"]), (4, &json!("approval")), "{}", ended.stdout);
}

#[tokio::test]
async fn an_unknown_outcome_is_shown_with_its_command_and_decided() {
    let (sandbox, slack) = (Sandbox::new(), FakeSlack::start(vec![Trouble::Broken {}]).await);
    let sayflow = Binary::new(&sandbox).env("SAYFLOW_EGRESS_ALLOW", slack.address());
    sayflow.set_credential("slack", &[("token", fake_slack::TOKEN), ("base_url", &slack.base_url())]).await;
    sandbox.write("it.yaml", TO_SLACK);
    let ended = sayflow.run(&["run", "it.yaml", "--yes", "--output", "json"]).await;
    assert_eq!(ended.code, 4, "{}{}", ended.stdout, ended.stderr);
    let run = id(&ended);
    let shown = sayflow.run(&["runs", "show", &run]).await.stdout;
    assert!(shown.contains(&format!("sayflow runs decide {run} 'tell' retry|skip|fail")), "{shown}");
    let wrong = sayflow.run(&["runs", "decide", &run, "note", "skip", "--output", "json"]).await;
    assert_eq!((wrong.code, &wrong.json()["error"]["code"]), (1, &json!("conflict")), "{}", wrong.stdout);
    let decided = sayflow.run(&["runs", "decide", &run, "tell", "skip"]).await;
    assert_eq!(decided.code, 0, "{}{}", decided.stdout, decided.stderr);
    assert!(decided.stdout.contains("taken as done"), "{}", decided.stdout);
    assert_eq!(sandbox.read("told.txt").as_deref(), Some(b"done".as_slice()));
    assert_eq!(slack.requests().len(), 1, "it was not sent again");
    assert_eq!(sayflow.run(&["runs", "show", &run, "--output", "json"]).await.json()["run"]["status"], "succeeded");
}

#[tokio::test]
async fn trying_again_keeps_what_succeeded_and_says_what_is_done_again() {
    let http =
        fake_http::start(|_| [("/rows".to_owned(), Replies::One(Reply { json: Some(json!([1, 2])), ..Reply::default() }))].into()).await;
    let sandbox = Sandbox::new();
    let text = "
name: it
steps:
  - id: get
    uses: http.request
    with: { url: 'http://ADDRESS/rows' }
  - id: more
    uses: file.read
    with: { path: more.json }
  - id: save
    uses: file.write
    with: { path: all.json, content: '${{ steps.get.output.body.concat(steps.more.output.content) }}' }
";
    sandbox.write("it.yaml", text.replace("ADDRESS", &http.address()));
    let sayflow = Binary::new(&sandbox).env("SAYFLOW_EGRESS_ALLOW", http.address());
    let failed = sayflow.run(&["run", "it.yaml", "--yes", "--output", "json"]).await;
    assert_eq!(failed.code, 1, "{}{}", failed.stdout, failed.stderr);
    let first = id(&failed);
    let shown = sayflow.run(&["runs", "show", &first]).await.stdout;
    assert!(shown.contains(&format!("again: sayflow runs retry {first}")), "{shown}");
    sandbox.write("more.json", "[3]");
    let again = sayflow.run(&["runs", "retry", &first, "--output", "json"]).await;
    assert_eq!(again.code, 0, "{}{}", again.stdout, again.stderr);
    let object = again.json();
    assert_eq!(object["kept"], json!(["get"]));
    assert_eq!(object["again"].as_array().unwrap().iter().map(|step| &step["step"]).collect::<Vec<_>>(), ["more", "save"]);
    assert_eq!(object["run"]["lineage"]["retry_of"], json!(first));
    assert_eq!(http.requests().len(), 1, "what was read before is kept");
    assert_eq!(serde_json::from_slice::<Value>(&sandbox.read("all.json").unwrap()).unwrap(), json!([1, 2, 3]));
    assert!(again.stderr.contains("Kept:  get") && again.stderr.contains("Again: more, save"), "{}", again.stderr);

    let from_start = sayflow.run(&["runs", "retry", &first, "--from", "start", "--output", "json"]).await;
    assert_eq!((from_start.code, http.requests().len()), (0, 2), "{}", from_start.stdout);
    let from_step = sayflow.run(&["runs", "retry", &first, "--from", "nothing", "--output", "json"]).await;
    assert_eq!((from_step.code, &from_step.json()["error"]["code"]), (1, &json!("conflict")));
}

#[tokio::test]
async fn a_paused_run_rests_until_it_is_resumed() {
    let sandbox = Sandbox::new();
    sandbox.write("patient.yaml", PATIENT);
    let sayflow = Binary::new(&sandbox);
    let run = id(&sayflow.run(&["run", "patient.yaml", "--output", "json"]).await);
    let paused = sayflow.run(&["runs", "pause", &run]).await;
    assert_eq!(paused.code, 0, "{}{}", paused.stdout, paused.stderr);
    let shown = sayflow.run(&["runs", "show", &run, "--output", "json"]).await.json();
    assert_eq!((&shown["run"]["status"], &shown["run"]["open"][0]), (&json!("paused"), &json!({ "type": "resume", "by": "owner" })));
    let page = sayflow.run(&["runs", "show", &run]).await.stdout;
    assert!(page.contains("Paused by owner.") && page.contains(&format!("sayflow runs resume {run}")), "{page}");
    assert_eq!(sayflow.run(&["runs", "resume", &run]).await.code, 0);
    assert_eq!(sayflow.run(&["runs", "show", &run, "--output", "json"]).await.json()["run"]["status"], "waiting");
    let twice = sayflow.run(&["runs", "resume", &run, "--output", "json"]).await;
    assert_eq!((twice.code, &twice.json()["error"]["code"]), (1, &json!("conflict")), "{}", twice.stdout);
}

#[tokio::test]
async fn a_parked_run_whose_folder_is_gone_can_be_cancelled() {
    let sandbox = Sandbox::new();
    sandbox.write("gone/patient.yaml", PATIENT);
    let sayflow = Binary::new(&sandbox);
    let folder = sandbox.workspace().join("gone");
    let output = sayflow.command(&["run", "patient.yaml", "--output", "json"]).current_dir(&folder).output().await.unwrap();
    let run = serde_json::from_slice::<Value>(&output.stdout).unwrap()["run"]["id"].as_str().unwrap().to_owned();
    std::fs::remove_dir_all(&folder).unwrap();
    let cancelled = sayflow.run(&["runs", "cancel", &run, "--output", "json"]).await;
    assert_eq!((cancelled.code, &cancelled.json()["was_active"]), (0, &json!(true)), "{}", cancelled.stdout);
    assert_eq!(sayflow.run(&["runs", "show", &run, "--output", "json"]).await.json()["run"]["status"], "cancelled");
}

#[tokio::test]
async fn a_stepwise_run_stops_before_each_step_and_shows_what_went_in_and_out() {
    let sandbox = Sandbox::new();
    sandbox.write("steps.yaml", STEPS);
    let sayflow = Binary::new(&sandbox);
    let begun = sayflow.run(&["run", "steps.yaml", "--step", "--output", "json"]).await;
    assert_eq!(begun.code, 4, "{}{}", begun.stdout, begun.stderr);
    assert_eq!(begun.json()["run"]["open"], json!([{ "type": "step", "step": "numbers" }]));
    let run = id(&begun);
    let until = sayflow.run(&["runs", "advance", &run, "--until", "save"]).await;
    assert_eq!(until.code, 4, "{}{}", until.stdout, until.stderr);
    assert!(
        until.stdout.contains("numbers") && until.stdout.contains("larger") && until.stdout.contains("stops before save"),
        "{}",
        until.stdout
    );
    assert!(until.stdout.contains("input") && until.stdout.contains("output"), "{}", until.stdout);
    assert!(sandbox.read("out.json").is_none());
    let end = sayflow.run(&["runs", "advance", &run, "--end", "--output", "json"]).await;
    assert_eq!((end.code, &end.json()["run"]["status"]), (0, &json!("succeeded")), "{}", end.stdout);
    assert_eq!(serde_json::from_slice::<Value>(&sandbox.read("out.json").unwrap()).unwrap(), json!([3]));
    assert_eq!(sayflow.run(&["runs", "advance", &run, "--output", "json"]).await.code, 1);
}

#[tokio::test]
async fn one_step_is_done_alone_with_the_data_that_is_given() {
    let sandbox = Sandbox::new();
    sandbox.write("steps.yaml", STEPS);
    sandbox.write("data.json", r#"{ "steps": { "numbers": { "list": [5, 1, 7] }, "larger": { "output": { "items": ["x"] } } } }"#);
    let sayflow = Binary::new(&sandbox);
    let only = ["run", "steps.yaml", "--only", "larger", "--data", "data.json", "--input", "factor=4", "--output", "json"];
    let ended = sayflow.run(&only).await;
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    let result = &ended.json()["result"];
    assert_eq!((&result["step"], &result["uses"], &result["output"]["items"]), (&json!("larger"), &json!("data.filter"), &json!([5, 7])));
    let rehearsed = sayflow.run(&["run", "steps.yaml", "--only", "save", "--data", "data.json", "--dry-run", "--output", "json"]).await;
    assert_eq!(rehearsed.code, 0, "{}{}", rehearsed.stdout, rehearsed.stderr);
    assert!(sandbox.read("out.json").is_none());
    let told = sayflow.run(&["run", "steps.yaml", "--only", "save", "--data", "data.json"]).await;
    assert_eq!(told.code, 0, "{}{}", told.stdout, told.stderr);
    assert!(told.stdout.contains("save (file.write)") && told.stdout.contains("output"), "{}", told.stdout);
    assert!(sandbox.read("out.json").is_some());
    let unknown = sayflow.run(&["run", "steps.yaml", "--only", "nosuch", "--output", "json"]).await;
    assert_ne!(unknown.code, 0);
    let unfit = sayflow.run_with_input(&["run", "steps.yaml", "--only", "save", "--data", "-"], "[1]").await;
    assert_eq!(unfit.code, 64, "{}", unfit.stderr);
}

#[tokio::test]
async fn a_dry_run_carries_the_whole_payload_of_each_effect_that_it_held_back() {
    let (sandbox, slack) = (Sandbox::new(), FakeSlack::start(Vec::new()).await);
    let sayflow = Binary::new(&sandbox).env("SAYFLOW_EGRESS_ALLOW", slack.address());
    sayflow.set_credential("slack", &[("token", fake_slack::TOKEN), ("base_url", &slack.base_url())]).await;
    let long = "long ".repeat(10_000);
    sandbox.write("it.yaml", TO_SLACK.replace("hello", long.trim()));
    let ended = sayflow.run(&["run", "it.yaml", "--dry-run", "--output", "json"]).await;
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    let effect = &ended.json()["suppressed"][0];
    assert_eq!((&effect["step"], &effect["uses"]), (&json!("tell"), &json!("slack.send_message")));
    assert_eq!(effect["payload"], json!({ "channel": "#ops", "text": long.trim() }));
}
