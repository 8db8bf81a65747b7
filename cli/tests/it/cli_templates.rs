//! `sayflow templates`: finding, showing, using, making, taking in and removing them with the real binary.

use crate::support::binary::Binary;
use crate::support::sandbox::Sandbox;
use serde_json::{Value, json};

const ORDERS: &str = "customer,amount\nAnn,500\nBob,20\nCid,1200\n";

const DEALS: &str = r#"
name: deals
description: Save the large deals.
inputs:
  minimum: { type: number, default: 500 }
steps:
  - { id: read, uses: file.read, with: { path: orders.csv } }
  - id: large
    uses: data.filter
    with: { items: "${{ steps.read.output.content }}", where: "${{ item.amount >= inputs.minimum }}" }
  - { id: save, uses: file.write, with: { path: large.csv, content: "${{ steps.large.output.items }}" } }
"#;

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|template| text(template, "/name")).collect()
}

#[tokio::test]
async fn templates_are_listed_found_and_shown() {
    let sandbox = Sandbox::new();
    let binary = Binary::new(&sandbox);
    let all = binary.run(&["templates", "--output", "json"]).await.json();
    assert!(names(&all).len() >= 65);
    assert!(all.as_array().unwrap().iter().all(|template| template["origin"] == "built-in"));
    let found = binary.run(&["templates", "warn", "us", "when", "stock", "runs", "low", "--output", "json"]).await.json();
    assert_eq!(names(&found)[0], "low-stock-alert");

    let page = binary.run(&["templates", "show", "low-stock-alert"]).await.stdout;
    for part in ["threshold", "[10]", "#warehouse", "which products need reordering", "sayflow templates use low-stock-alert"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let yaml = binary.run(&["templates", "show", "low-stock-alert", "--yaml"]).await.stdout;
    assert!(yaml.starts_with("name: low-stock-alert\n"), "{yaml}");
    let missing = binary.run(&["templates", "show", "low-stok-alert"]).await;
    assert_eq!(missing.code, 1);
    assert!(missing.stderr.contains("Did you mean \"low-stock-alert\""), "{}", missing.stderr);
}

#[tokio::test]
async fn a_template_becomes_a_draft_that_runs_and_is_kept() {
    let sandbox = Sandbox::new();
    sandbox.write("subscribers.csv", "name,email\nZoe,zoe@x.example\nAnn,ann@x.example\n");
    let binary = Binary::new(&sandbox);
    let args = ["templates", "use", "clean-subscriber-list", "--set", "output=clean.csv", "--name", "tidy", "--save", "--run", "--yes"];
    let ended = binary.run(&[&args[..], &["--output", "json"]].concat()).await;
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    let report = ended.json();
    assert_eq!(report["planner"], "template");
    assert_eq!(report["run"]["status"], "succeeded");
    assert_eq!(report["draft"]["workflow"]["name"], "tidy");
    assert!(report["draft"]["dry_run"].is_object() && report["draft"]["diagnostics"] == json!([]));
    assert_eq!(sandbox.read("clean.csv").unwrap(), b"name,email\nAnn,ann@x.example\nZoe,zoe@x.example\n");
    let kept = binary.run(&["workflows", "list", "--output", "json"]).await.json();
    assert!(kept.to_string().contains("\"tidy\""), "{kept}");
}

#[tokio::test]
async fn slots_that_are_missing_unknown_or_unfit_are_named() {
    let sandbox = Sandbox::new();
    let binary = Binary::new(&sandbox);
    for (args, wanted) in [
        (&["savings-goal-progress"][..], "--set to=…"),
        (&["low-stock-alert", "--set", "chanel=#a"], "did you mean \"channel\"?"),
        (&["low-stock-alert", "--set", "threshold=many"], "slot \"threshold\" does not take this"),
    ] {
        let ended = binary.run(&[&["templates", "use"], args].concat()).await;
        assert_eq!(ended.code, 64, "{}", ended.stdout);
        assert!(ended.stderr.contains(wanted), "{wanted}: {}", ended.stderr);
    }
}

#[tokio::test]
async fn a_write_beyond_the_folder_waits_for_a_yes() {
    let sandbox = Sandbox::new();
    sandbox.write("orders.csv", ORDERS);
    let binary = Binary::new(&sandbox);
    let ended = binary.run(&["templates", "use", "large-orders-to-slack", "--set", "channel=#deals", "--run", "--output", "json"]).await;
    assert_eq!(ended.code, 3, "{}{}", ended.stdout, ended.stderr);
    let report = ended.json();
    assert!(text(&report, "/approval/what").contains("#deals"), "{report}");
    assert_eq!(report["run"], Value::Null);
}

#[tokio::test]
async fn a_workflow_becomes_a_template_that_travels_as_a_file() {
    let (one, other) = (Sandbox::new(), Sandbox::new());
    one.write("deals.yaml", DEALS);
    let binary = Binary::new(&one);
    let made = [
        "templates",
        "save",
        "big-deals",
        "--from",
        "deals.yaml",
        "--slot",
        "minimum=The least amount",
        "--make-slot",
        "file=steps.read.with.path",
        "--make-slot",
        "output=steps.save.with.path",
        "--example",
        "keep the large deals of a spreadsheet",
        "--tag",
        "sales",
        "--output",
        "json",
    ];
    let made = binary.run(&made).await;
    assert_eq!(made.code, 0, "{}{}", made.stdout, made.stderr);
    assert_eq!(made.json()["origin"], "own");
    let found = binary.run(&["templates", "large", "deals", "of", "a", "spreadsheet", "--output", "json"]).await.json();
    assert_eq!(names(&found)[0], "big-deals");
    let file = binary.run(&["templates", "export", "big-deals"]).await.stdout;

    other.write("big-deals.yaml", &file);
    other.write("sales.csv", ORDERS);
    let binary = Binary::new(&other);
    let taken = binary.run(&["templates", "import", "big-deals.yaml", "--output", "json"]).await;
    assert_eq!(taken.json()["origin"], "imported", "{}", taken.stderr);
    let used = ["templates", "use", "big-deals", "--set", "file=sales.csv", "--set", "minimum=1000", "--run", "--yes"];
    let used = binary.run(&used).await;
    assert_eq!(used.code, 0, "{}{}", used.stdout, used.stderr);
    assert_eq!(other.read("large.csv").unwrap(), b"customer,amount\nCid,1200\n");
    assert!(binary.run(&["templates", "show", "big-deals"]).await.stdout.contains("Taken in from a file"));
    assert_eq!(binary.run(&["templates", "delete", "big-deals"]).await.code, 0);
    assert_eq!(binary.run(&["templates", "show", "big-deals"]).await.code, 1);
}

#[tokio::test]
async fn what_is_no_sound_template_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.write("broken.yaml", "name: x\ndescription: y\n");
    sandbox.write("deals.yaml", DEALS);
    let unsound =
        "name: x\ndescription: Y.\ntags: [z]\nexamples: [do y]\nworkflow:\n  name: x\n  steps:\n    - { id: a, uses: no.action }\n";
    sandbox.write("unsound.yaml", unsound);
    let binary = Binary::new(&sandbox);
    for (args, wanted) in [
        (&["import", "broken.yaml"][..], "tags"),
        (&["import", "unsound.yaml"], "no.action"),
        (&["save", "low-stock-alert", "--from", "deals.yaml"], "came with Sayflow"),
        (&["save", "mine", "--from", "deals.yaml", "--make-slot", "x=steps.read.with.pth"], "steps.read.with.pth"),
        (&["delete", "low-stock-alert"], "came with Sayflow"),
    ] {
        let ended = binary.run(&[&["templates"], args].concat()).await;
        assert!([1, 64].contains(&ended.code), "{args:?}: {} {}", ended.code, ended.stdout);
        assert!(ended.stderr.contains(wanted), "{wanted}: {}", ended.stderr);
    }
}

#[tokio::test]
async fn a_run_by_hand_can_be_given_what_a_trigger_would_have_brought() {
    let sandbox = Sandbox::new();
    sandbox.write("payload.json", r#"{ "text": "spent 7 tea" }"#);
    let binary = Binary::new(&sandbox);
    let ended = binary.run(&["templates", "use", "spending-by-message", "--run", "--yes", "--payload", "@payload.json"]).await;
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    let written = String::from_utf8(sandbox.read("spending.csv").unwrap()).unwrap();
    assert!(written.ends_with(",7,tea\n"), "{written}");
}
