//! `http.request` against a real server.

use crate::support::{Account, Seen, World, account, closed_port, raw, serve};
use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::routing::{any, get};
use sayflow_engine::action::Retry;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;

/// A server that notes what it sees and answers with JSON, and one path for each status.
async fn server() -> (SocketAddr, Seen) {
    let seen = Seen::default();
    let noted = seen.clone();
    let echo = any(move |request: Request| async move {
        noted.note(request).await;
        ([("x-answer", "Yes"), ("content-type", "application/json")], "{\"data\": [1, 2]}")
    });
    let status = any(|axum::extract::Path(code): axum::extract::Path<u16>| async move {
        (StatusCode::from_u16(code).unwrap(), [("retry-after", "7")], "sorry")
    });
    (serve(Router::new().route("/echo", echo).route("/status/{code}", status)).await, seen)
}

#[tokio::test]
async fn a_get_carries_query_and_headers_and_brings_parsed_json() {
    let (at, seen) = server().await;
    let with = json!({ "url": format!("http://{at}/echo?a=1"), "query": { "q": "x y", "tag": [1, "b"], "none": null }, "headers": { "X-Mine": 5 } });
    let output = World::new().run("http.request", with).await.unwrap();
    assert_eq!(
        (&output["status"], &output["body"], &output["headers"]["x-answer"]),
        (&json!(200), &json!({ "data": [1, 2] }), &json!("Yes"))
    );
    let (method, path, headers, body) = seen.last();
    assert_eq!((method.as_str(), path.as_str(), body.as_str()), ("GET", "/echo?a=1&q=x+y&tag=1&tag=b", ""));
    assert_eq!(headers["x-mine"], "5");
    assert!(headers["user-agent"].to_str().unwrap().starts_with("sayflow/"));
    assert!(!headers.contains_key("idempotency-key"));
}

#[tokio::test]
async fn bodies_go_as_json_text_or_form() {
    let (at, seen) = server().await;
    let world = World::new();
    let url = format!("http://{at}/echo");
    for (with, media, body) in [
        (json!({ "body": { "a": [1] } }), "application/json", "{\"a\":[1]}"),
        (json!({ "body": "plain" }), "text/plain; charset=utf-8", "plain"),
        (
            json!({ "body": { "a": "x y", "b": 2 }, "headers": { "content-type": "application/x-www-form-urlencoded" } }),
            "application/x-www-form-urlencoded",
            "a=x+y&b=2",
        ),
        (json!({ "body": "<a/>", "headers": { "Content-Type": "application/xml" } }), "application/xml", "<a/>"),
    ] {
        let mut with = with;
        with["url"] = json!(url);
        with["method"] = json!("post");
        world.run("http.request", with).await.unwrap();
        let (method, _, headers, sent) = seen.last();
        assert_eq!((method.as_str(), headers["content-type"].to_str().unwrap(), sent.as_str()), ("POST", media, body));
        assert_eq!(headers["idempotency-key"], "run/step/1", "every attempt has the same key");
    }
}

#[tokio::test]
async fn a_status_from_400_fails_the_step_unless_it_is_expected() {
    let (at, _) = server().await;
    let world = World::new();
    let url = format!("http://{at}/status/404?key=secret");
    let why = world.fails("http.request", json!({ "url": url })).await;
    assert_eq!((why.code.as_str(), why.retry), ("http_status", Retry::Never));
    assert_eq!(why.message, format!("GET http://{at}/status/404 answered 404 Not Found: sorry"));
    for expected in [json!(404), json!([200, 404])] {
        let output = world.run("http.request", json!({ "url": url, "expect_status": expected })).await.unwrap();
        assert_eq!((&output["status"], &output["body"]), (&json!(404), &json!("sorry")));
    }
    let why = world.fails("http.request", json!({ "url": format!("http://{at}/echo"), "expect_status": 201 })).await;
    assert_eq!(why.code, "http_status");
}

#[tokio::test]
async fn only_what_may_be_repeated_is_repeated() {
    let (at, _) = server().await;
    let world = World::new();
    let pause = Retry::After(Duration::from_secs(7));
    for (method, status, retry, unknown) in [
        ("GET", 500, Retry::Maybe, false),
        ("GET", 502, Retry::Maybe, false),
        ("GET", 429, pause, false),
        ("GET", 403, Retry::Never, false),
        ("PUT", 500, Retry::Maybe, false),
        ("POST", 429, pause, false),
        ("POST", 503, pause, false),
        ("POST", 500, Retry::Never, false),
        ("POST", 400, Retry::Never, false),
        ("POST", 502, Retry::Maybe, true),
        ("PATCH", 504, Retry::Maybe, true),
    ] {
        let why = world.fails("http.request", json!({ "method": method, "url": format!("http://{at}/status/{status}") })).await;
        assert_eq!((why.code.as_str(), why.retry, why.outcome_unknown), ("http_status", retry, unknown), "{method} {status}");
    }
}

#[tokio::test]
async fn a_broken_connection_leaves_a_write_unknown_and_a_read_to_repeat() {
    let at = raw(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf".to_vec()).await;
    let silent = raw(Vec::new()).await;
    let world = World::new();
    for at in [at, silent] {
        let read = world.fails("http.request", json!({ "url": format!("http://{at}/") })).await;
        assert_eq!((read.code.as_str(), read.retry, read.outcome_unknown), ("connection_lost", Retry::Maybe, false));
        let write = world.fails("http.request", json!({ "method": "POST", "url": format!("http://{at}/") })).await;
        assert_eq!((write.code.as_str(), write.outcome_unknown), ("connection_lost", true));
    }
}

#[tokio::test]
async fn a_host_that_nobody_listens_on_was_not_reached() {
    let url = format!("http://127.0.0.1:{}/x", closed_port());
    let why = World::new().fails("http.request", json!({ "method": "POST", "url": url })).await;
    assert_eq!((why.code.as_str(), why.retry, why.outcome_unknown), ("host_unreachable", Retry::Maybe, false));
    assert!(why.help.is_some());
}

#[tokio::test]
async fn an_answer_that_is_not_the_json_it_claims_is_quoted() {
    let page = get(|| async { ([("content-type", "application/json")], "<html>Sign in</html>") });
    let at = serve(Router::new().route("/", page)).await;
    let why = World::new().fails("http.request", json!({ "url": format!("http://{at}/") })).await;
    assert_eq!(why.code, "not_json");
    assert!(why.message.contains("<html>Sign in"), "{}", why.message);
}

#[tokio::test]
async fn accounts_are_sent_in_their_way_to_their_hosts_only() {
    let (at, seen) = server().await;
    let world = World::new();
    let with = json!({ "url": format!("http://{at}/echo") });
    let here = [at.to_string()];
    let here = [here[0].as_str()];
    for (kind, fields, secrets, name, value) in [
        ("http-bearer", &[][..], &[("token", "s3cret")][..], "authorization", "Bearer s3cret"),
        ("http-basic", &[("username", "ann")], &[("password", "pw")], "authorization", "Basic YW5uOnB3"),
        ("http-header", &[("header", "X-Api-Key")], &[("value", "k")], "x-api-key", "k"),
    ] {
        let mine = account(kind, &here, fields, secrets);
        world.run_as(Account::Named(&mine), "http.request", with.clone()).await.unwrap();
        assert_eq!(seen.last().2[name], value, "{kind}");
    }
    let elsewhere = account("http-bearer", &["api.example"], &[], &[("token", "s3cret")]);
    let sent = seen.count();
    let why = world.run_as(Account::Named(&elsewhere), "http.request", with.clone()).await.unwrap_err();
    assert_eq!((why.code.as_str(), seen.count()), ("credential_host", sent));
    assert!(!format!("{why:?}").contains("s3cret"));
    world.run_as(Account::OnlyOne(&elsewhere), "http.request", with.clone()).await.unwrap();
    assert!(!seen.last().2.contains_key("authorization"), "an account that the step does not name stays at home");
    let mut bearer = with;
    bearer["auth"] = json!("bearer");
    assert_eq!(world.fails("http.request", bearer).await.code, "no_credential");
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_before_it_is() {
    let world = World::new();
    for (with, code) in [
        (json!({ "url": "not a url" }), "invalid_url"),
        (json!({ "url": "/relative" }), "invalid_url"),
        (json!({ "url": "ftp://127.0.0.1/" }), "invalid_url"),
        (json!({ "url": "file:///etc/passwd" }), "invalid_url"),
        (json!({ "url": "http://ann:pw@127.0.0.1/" }), "invalid_url"),
        (json!({ "url": "http://127.0.0.1/", "method": "GET / HTTP/1.1\r\nX: y" }), "invalid_parameters"),
        (json!({ "url": "http://127.0.0.1/", "headers": { "x": "a\r\nEvil: 1" } }), "invalid_header"),
        (json!({ "url": "http://127.0.0.1/", "headers": { "x\r\nEvil": "1" } }), "invalid_header"),
        (json!({ "url": "http://127.0.0.1/", "headers": { "Host": "inside" } }), "invalid_header"),
        (json!({ "url": "http://127.0.0.1/", "headers": { "Transfer-Encoding": "chunked" } }), "invalid_header"),
    ] {
        let why = world.fails("http.request", with.clone()).await;
        assert_eq!(why.code, code, "{with}");
        assert!(!why.message.contains("pw"), "{}", why.message);
    }
}

#[tokio::test]
async fn an_empty_answer_is_null() {
    let at = serve(Router::new().route("/", any(|| async { StatusCode::NO_CONTENT }))).await;
    let output = World::new().run("http.request", json!({ "method": "DELETE", "url": format!("http://{at}/") })).await.unwrap();
    assert_eq!((&output["status"], &output["body"], &output["body_kind"]), (&json!(204), &Value::Null, &json!("empty")));
}

#[tokio::test]
async fn a_graphql_query_brings_its_data() {
    let (at, seen) = server().await;
    let world = World::new();
    let with = json!({ "url": format!("http://{at}/echo"), "query": "query Q($n: Int) { a(n: $n) }", "variables": { "n": 2 } });
    assert_eq!(world.run("graphql.query", with.clone()).await.unwrap(), json!({ "data": [1, 2] }));
    let sent: Value = serde_json::from_str(&seen.last().3).unwrap();
    assert_eq!(sent, json!({ "query": "query Q($n: Int) { a(n: $n) }", "variables": { "n": 2 } }));
    let mut sneaky = with;
    sneaky["query"] = json!("mutation { drop }");
    assert_eq!((world.fails("graphql.query", sneaky).await.code.as_str(), seen.count()), ("invalid_parameters", 1));
    let gone = json!({ "url": format!("http://{at}/status/502"), "query": "{ a }" });
    let why = world.fails("graphql.query", gone).await;
    assert_eq!((why.retry, why.outcome_unknown), (Retry::Maybe, false), "a query may be repeated although it is a POST");
}

#[tokio::test]
async fn hosts_that_the_step_names_may_be_redirected_to() {
    let (target, seen) = server().await;
    let there = format!("http://localhost:{}/echo", target.port());
    let at = serve(Router::new().fallback(any(move || async move { (StatusCode::FOUND, [("location", there)]) }))).await;
    let world = World::new();
    let mut with = json!({ "url": format!("http://{at}/") });
    assert_eq!(world.fails("http.request", with.clone()).await.code, "redirect_refused");
    with["redirect_hosts"] = json!([format!("http://localhost:{}", target.port())]);
    assert_eq!(world.run("http.request", with).await.unwrap()["status"], 200);
    assert_eq!(seen.count(), 1);
}

#[test]
fn only_a_key_of_the_step_says_that_the_server_knows_repeats() {
    let catalogue = sayflow_actions::catalogue();
    for id in ["http.request", "graphql.query"] {
        let takes = |with: Value, key: Option<&str>| catalogue.spec(id).unwrap().takes_key_with(with.as_object().unwrap(), key);
        assert!(!takes(json!({}), None), "{id}: most servers ignore the header");
        assert!(takes(json!({ "headers": { "x-a": "b" } }), Some("${{ run.id }}")), "{id}");
        for own in [json!({ "Idempotency-Key": "${{ now }}" }), json!("${{ inputs.headers }}")] {
            assert!(!takes(json!({ "headers": own }), Some("k")), "{id}: another key may be sent than the one of the step");
        }
    }
}

#[tokio::test]
async fn a_mutation_carries_the_key_and_a_query_does_not() {
    let (at, seen) = server().await;
    let world = World::new();
    let mutation = json!({ "url": format!("http://{at}/echo"), "query": "mutation { a }", "operation": "mutation" });
    world.run("graphql.query", mutation.clone()).await.unwrap();
    assert_eq!(seen.last().2["idempotency-key"], "run/step/1");
    let mut own = mutation;
    own["headers"] = json!({ "Idempotency-Key": "mine" });
    world.run("graphql.query", own).await.unwrap();
    assert_eq!(seen.last().2["idempotency-key"], "mine");
    world.run("graphql.query", json!({ "url": format!("http://{at}/echo"), "query": "{ a }" })).await.unwrap();
    assert!(!seen.last().2.contains_key("idempotency-key"));
}
