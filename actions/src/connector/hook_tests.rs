//! Discord and Teams, whose accounts are secret addresses, through the real egress client against servers on loopback.

use super::EMBEDDED;
use crate::catalogue;
use crate::test_ports::run_at as run;
use sayflow_engine::action::{Retry, StepError};
use sayflow_engine::vault::{Credential, KeySource, MemoryRows, Vault, VaultKey};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use wiremock::matchers::{body_json, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

const TOKEN: &str = "hushhushhushhushhush-token";
const SIGNATURE: &str = "sig-hushhushhushhush";

async fn account(kind: &str, url: &str) -> Credential {
    let vault = Vault::open(Arc::new(MemoryRows::default()), KeySource::Given(VaultKey::generate())).await.unwrap();
    let form = serde_json::from_value(json!({ "fields": { "url": url } })).unwrap();
    vault.set(kind, form, &catalogue()).await.unwrap();
    vault.resolve(kind, None).await.unwrap()
}

async fn discord(server: &MockServer) -> Credential {
    account("discord", &format!("{}/api/webhooks/123456/{TOKEN}", server.uri())).await
}

async fn teams(server: &MockServer) -> Credential {
    account("teams", &format!("{}/workflows/0a1b/triggers/manual/paths/invoke?api-version=1&sig={SIGNATURE}", server.uri())).await
}

/// What a server gets that answers once, and what the step says to it.
async fn answered(kind: &str, answer: ResponseTemplate) -> Result<Value, StepError> {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(answer).mount(&server).await;
    let account = if kind == "discord" { discord(&server).await } else { teams(&server).await };
    run(&server, &format!("{kind}.send_message"), json!({ "text": "hi" }), &account).await
}

#[tokio::test]
async fn a_message_reaches_discord_and_alerts_nobody_unless_it_is_told_to() {
    for (params, mentions) in [
        (json!({ "text": "Done @everyone", "thread_id": "77" }), json!([])),
        (json!({ "text": "Done @everyone", "thread_id": "77", "mentions": ["everyone"] }), json!(["everyone"])),
    ] {
        let server = MockServer::start().await;
        Mock::given(method("POST"))
            .and(path(format!("/api/webhooks/123456/{TOKEN}")))
            .and(query_param("wait", "true"))
            .and(query_param("thread_id", "77"))
            .and(body_json(json!({ "content": "Done @everyone", "allowed_mentions": { "parse": mentions } })))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "id": "9", "channel_id": "5" })))
            .expect(1)
            .mount(&server)
            .await;
        let output = run(&server, "discord.send_message", params, &discord(&server).await).await.unwrap();
        assert_eq!(output, json!({ "message_id": "9", "channel_id": "5" }));
    }
}

#[tokio::test]
async fn a_message_reaches_teams_as_a_card_behind_the_addresss_own_query() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/workflows/0a1b/triggers/manual/paths/invoke"))
        .and(query_param("api-version", "1"))
        .and(query_param("sig", SIGNATURE))
        .respond_with(ResponseTemplate::new(202))
        .mount(&server)
        .await;
    let account = teams(&server).await;
    let params = json!({ "text": "one\ntwo", "title": "Numbers" });
    assert_eq!(run(&server, "teams.send_message", params, &account).await.unwrap(), json!({ "status": 202 }));
    let card = json!({ "type": "AdaptiveCard", "version": "1.4", "body": [] });
    run(&server, "teams.send_message", json!({ "text": "hi", "card": card }), &account).await.unwrap();
    let bodies: Vec<Value> = server.received_requests().await.unwrap().iter().map(|asked| asked.body_json().unwrap()).collect();
    let content = &bodies[0]["attachments"][0]["content"];
    assert_eq!(bodies[0]["attachments"][0]["contentType"], "application/vnd.microsoft.card.adaptive");
    assert_eq!((&content["body"][0]["text"], &content["body"][1]["text"]), (&json!("Numbers"), &json!("one\n\ntwo")));
    assert_eq!(bodies[1]["attachments"][0]["content"], card);
}

#[tokio::test]
async fn a_refusal_is_told_with_the_way_out_whatever_its_status() {
    let json = |status: u16, body: Value| ResponseTemplate::new(status).set_body_json(body);
    let failed = "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 413 with ContextId x";
    for (kind, answer, says, way_out) in [
        ("discord", json(404, json!({ "message": "Unknown Webhook", "code": 10015 })), "Unknown Webhook", "the webhook is gone"),
        (
            "discord",
            json(
                400,
                json!({ "message": "Invalid Form Body", "errors": { "content": { "_errors": [{ "message": "Must be 2000 or fewer in length." }] } } }),
            ),
            "Invalid Form Body: Must be 2000 or fewer",
            "shorten",
        ),
        ("teams", ResponseTemplate::new(200).set_body_string(failed), "HTTP error 413", "shorten"),
        (
            "teams",
            json(
                401,
                json!({ "error": { "code": "DirectApiAuthorizationRequired", "message": "The request must be authenticated: the signature is wrong." } }),
            ),
            "the signature is wrong",
            "the address is not whole",
        ),
    ] {
        let error = answered(kind, answer).await.unwrap_err();
        assert_eq!((error.code.as_str(), error.retry, error.outcome_unknown), ("service_refused", Retry::Never, false), "{error:?}");
        assert!(error.message.contains(says) && error.help.as_ref().unwrap().contains(way_out), "{error:?}");
    }
}

#[tokio::test]
async fn a_rate_limit_says_how_long_to_wait_wherever_it_stands() {
    let limited = ResponseTemplate::new(429).set_body_json(json!({ "message": "You are being rate limited.", "retry_after": 0.5 }));
    let error = answered("discord", limited).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.retry), ("rate_limited", Retry::After(Duration::from_millis(500))));
    let limited = ResponseTemplate::new(429).insert_header("retry-after", "6");
    let error = answered("teams", limited).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.retry), ("rate_limited", Retry::After(Duration::from_secs(6))));
    let told = "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId x";
    let error = answered("teams", ResponseTemplate::new(200).set_body_string(told)).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.retry, error.outcome_unknown), ("rate_limited", Retry::Maybe, false));
}

#[tokio::test]
async fn an_answer_that_says_neither_leaves_the_outcome_unknown() {
    for (kind, answer, code) in [
        ("discord", ResponseTemplate::new(502), "service_failed"),
        ("discord", ResponseTemplate::new(200).set_body_string("<html>sign in</html>"), "unexpected_answer"),
        ("teams", ResponseTemplate::new(200).set_body_string("<html>sign in</html>"), "unexpected_answer"),
        ("teams", ResponseTemplate::new(503), "service_failed"),
    ] {
        let error = answered(kind, answer).await.unwrap_err();
        assert_eq!((error.code.as_str(), error.outcome_unknown), (code, true), "{kind}: {error:?}");
    }
    assert_eq!(answered("teams", ResponseTemplate::new(200).set_body_string("1")).await.unwrap(), json!({ "status": 200 }));
}

#[tokio::test]
async fn no_part_of_the_secret_address_comes_back() {
    let server = MockServer::start().await;
    let (to_discord, to_teams) = (discord(&server).await, teams(&server).await);
    let place = server.address().to_string();
    assert_eq!((&to_discord.hosts, &to_teams.hosts), (&vec![place.clone()], &vec![place.clone()]));
    // A server that repeats what it was sent, in each form.
    Mock::given(path(format!("/api/webhooks/123456/{TOKEN}")))
        .respond_with(
            ResponseTemplate::new(400).set_body_json(json!({ "message": format!("no hook {TOKEN} at /api/webhooks/123456/{TOKEN}") })),
        )
        .mount(&server)
        .await;
    Mock::given(path("/workflows/0a1b/triggers/manual/paths/invoke"))
        .respond_with(ResponseTemplate::new(400).set_body_json(json!({ "error": { "message": format!("sig={SIGNATURE}") } })))
        .mount(&server)
        .await;
    let mut errors = Vec::new();
    for (action, account) in [("discord.send_message", &to_discord), ("teams.send_message", &to_teams)] {
        errors.push(run(&server, action, json!({ "text": "hi" }), account).await.unwrap_err());
        // Nobody listens, and nobody may be asked.
        let nowhere = MockServer::start().await;
        let mut elsewhere = account.clone();
        elsewhere.hosts = vec!["other.example:443".to_owned()];
        errors.push(run(&nowhere, action, json!({ "text": "hi" }), account).await.unwrap_err());
        errors.push(run(&server, action, json!({ "text": "hi" }), &elsewhere).await.unwrap_err());
    }
    let codes: Vec<&str> = errors.iter().map(|error| error.code.as_str()).collect();
    assert_eq!(codes, ["service_refused", "egress_refused", "credential_host", "service_refused", "egress_refused", "credential_host"]);
    assert!(!format!("{errors:?}").contains("hush"), "{errors:?}");
}

#[tokio::test]
async fn a_redirect_of_a_hook_is_refused_without_its_address() {
    let server = MockServer::start().await;
    let there = format!("https://other.example/api/webhooks/123456/{TOKEN}");
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(307).insert_header("location", there.as_str())).mount(&server).await;
    let error = run(&server, "discord.send_message", json!({ "text": "hi" }), &discord(&server).await).await.unwrap_err();
    assert!(error.code == "redirect_refused" && error.message.contains(&server.uri()), "{error:?}");
    assert!(!format!("{error:?}").contains("hush"), "{error:?}");
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_when_it_is_set_and_not_repeated() {
    let vault = Vault::open(Arc::new(MemoryRows::default()), KeySource::Given(VaultKey::generate())).await.unwrap();
    for url in ["hush", "ftp://hush.example/x", "https://user:hush@x.example/", "//hush.example/x"] {
        let form = serde_json::from_value(json!({ "fields": { "url": url } })).unwrap();
        let why = vault.set("discord", form, &catalogue()).await.unwrap_err();
        assert!(!format!("{why:?} {why}").contains("hush") && why.to_string().contains("url"), "{why}");
    }
    let form = serde_json::from_value(json!({ "fields": { "url": "https://discord.com/api/webhooks/1/hush" } })).unwrap();
    let info = vault.set("discord", form, &catalogue()).await.unwrap();
    let shown = serde_json::to_string(&info).unwrap();
    assert!(shown.contains("discord.com:443") && !shown.contains("hush"), "{shown}");
}

#[test]
fn a_manifest_whose_secret_is_the_address_has_no_other_place() {
    let discord = EMBEDDED.iter().find(|(name, _)| *name == "discord").unwrap().1;
    for (from, to, place) in [
        ("auth: { kind: url", "base_url_field: url\nauth: { kind: url", "base_url_field"),
        ("auth: { kind: url", "auth: { kind: bearer", "base_url_field"),
        ("    method: POST", "    method: POST\n    path: /x", "operations.discord.send_message.path"),
    ] {
        let error = super::parse("discord", &discord.replacen(from, to, 1)).unwrap_err();
        assert_eq!(error.place, place, "{from} -> {to}: {error}");
    }
}
