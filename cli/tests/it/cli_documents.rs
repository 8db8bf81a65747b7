//! Checking and keeping documents: `validate`, `schema`, `workflows`.

use crate::support::binary::Binary;
use crate::support::sandbox::Sandbox;
use serde_json::{Value, json};

const SOUND: &str = "name: sound\nsteps:\n  - id: a\n    uses: data.set\n    with: { values: { x: 1 } }\n";
const BROKEN: &str = "name: broken\nsteps:\n  - id: a\n    uses: data.sett\n    with: { values: { x: 1 } }\n";

#[tokio::test]
async fn a_sound_document_is_valid_from_a_file_and_from_stdin() {
    let sandbox = Sandbox::new();
    sandbox.write("sound.yaml", SOUND);
    let sayflow = Binary::new(&sandbox);
    let ended = sayflow.run(&["validate", "sound.yaml", "--output", "json"]).await;
    assert_eq!((ended.code, ended.json()), (0, json!({ "valid": true, "diagnostics": [] })));
    let piped = sayflow.run_with_input(&["validate", "-", "--output", "json"], SOUND).await;
    assert_eq!((piped.code, piped.json()), (0, json!({ "valid": true, "diagnostics": [] })));
    let as_json = json!({ "name": "sound", "steps": [{ "id": "a", "uses": "data.set", "with": { "values": {} } }] }).to_string();
    assert_eq!(sayflow.run_with_input(&["validate", "-"], &as_json).await.code, 0);
}

#[tokio::test]
async fn a_broken_document_exits_with_1_and_marks_the_place() {
    let sandbox = Sandbox::new();
    sandbox.write("broken.yaml", BROKEN);
    let sayflow = Binary::new(&sandbox);
    let ended = sayflow.run(&["validate", "broken.yaml", "--output", "json"]).await;
    assert_eq!(ended.code, 1);
    let object = ended.json();
    assert_eq!(object["valid"], false);
    assert_eq!(object["diagnostics"][0]["pointer"], "/steps/0/uses");
    let told = sayflow.run(&["validate", "broken.yaml"]).await;
    assert_eq!(told.code, 1);
    insta::assert_snapshot!("validate_broken", told.stdout);
}

#[tokio::test]
async fn several_documents_are_all_checked() {
    let sandbox = Sandbox::new();
    sandbox.write("sound.yaml", SOUND);
    sandbox.write("broken.yaml", BROKEN);
    let ended = Binary::new(&sandbox).run(&["validate", "broken.yaml", "sound.yaml", "--output", "json"]).await;
    assert_eq!(ended.code, 1);
    let object = ended.json();
    assert_eq!(object["valid"], false);
    let verdicts: Vec<_> = object["files"].as_array().unwrap().iter().map(|file| (file["file"].clone(), file["valid"].clone())).collect();
    assert_eq!(verdicts, [(json!("broken.yaml"), json!(false)), (json!("sound.yaml"), json!(true))]);
}

#[tokio::test]
async fn a_broken_document_is_not_run_and_its_findings_are_told() {
    let sandbox = Sandbox::new();
    sandbox.write("broken.yaml", BROKEN);
    let sayflow = Binary::new(&sandbox);
    let ended = sayflow.run(&["run", "broken.yaml", "--output", "json"]).await;
    assert_eq!(ended.code, 1);
    let error = ended.json()["error"].clone();
    assert_eq!(error["code"], "invalid_workflow");
    assert_eq!(error["diagnostics"][0]["pointer"], "/steps/0/uses");
    let told = sayflow.run(&["run", "broken.yaml"]).await;
    assert!(told.stderr.contains("data.sett") && told.stdout.is_empty(), "{}", told.stderr);
}

#[tokio::test]
async fn a_missing_file_and_a_folder_are_named() {
    let sandbox = Sandbox::new();
    sandbox.write("flows/a.yaml", SOUND);
    let sayflow = Binary::new(&sandbox);
    let missing = sayflow.run(&["validate", "missing.yaml", "--output", "json"]).await;
    assert_eq!((missing.code, &missing.json()["error"]["code"]), (1, &json!("no_such_file")));
    let folder = sayflow.run(&["validate", "flows", "--output", "json"]).await;
    assert_eq!((folder.code, &folder.json()["error"]["code"]), (1, &json!("not_a_file")));
}

#[tokio::test]
async fn the_schema_is_json_schema_and_needs_no_data_folder() {
    let sandbox = Sandbox::new();
    let ended = Binary::new(&sandbox).env("SAYFLOW_HOME", "/proc/no-such-place").run(&["schema"]).await;
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let schema = ended.json();
    assert!(schema["properties"]["steps"].is_object() && schema["$schema"].is_string());
}

#[tokio::test]
async fn workflows_are_saved_listed_shown_run_and_deleted() {
    let sandbox = Sandbox::new();
    sandbox.write("sound.yaml", SOUND);
    let sayflow = Binary::new(&sandbox);
    let saved = sayflow.run(&["workflows", "save", "sound.yaml", "--output", "json"]).await;
    assert_eq!((saved.code, &saved.json()["latest"]), (0, &json!(1)), "{}", saved.stderr);
    let list = sayflow.run(&["workflows", "list", "--output", "json"]).await.json();
    insta::assert_json_snapshot!("workflows_list", list, { ".workflows[].updated" => "[time]" });
    let shown = sayflow.run(&["workflows", "show", "sound", "--output", "json"]).await.json();
    assert_eq!(shown["workflow"]["name"], "sound");
    let text = sayflow.run(&["workflows", "show", "sound"]).await.stdout;
    assert_eq!(serde_json::from_str::<Value>(&text).expect("the document alone"), shown["workflow"]);
    let run = sayflow.run(&["run", "sound", "--output", "json"]).await;
    assert_eq!((run.code, &run.json()["run"]["status"]), (0, &json!("succeeded")));
    assert_eq!(sayflow.run(&["workflows", "delete", "sound"]).await.stdout, "Deleted sound.\n");
    assert_eq!(sayflow.run(&["workflows", "show", "sound"]).await.code, 1);
}
