//! The embedded connectors through the real egress client, against HTTP servers on loopback.

use crate::catalogue;
use crate::egress::{Egress, EgressPolicy};
use crate::test_ports::World;
use sayflow_engine::action::{Outcome, Retry, StepError};
use sayflow_engine::vault::{Credential, KeySource, MemoryRows, Vault, VaultKey};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use wiremock::matchers::{body_json, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

/// An account as the vault hands it out.
async fn account(kind: &str, token: &str, base_url: &str) -> Credential {
    let vault = Vault::open(Arc::new(MemoryRows::default()), KeySource::Given(VaultKey::generate())).await.unwrap();
    let form = serde_json::from_value(json!({"fields": {"token": token, "base_url": base_url}})).unwrap();
    vault.set(kind, form, &catalogue()).await.unwrap();
    vault.resolve(kind, None).await.unwrap()
}

async fn run(server: &MockServer, action: &str, params: Value, account: &Credential) -> Result<Outcome<Value>, StepError> {
    let policy = EgressPolicy::from_allow_list(&server.address().to_string()).unwrap();
    let world = World { http: Some(Egress::new(policy)), ..World::default() };
    Arc::new(world).run(&catalogue(), action, params, Some(account)).await
}

#[tokio::test]
async fn a_message_reaches_slack_with_the_accounts_token() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/api/chat.postMessage"))
        .and(header("authorization", "Bearer xoxb-hush"))
        .and(body_json(json!({"channel": "#news", "text": "Grüße"})))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"ok": true, "channel": "C1", "ts": "1.2"})))
        .expect(1)
        .mount(&server)
        .await;
    let account = account("slack", "xoxb-hush", &format!("{}/api", server.uri())).await;
    let outcome = run(&server, "slack.send_message", json!({"channel": "#news", "text": "Grüße"}), &account).await.unwrap();
    assert_eq!(outcome, Outcome::Done(json!({"channel": "C1", "ts": "1.2"})));
}

#[tokio::test]
async fn a_message_reaches_telegram_with_the_token_in_the_address() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/bot123:hush/sendMessage"))
        .and(body_json(json!({"chat_id": 42, "text": "hi"})))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"ok": true, "result": {"message_id": 7, "chat": {"id": 42}}})))
        .expect(1)
        .mount(&server)
        .await;
    let account = account("telegram", "123:hush", &server.uri()).await;
    let outcome = run(&server, "telegram.send_message", json!({"chat_id": 42, "text": "hi"}), &account).await.unwrap();
    assert_eq!(outcome, Outcome::Done(json!({"message_id": 7, "chat_id": 42})));
}

#[tokio::test]
async fn what_goes_wrong_on_the_wire_is_told_without_the_token() {
    let server = MockServer::start().await;
    let limited = ResponseTemplate::new(429).insert_header("retry-after", "3").set_body_json(json!({"ok": false, "error": "ratelimited"}));
    Mock::given(path("/api/chat.postMessage")).respond_with(limited).mount(&server).await;
    Mock::given(path("/bot123:hush/sendMessage")).respond_with(ResponseTemplate::new(502)).mount(&server).await;
    let slack = account("slack", "xoxb-hush", &format!("{}/api", server.uri())).await;
    let error = run(&server, "slack.send_message", json!({"channel": "#x", "text": "hi"}), &slack).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.retry), ("rate_limited", Retry::After(Duration::from_secs(3))));
    let telegram = account("telegram", "123:hush", &server.uri()).await;
    let broken = run(&server, "telegram.send_message", json!({"chat_id": 1, "text": "hi"}), &telegram).await.unwrap_err();
    assert_eq!((broken.code.as_str(), broken.outcome_unknown), ("service_failed", true));
    let elsewhere = account("telegram", "123:hush", "http://127.0.0.1:1").await;
    let refused = run(&server, "telegram.send_message", json!({"chat_id": 1, "text": "hi"}), &elsewhere).await.unwrap_err();
    assert_eq!((refused.code.as_str(), refused.outcome_unknown), ("egress_refused", false));
    assert!(!format!("{error:?} {broken:?} {refused:?}").contains("hush"));
}
