//! How the binary behaves on its streams: usage errors, colours, readers that go away, help.

use crate::support::binary::Binary;
use crate::support::sandbox::Sandbox;
use serde_json::json;
use std::process::Stdio;

#[tokio::test]
async fn without_arguments_there_is_short_help_with_three_examples() {
    let sandbox = Sandbox::new();
    let ended = Binary::new(&sandbox).run(&[]).await;
    assert_eq!(ended.code, 0);
    assert_eq!(ended.stdout.lines().filter(|line| line.starts_with("  sayflow ")).count(), 3, "{}", ended.stdout);
    assert!(ended.stdout.lines().all(|line| line.len() <= 100), "{}", ended.stdout);
}

#[tokio::test]
async fn a_wrong_command_line_exits_with_64_in_the_form_that_was_asked_for() {
    let sandbox = Sandbox::new();
    let sayflow = Binary::new(&sandbox);
    for args in [&["frobnicate"][..], &["run"], &["runs", "list", "--limit", "0"], &["run", "a.yaml", "--input", "novalue"]] {
        let told = sayflow.run(args).await;
        assert_eq!((told.code, told.stdout.as_str()), (64, ""), "{args:?}");
        assert!(told.stderr.starts_with("error: "), "{args:?}: {}", told.stderr);
        let mut json = args.to_vec();
        json.extend(["--output", "json"]);
        let ended = sayflow.run(&json).await;
        assert_eq!((ended.code, &ended.json()["error"]["code"]), (64, &json!("usage")), "{args:?}");
    }
    let empty = sayflow.run(&["ask", "--output", "json"]).await;
    assert_eq!((empty.code, &empty.json()["error"]["code"]), (64, &json!("usage")));
}

#[tokio::test]
async fn help_and_version_are_results() {
    let sandbox = Sandbox::new();
    let sayflow = Binary::new(&sandbox);
    for args in [&["--help"][..], &["ask", "--help"], &["--version"]] {
        let ended = sayflow.run(args).await;
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{args:?}");
        assert!(ended.stdout.contains("sayflow"), "{args:?}");
    }
}

#[tokio::test]
async fn colours_are_for_terminals_and_for_those_who_ask() {
    let sandbox = Sandbox::new();
    let sayflow = Binary::new(&sandbox);
    let has_colour = |text: &str| text.contains('\u{1b}');
    assert!(!has_colour(&sayflow.run(&["doctor"]).await.stdout), "a pipe");
    assert!(has_colour(&sayflow.run(&["doctor", "--color", "always"]).await.stdout), "--color always");
    assert!(!has_colour(&sayflow.run(&["doctor", "--color", "never"]).await.stdout), "--color never");
    let without = Binary::new(&sandbox).env("NO_COLOR", "1");
    assert!(has_colour(&without.run(&["doctor", "--color", "always"]).await.stdout), "the flag is nearer than NO_COLOR");
}

#[tokio::test]
async fn a_reader_that_goes_away_is_no_error() {
    let sandbox = Sandbox::new();
    let mut child = Binary::new(&sandbox).command(&["actions", "--output", "jsonl"]).stdin(Stdio::null()).spawn().unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().await.unwrap();
    assert_eq!(ended.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&ended.stderr), "");
}

#[tokio::test]
async fn the_log_is_on_stderr_and_only_for_those_who_ask() {
    let sandbox = Sandbox::new();
    assert_eq!(Binary::new(&sandbox).run(&["runs", "list"]).await.stderr, "");
    let logged = Binary::new(&sandbox).env("SAYFLOW_LOG", "trace").run(&["runs", "list", "--output", "json"]).await;
    assert!(!logged.stderr.is_empty());
    assert_eq!(logged.json(), json!({ "runs": [], "next": null }));
}
