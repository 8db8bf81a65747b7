//! The embedded connectors against answers as their services give them.

use super::{EMBEDDED, add, parse};
use crate::catalogue;
use crate::test_ports::World;
use sayflow_engine::action::{Catalogue, Outcome, Retry, StepError};
use sayflow_engine::vault::{Credential, Secret};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Duration;

fn account(kind: &str, base_url: &str) -> Credential {
    Credential {
        name: "mine".into(),
        kind: kind.into(),
        hosts: Vec::new(),
        fields: [("base_url".to_owned(), base_url.to_owned())].into_iter().collect(),
        secrets: [("token".to_owned(), Secret::new("hush".into()))].into_iter().collect(),
    }
}

async fn slack(world: &Arc<World>, params: Value) -> Result<Value, StepError> {
    run(world, "slack.send_message", params, &account("slack", "http://127.0.0.1:9/api/")).await
}

async fn telegram(world: &Arc<World>, params: Value) -> Result<Value, StepError> {
    run(world, "telegram.send_message", params, &account("telegram", "http://127.0.0.1:9")).await
}

async fn run(world: &Arc<World>, action: &str, params: Value, account: &Credential) -> Result<Value, StepError> {
    match world.run(&catalogue(), action, params, Some(account)).await? {
        Outcome::Done(output) => Ok(output),
        other => panic!("{other:?}"),
    }
}

const SLACK_OK: &str = r#"{"ok": true, "channel": "C1", "ts": "1.2", "message": {}}"#;

#[tokio::test]
async fn slack_gets_one_request_with_the_given_fields() {
    let world = World::answering(200, &[], SLACK_OK);
    let output =
        slack(&world, json!({"channel": "#news", "text": "hi", "thread_ts": null, "blocks": [{"type": "divider"}]})).await.unwrap();
    assert_eq!(output, json!({"channel": "C1", "ts": "1.2"}));
    let asked = world.asked.lock().unwrap().remove(0);
    assert_eq!((asked.method.as_str(), asked.url.as_str()), ("POST", "http://127.0.0.1:9/api/chat.postMessage"));
    assert_eq!(asked.auth, "bearer mine.token");
    assert_eq!(asked.body, json!({"channel": "#news", "text": "hi", "blocks": [{"type": "divider"}]}));
    assert!(asked.headers.contains(&("content-type".to_owned(), "application/json; charset=utf-8".to_owned())));
}

#[tokio::test]
async fn telegram_takes_the_token_in_the_address_and_chats_by_number_or_name() {
    for chat in [json!(-100_123), json!("@news"), json!("42")] {
        let world = World::answering(200, &[], r#"{"ok": true, "result": {"message_id": 7, "chat": {"id": -100123}}}"#);
        let output = telegram(&world, json!({"chat_id": chat, "text": 3})).await.unwrap();
        assert_eq!(output, json!({"message_id": 7, "chat_id": -100_123}));
        let asked = world.asked.lock().unwrap().remove(0);
        assert_eq!(asked.url, "http://127.0.0.1:9/bot{token}/sendMessage");
        assert_eq!((asked.auth.as_str(), asked.body), ("in url mine.token", json!({"chat_id": chat, "text": "3"})));
    }
}

#[tokio::test]
async fn whatever_is_given_as_text_arrives_readable() {
    let world = World::answering(200, &[], SLACK_OK);
    slack(&world, json!({"channel": "#news", "text": [{"title": "A", "n": 1}, {"title": "B", "n": 2}]})).await.unwrap();
    assert_eq!(world.asked.lock().unwrap()[0].body["text"], "title: A\nn: 1\n\ntitle: B\nn: 2");
}

#[tokio::test]
async fn a_refusal_carries_the_services_word_and_the_way_out() {
    for (word, way_out) in
        [("channel_not_found", "channel's name"), ("not_in_channel", "/invite"), ("invalid_auth", "sayflow credentials set")]
    {
        let world = World::answering(200, &[], &json!({"ok": false, "error": word}).to_string());
        let error = slack(&world, json!({"channel": "#x", "text": "hi"})).await.unwrap_err();
        assert_eq!((error.code.as_str(), error.retry, error.outcome_unknown), ("service_refused", Retry::Never, false));
        assert_eq!(error.message, format!("Slack refused slack.send_message: {word}"));
        assert!(error.help.unwrap().contains(way_out), "{word}");
    }
    let body = r#"{"ok": false, "error_code": 400, "description": "Bad Request: chat not found"}"#;
    let error = telegram(&World::answering(400, &[], body), json!({"chat_id": 1, "text": "hi"})).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.retry), ("service_refused", Retry::Never));
    assert!(error.message.ends_with("chat not found") && error.help.unwrap().contains("check the chat_id"));
}

#[tokio::test]
async fn a_rate_limit_says_how_long_to_wait() {
    let limited = r#"{"ok": false, "error": "ratelimited"}"#;
    let message = json!({"channel": "#x", "text": "hi"});
    let error = slack(&World::answering(429, &[("retry-after", "7")], limited), message.clone()).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.retry, error.outcome_unknown), ("rate_limited", Retry::After(Duration::from_secs(7)), false));
    let date = [("retry-after", "Fri, 01 Jan 2100 00:00:00 GMT")];
    let error = slack(&World::answering(429, &date, limited), message.clone()).await.unwrap_err();
    assert_eq!(error.retry, Retry::After(Duration::from_secs(24 * 60 * 60)), "nobody waits for longer than a day");
    let error = slack(&World::answering(200, &[], limited), message.clone()).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.retry), ("rate_limited", Retry::Maybe));
    let error = slack(&World::answering(429, &[("retry-after", "soon")], "slow down"), message).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.retry), ("rate_limited", Retry::Maybe));
    let body = r#"{"ok": false, "error_code": 429, "description": "Too Many Requests: retry after 5", "parameters": {"retry_after": 5}}"#;
    let error = telegram(&World::answering(429, &[], body), json!({"chat_id": 1, "text": "hi"})).await.unwrap_err();
    assert_eq!(error.retry, Retry::After(Duration::from_secs(5)));
}

#[tokio::test]
async fn an_ambiguous_answer_leaves_the_outcome_unknown() {
    let message = json!({"channel": "#x", "text": "hi"});
    for (status, body, code) in [
        (500, "", "service_failed"),
        (503, "<html>busy</html>", "service_failed"),
        (200, "<html>a login page</html>", "unexpected_answer"),
        (200, r#"{"ok": true}"#, "ok"),
        (200, "null", "unexpected_answer"),
    ] {
        match slack(&World::answering(status, &[], body), message.clone()).await {
            Ok(output) => assert_eq!((code, output), ("ok", json!({"channel": null, "ts": null})), "{body}"),
            Err(error) => assert_eq!((error.code.as_str(), error.outcome_unknown), (code, true), "{body}: {error}"),
        }
    }
    let error = telegram(&World::answering(200, &[], "not JSON"), json!({"chat_id": 1, "text": "hi"})).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.outcome_unknown), ("unexpected_answer", true));
    let error = slack(&World::answering(404, &[], "not here"), message).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.outcome_unknown), ("service_refused", false));
}

#[tokio::test]
async fn a_success_that_leaves_fields_out_is_a_success() {
    let message = json!({"chat_id": 7, "text": "hi"});
    let output = telegram(&World::answering(200, &[], r#"{"ok": true}"#), message.clone()).await.unwrap();
    assert_eq!(output, json!({"message_id": null, "chat_id": null}));
    let output = telegram(&World::answering(200, &[], r#"{"ok": true, "result": {"message_id": 4}}"#), message).await.unwrap();
    assert_eq!(output, json!({"message_id": 4, "chat_id": 7}));
}

#[tokio::test]
async fn texts_that_are_empty_or_too_long_are_refused_before_anything_is_sent() {
    let world = Arc::new(World::default());
    for (text, code) in [(json!(""), "text_empty"), (json!([]), "text_empty"), (json!("x".repeat(40_001)), "text_too_long")] {
        assert_eq!(slack(&world, json!({"channel": "#x", "text": text})).await.unwrap_err().code, code);
    }
    let error = telegram(&world, json!({"chat_id": 1, "text": "😀".repeat(2049)})).await.unwrap_err();
    assert_eq!(error.message, "\"text\" has 4098 characters; Telegram takes at most 4096");
    assert!(world.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn missing_and_unknown_parameters_and_accounts_are_named() {
    let world = Arc::new(World::default());
    for (params, says) in [
        (json!({"channel": "#x"}), "\"text\" is missing"),
        (json!({"channel": null, "text": "hi"}), "\"channel\" is missing"),
        (json!({"channel": "#x", "text": "hi", "chanel": "#y"}), "unknown parameter \"chanel\""),
        (json!("hi"), "expected an object"),
    ] {
        let error = slack(&world, params).await.unwrap_err();
        assert!(error.code == "invalid_parameters" && error.message.contains(says), "{error}");
    }
    let none = world.run(&catalogue(), "slack.send_message", json!({"channel": "#x", "text": "hi"}), None).await.unwrap_err();
    assert_eq!(none.code, "no_credential");
}

#[tokio::test]
async fn the_expressions_of_every_manifest_are_sound() {
    let evaluator = sayflow_engine::expr::Evaluator::new();
    for (file, text) in EMBEDDED {
        for operation in parse(file, text).unwrap().operations {
            let script = super::response::script(&operation);
            for body in [json!(null), json!("text"), json!({}), json!([])] {
                let input = json!({"status": 400, "headers": {}, "body": body, "params": {}});
                let verdict = evaluator.script(&script, input).await.unwrap();
                assert_eq!(verdict["success"], json!(false), "{}: {body}", operation.id);
            }
        }
    }
}

#[tokio::test]
async fn the_key_goes_where_the_manifest_says_that_the_service_takes_it() {
    let manifest = EMBEDDED.iter().find(|(name, _)| *name == "slack").unwrap().1;
    for (section, in_header, in_body) in
        [("idempotency: { header: Idempotency-Key }", true, Value::Null), ("idempotency: { field: client_msg_id }", false, json!("key"))]
    {
        let text = manifest.replacen("idempotent: false", &format!("idempotent: false\n    {section}"), 1);
        let mut catalogue = Catalogue::new();
        add(&mut catalogue, parse("slack", &text).unwrap()).unwrap();
        assert!(catalogue.spec("slack.send_message").unwrap().takes_key_with(&Map::new(), None));
        let world = World::answering(200, &[], SLACK_OK);
        let mine = account("slack", "http://127.0.0.1:9/api");
        world.run(&catalogue, "slack.send_message", json!({"channel": "#news", "text": "hi"}), Some(&mine)).await.unwrap();
        let asked = world.asked.lock().unwrap().remove(0);
        assert_eq!(asked.headers.contains(&("idempotency-key".to_owned(), "key".to_owned())), in_header, "{section}");
        assert_eq!(asked.body["client_msg_id"], in_body, "{section}");
    }
    assert!(!catalogue().spec("slack.send_message").unwrap().takes_key_with(&Map::new(), Some("mine")));
}
