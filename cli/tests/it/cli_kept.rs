//! The catalogue, accounts and the installation itself: `actions`, `templates`, `credentials`, `doctor`, `completions`.

use crate::support::binary::Binary;
use crate::support::sandbox::Sandbox;
use serde_json::json;

#[tokio::test]
async fn actions_are_a_list_of_declarations() {
    let sandbox = Sandbox::new();
    let sayflow = Binary::new(&sandbox);
    let list = sayflow.run(&["actions", "--output", "json"]).await.json();
    let actions = list.as_array().expect("a list");
    for action in actions {
        let keys: Vec<&str> = action.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["id", "title", "effect", "credential", "params", "output"], "{action}");
    }
    assert!(actions.iter().any(|action| action["id"] == "file.write" && action["effect"] == "write"));
    let lines = sayflow.run(&["actions", "--output", "jsonl"]).await.stdout;
    assert_eq!(lines.lines().count(), actions.len());
    let page = sayflow.run(&["actions", "file.write"]).await.stdout;
    assert!(page.contains("Parameters") && page.contains("path"), "{page}");
    assert_eq!(sayflow.run(&["actions", "file.rite"]).await.code, 1);
}

#[tokio::test]
async fn templates_are_found_by_words() {
    let sandbox = Sandbox::new();
    let sayflow = Binary::new(&sandbox);
    let all = sayflow.run(&["templates", "--output", "json"]).await.json();
    assert!(all.as_array().expect("a list").iter().all(|template| template["name"].is_string() && template["description"].is_string()));
    let found = sayflow.run(&["templates", "post", "a", "feed", "to", "slack", "--output", "json"]).await.json();
    assert!(found[0]["name"].as_str().unwrap_or_default().contains("slack"), "{found}");
}

#[tokio::test]
async fn secrets_go_in_from_stdin_and_files_and_never_come_out() {
    let sandbox = Sandbox::new();
    sandbox.write("token.txt", "xoxb-from-file\n");
    let sayflow = Binary::new(&sandbox);
    let from_stdin = sayflow.run_with_input(&["credentials", "set", "slack", "--field", "token=-"], "xoxb-from-stdin\n").await;
    assert_eq!(from_stdin.code, 0, "{}", from_stdin.stderr);
    let from_file = sayflow.run(&["credentials", "set", "news", "--type", "slack", "--field", "token=@token.txt"]).await;
    assert_eq!(from_file.code, 0, "{}", from_file.stderr);
    let list = sayflow.run(&["credentials", "list", "--output", "json"]).await;
    insta::assert_json_snapshot!("credentials_list", list.json(), { ".credentials[].updated" => "[time]" });
    let table = sayflow.run(&["credentials", "list"]).await;
    for output in [&from_stdin, &from_file, &list, &table] {
        assert!(!format!("{}{}", output.stdout, output.stderr).contains("xoxb-"), "{output:?}");
    }
    assert_eq!(sayflow.run(&["credentials", "remove", "news"]).await.code, 0);
    assert_eq!(sayflow.run(&["credentials", "remove", "news"]).await.code, 1);
}

#[tokio::test]
async fn a_missing_secret_is_not_asked_for_where_nobody_can_answer() {
    let sandbox = Sandbox::new();
    let ended = Binary::new(&sandbox).run(&["credentials", "set", "slack", "--output", "json"]).await;
    assert_ne!(ended.code, 0);
    let error = ended.json()["error"].clone();
    assert!(error["message"].as_str().unwrap_or_default().contains("token"), "{error}");
    let twice = Binary::new(&sandbox).run(&["credentials", "set", "x", "--field", "a=-", "--field", "b=-"]).await;
    assert_eq!(twice.code, 64);
}

#[tokio::test]
async fn the_doctor_looks_without_touching_and_fails_on_a_wrong_setting() {
    let sandbox = Sandbox::new();
    let sayflow = Binary::new(&sandbox).env("SAYFLOW_EGRESS_ALLOW", "127.0.0.1:9");
    let ended = sayflow.run(&["doctor", "--output", "json"]).await;
    assert_eq!(ended.code, 0, "{}", ended.stdout);
    let object = ended.json();
    let names: Vec<&str> = object["checks"].as_array().unwrap().iter().filter_map(|check| check["name"].as_str()).collect();
    assert_eq!(names, ["version", "config", "data", "lock", "database", "key", "model", "egress", "timezone", "server"]);
    assert_eq!(object["healthy"], true);
    assert!(!sandbox.home().exists(), "looking makes nothing");

    std::fs::create_dir_all(sandbox.home()).unwrap();
    std::fs::write(sandbox.home().join("config.toml"), "[egress]\nalow = []\n").unwrap();
    let broken = sayflow.run(&["doctor", "--output", "json"]).await;
    assert_eq!((broken.code, &broken.json()["healthy"]), (1, &json!(false)));
    let refused = sayflow.run(&["actions", "--output", "json"]).await;
    assert_eq!((refused.code, &refused.json()["error"]["code"]), (1, &json!("settings")));
    assert!(refused.json()["error"]["help"].as_str().unwrap_or_default().contains("allow"), "{}", refused.stdout);
}

#[tokio::test]
async fn a_data_folder_that_cannot_be_made_is_named() {
    let sandbox = Sandbox::new();
    let ended = Binary::new(&sandbox).env("SAYFLOW_HOME", "/proc/no-such-place").run(&["runs", "list", "--output", "json"]).await;
    assert_eq!(ended.code, 1);
    assert!(ended.json()["error"]["message"].as_str().unwrap_or_default().contains("/proc/no-such-place"), "{}", ended.stdout);
}

#[tokio::test]
async fn a_data_folder_that_another_process_holds_is_named() {
    let sandbox = Sandbox::new();
    std::fs::create_dir_all(sandbox.home()).unwrap();
    let lock = std::fs::File::create(sandbox.home().join("data.lock")).unwrap();
    lock.lock().unwrap();
    let ended = Binary::new(&sandbox).run(&["runs", "list", "--output", "json"]).await;
    assert_eq!((ended.code, &ended.json()["error"]["code"]), (1, &json!("locked")), "{}", ended.stdout);
    assert!(!ended.json()["error"]["help"].is_null(), "{}", ended.stdout);
}

#[tokio::test]
async fn completions_exist_for_each_shell() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "zsh", "fish"] {
        let ended = Binary::new(&sandbox).run(&["completions", shell]).await;
        assert_eq!(ended.code, 0);
        assert!(ended.stdout.contains("sayflow") && ended.stdout.contains("credentials"), "{shell}");
    }
}
