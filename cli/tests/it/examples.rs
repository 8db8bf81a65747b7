//! The files in `examples/` do what their comments say, from the root of a checkout, without a network.

use crate::support::binary::Binary;
use crate::support::sandbox::Sandbox;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Each workflow, with the files that it writes.
const WRITES: &[(&str, &[&str])] = &[
    ("by-country.yaml", &["by-country.csv", "headline.txt"]),
    ("paid-orders.yaml", &["paid-orders.json"]),
    (
        "reminders.yaml",
        &[
            "reminders/1004.txt",
            "reminders/1009.txt",
            "reminders/1012.txt",
            "reminders/1016.txt",
            "reminders/1022.txt",
            "reminders/1024.txt",
            "reminders/1029.txt",
        ],
    ),
    ("weekly-report.toml", &["largest-orders.csv"]),
];

#[tokio::test]
async fn every_example_is_valid_and_writes_what_it_says() {
    for name in workflow_names() {
        let (_, expected) = WRITES.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("say in WRITES what {name} writes"));
        let checkout = checkout();
        let sayflow = Binary::new(&checkout);
        let file = format!("examples/{name}");
        let validated = sayflow.run(&["validate", &file, "--output", "json"]).await;
        assert_eq!(validated.json()["valid"], true, "{name}: {}", validated.stdout);
        let before = checkout.files();
        let run = sayflow.run(&["run", &file, "--yes", "--output", "json"]).await;
        assert_eq!(run.json()["run"]["status"], "succeeded", "{name}: {}{}", run.stdout, run.stderr);
        let written: Vec<String> = checkout.files().into_keys().filter(|path| !before.contains_key(path)).collect();
        assert_eq!(written, *expected, "{name}");
    }
}

#[tokio::test]
async fn an_input_of_an_example_changes_what_it_keeps() {
    let checkout = checkout();
    let run =
        Binary::new(&checkout).run(&["run", "examples/paid-orders.yaml", "--input", "status=refunded", "--yes", "--output", "json"]).await;
    assert_eq!(run.json()["run"]["outputs"]["count"], 3, "{}{}", run.stdout, run.stderr);
    let rows: Value = serde_json::from_slice(&checkout.read("paid-orders.json").expect("the file is written")).expect("JSON");
    let ids: Vec<String> = rows.as_array().expect("a list").iter().map(|row| row["order_id"].to_string().replace('"', "")).collect();
    assert_eq!(ids, ["1006", "1026", "1018"], "largest first");
}

#[tokio::test]
async fn the_request_that_the_examples_suggest_does_its_work() {
    let readme = std::fs::read_to_string(folder().join("README.md")).expect("the examples have a README");
    let request = readme.split("`sayflow ask \"").nth(1).and_then(|rest| rest.split("\" --run`").next()).expect("it suggests a request");
    let checkout = checkout();
    let ended = Binary::new(&checkout).run(&["ask", request, "--run", "--output", "json"]).await;
    assert_eq!(ended.code, 0, "it names all that it touches, so it needs no yes: {}{}", ended.stdout, ended.stderr);
    let rows: Value = serde_json::from_slice(&checkout.read("paid.json").expect("the file is written")).expect("JSON");
    let rows = rows.as_array().expect("a list");
    assert!(rows.len() == 20 && rows.iter().all(|row| row["status"] == "paid"), "{rows:?}");
}

/// A sandbox with the examples in it.
fn checkout() -> Sandbox {
    let sandbox = Sandbox::new();
    for entry in std::fs::read_dir(folder()).expect("the examples").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        sandbox.write(&format!("examples/{name}"), std::fs::read(entry.path()).expect("a readable example"));
    }
    sandbox
}

fn workflow_names() -> Vec<String> {
    let entries = std::fs::read_dir(folder()).expect("the examples").flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".yaml") || name.ends_with(".toml")).collect();
    names.sort();
    names
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples")
}
