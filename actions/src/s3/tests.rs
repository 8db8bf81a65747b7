//! Objects through the real egress client, against a store on loopback that checks what it is sent.

use crate::catalogue;
use crate::egress::{Egress, EgressPolicy};
use crate::test_ports::{World, run_at as run};
use sayflow_engine::action::Retry;
use sayflow_engine::vault::{Credential, KeySource, MemoryRows, Vault, VaultKey};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use wiremock::matchers::{body_string, header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

const SECRET: &str = "wJalrXUtnFEMI-hush";

async fn account(endpoint: &str, more: &[(&str, &str)]) -> Credential {
    let vault = Vault::open(Arc::new(MemoryRows::default()), KeySource::Given(VaultKey::generate())).await.unwrap();
    let mut fields = json!({ "endpoint": endpoint, "region": "eu-central-1", "access_key": "AKIAEXAMPLE", "secret_key": SECRET });
    for (name, value) in more {
        fields[*name] = json!(value);
    }
    vault.set("store", serde_json::from_value(json!({ "type": "s3", "fields": fields })).unwrap(), &catalogue()).await.unwrap();
    vault.resolve("s3", None).await.unwrap()
}

#[tokio::test]
async fn rows_are_written_as_the_keys_extension_says_and_the_request_is_signed() {
    let server = MockServer::start().await;
    Mock::given(method("PUT"))
        .and(path("/reports/daily/orders%201.csv"))
        .and(query_param("X-Amz-Algorithm", "AWS4-HMAC-SHA256"))
        .and(query_param("X-Amz-SignedHeaders", "host"))
        .and(header("content-type", "text/csv; charset=utf-8"))
        .and(body_string("id,name\n1,Ann\n"))
        .respond_with(ResponseTemplate::new(200).insert_header("etag", "\"abc\""))
        .expect(1)
        .mount(&server)
        .await;
    let account = account(&server.uri(), &[]).await;
    let params = json!({ "bucket": "reports", "key": "daily/orders 1.csv", "content": [{ "id": 1, "name": "Ann" }] });
    let output = run(&server, "s3.put_object", params, &account).await.unwrap();
    assert_eq!(output, json!({ "bucket": "reports", "key": "daily/orders 1.csv", "bytes": 14, "etag": "abc" }));
    let asked = server.received_requests().await.unwrap().remove(0);
    let credential = asked.url.query_pairs().find(|(name, _)| name == "X-Amz-Credential").unwrap().1.into_owned();
    assert!(credential.starts_with("AKIAEXAMPLE/") && credential.ends_with("/eu-central-1/s3/aws4_request"), "{credential}");
    assert!(!asked.url.as_str().contains(SECRET) && asked.headers.get("authorization").is_none());
}

#[tokio::test]
async fn an_object_is_read_in_its_format_with_what_the_store_says_of_it() {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(200)
        .set_body_raw(r#"{"a": 1}"#, "application/json")
        .insert_header("etag", "\"e1\"")
        .insert_header("last-modified", "Fri, 01 May 2026 09:00:00 GMT");
    Mock::given(method("GET")).and(path("/conf/app.json")).respond_with(answer).mount(&server).await;
    let account = account(&server.uri(), &[("session_token", "passing-hush")]).await;
    let output = run(&server, "s3.get_object", json!({ "bucket": "conf", "key": "app.json" }), &account).await.unwrap();
    let expected = json!({
        "content": { "a": 1 }, "bytes": 8, "content_type": "application/json", "etag": "e1", "modified": "Fri, 01 May 2026 09:00:00 GMT",
    });
    assert_eq!(output, expected);
    let asked = server.received_requests().await.unwrap().remove(0);
    assert!(asked.url.query_pairs().any(|pair| pair == ("X-Amz-Security-Token".into(), "passing-hush".into())));
}

#[tokio::test]
async fn a_refusal_carries_the_stores_word_and_the_way_out_and_no_secret() {
    let server = MockServer::start().await;
    let account = account(&server.uri(), &[]).await;
    for (status, code, way_out) in [
        (404, "NoSuchKey", "check the key"),
        (404, "NoSuchBucket", "check the bucket"),
        (403, "SignatureDoesNotMatch", "credentials set store --type s3 --field secret_key"),
        (403, "AccessDenied", "the right to read or write in the bucket \"reports\""),
    ] {
        server.reset().await;
        let body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>No: {SECRET}.</Message><Key>x</Key></Error>");
        Mock::given(method("GET")).respond_with(ResponseTemplate::new(status).set_body_string(body)).mount(&server).await;
        let error = run(&server, "s3.get_object", json!({ "bucket": "reports", "key": "x.csv" }), &account).await.unwrap_err();
        assert_eq!((error.code.as_str(), error.retry), ("service_refused", Retry::Never), "{code}");
        assert_eq!(error.message, format!("s3://reports/x.csv: {code}: No: [secret]."));
        assert!(error.help.as_ref().unwrap().contains(way_out), "{error:?}");
    }
}

#[tokio::test]
async fn a_busy_store_is_asked_again_when_it_says_and_a_broken_one_too() {
    let server = MockServer::start().await;
    let account = account(&server.uri(), &[]).await;
    let put = json!({ "bucket": "b", "key": "x.txt", "content": "hi" });
    let slow = "<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>";
    Mock::given(method("PUT"))
        .respond_with(ResponseTemplate::new(503).insert_header("retry-after", "4").set_body_string(slow))
        .mount(&server)
        .await;
    let error = run(&server, "s3.put_object", put.clone(), &account).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.retry), ("rate_limited", Retry::After(Duration::from_secs(4))));
    server.reset().await;
    Mock::given(method("PUT")).respond_with(ResponseTemplate::new(500)).mount(&server).await;
    let error = run(&server, "s3.put_object", put, &account).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.retry, error.outcome_unknown), ("service_failed", Retry::Maybe, false));
}

#[tokio::test]
async fn names_that_would_lead_to_another_object_are_refused_before_anything_is_sent() {
    let server = MockServer::start().await;
    let account = account(&server.uri(), &[]).await;
    for (bucket, key) in [("b", "../other/x"), ("b", "a/./x"), ("b", ""), ("b", "/x"), ("b", " x"), ("b/c", "x"), ("..", "x"), ("", "x")] {
        let error = run(&server, "s3.get_object", json!({ "bucket": bucket, "key": key }), &account).await.unwrap_err();
        assert_eq!(error.code, "invalid_parameters", "{bucket} {key}");
    }
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_bucket_before_the_host_is_reached_with_the_same_account() {
    let server = MockServer::start().await;
    let port = server.address().port();
    let account = account(&format!("http://localhost:{port}"), &[("path_style", "false")]).await;
    assert_eq!(account.hosts, [format!("localhost:{port}")]);
    let policy = EgressPolicy::from_allow_list("").unwrap();
    let world = Arc::new(World { http: Some(Egress::new(policy)), ..World::default() });
    let params = json!({ "bucket": "reports", "key": "x.txt" });
    let error = world.run(&catalogue(), "s3.get_object", params, Some(&account)).await.unwrap_err();
    // The account may go there, so that only the rule for addresses stops it, or no resolver knows the name.
    assert!(matches!(error.code.as_str(), "egress_refused" | "dns_failed"), "{error:?}");
    assert!(error.message.contains(&format!("reports.localhost:{port}")), "{error:?}");
}
