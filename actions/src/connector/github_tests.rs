//! GitHub's issues through the real egress client, against a server on loopback.

use super::{EMBEDDED, parse};
use crate::catalogue;
use crate::egress::{Egress, EgressPolicy};
use crate::test_ports::World;
use sayflow_engine::action::{Outcome, Retry, StepError};
use sayflow_engine::vault::{Credential, KeySource, MemoryRows, Vault, VaultKey};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use wiremock::matchers::{body_json, header, method, path, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, ResponseTemplate};

async fn run(server: &MockServer, action: &str, params: Value) -> Result<Value, StepError> {
    let vault = Vault::open(Arc::new(MemoryRows::default()), KeySource::Given(VaultKey::generate())).await.unwrap();
    let base_url = format!("{}/api/v3", server.uri());
    let form = serde_json::from_value(json!({ "fields": { "token": "ghp_hushhush", "base_url": base_url } })).unwrap();
    vault.set("github", form, &catalogue()).await.unwrap();
    let account: Credential = vault.resolve("github", None).await.unwrap();
    let policy = EgressPolicy::from_allow_list(&server.address().to_string()).unwrap();
    let world = World { http: Some(Egress::new(policy)), ..World::default() };
    match Arc::new(world).run(&catalogue(), action, params, Some(&account)).await? {
        Outcome::Done(output) => Ok(output),
        other => panic!("{other:?}"),
    }
}

fn issue(number: u64, more: Value) -> Value {
    let mut issue = json!({
        "number": number, "title": format!("Issue {number}"), "state": "open", "html_url": format!("https://github.com/acme/shop/issues/{number}"),
        "user": { "login": "ann" }, "labels": [{ "name": "bug" }, "old"], "assignees": [{ "login": "bob" }], "comments": 0,
        "created_at": "2026-05-01T09:00:00Z", "updated_at": "2026-05-01T09:00:00Z", "body": null,
    });
    issue.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    issue
}

#[tokio::test]
async fn an_issue_is_opened_with_its_labels_and_assignees() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/api/v3/repos/acme/shop.js/issues"))
        .and(header("authorization", "Bearer ghp_hushhush"))
        .and(header("accept", "application/vnd.github+json"))
        .and(header("x-github-api-version", "2022-11-28"))
        .and(body_json(json!({ "title": "Checkout fails", "body": "", "labels": ["bug"], "assignees": ["ann"] })))
        .respond_with(ResponseTemplate::new(201).set_body_json(issue(17, json!({ "title": "Checkout fails" }))))
        .expect(1)
        .mount(&server)
        .await;
    let params = json!({ "repo": "acme/shop.js", "title": "Checkout fails", "body": "", "labels": ["bug"], "assignees": ["ann"] });
    let output = run(&server, "github.create_issue", params).await.unwrap();
    let expected = json!({ "number": 17, "url": "https://github.com/acme/shop/issues/17", "title": "Checkout fails", "state": "open" });
    assert_eq!(output, expected);
}

#[tokio::test]
async fn pages_are_put_together_without_pull_requests() {
    let server = MockServer::start().await;
    let first: Vec<Value> = vec![issue(3, json!({})), issue(2, json!({ "pull_request": {} }))];
    // What the link says of host and path does not count.
    let link = "<https://elsewhere.example/x?state=all&page=2>; rel=\"next\", <https://elsewhere.example/x?page=9>; rel=\"last\"";
    Mock::given(method("GET"))
        .and(path("/api/v3/repos/acme/shop/issues"))
        .and(query_param("state", "all"))
        .and(query_param("labels", "bug,checkout"))
        .and(query_param("per_page", "100"))
        .and(query_param_is_missing("page"))
        .and(query_param_is_missing("limit"))
        .respond_with(ResponseTemplate::new(200).insert_header("link", link).set_body_json(first))
        .expect(2)
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .and(path("/api/v3/repos/acme/shop/issues"))
        .and(query_param("page", "2"))
        .respond_with(ResponseTemplate::new(200).set_body_json(vec![issue(1, json!({ "user": null }))]))
        .expect(1)
        .mount(&server)
        .await;
    let params = json!({ "repo": "acme/shop", "state": "all", "labels": ["bug", "checkout"] });
    let output = run(&server, "github.list_issues", params.clone()).await.unwrap();
    assert_eq!(output["count"], 2);
    let expected = json!({
        "number": 3, "title": "Issue 3", "state": "open", "url": "https://github.com/acme/shop/issues/3", "author": "ann",
        "labels": ["bug", "old"], "assignees": ["bob"], "comments": 0, "created_at": "2026-05-01T09:00:00Z",
        "updated_at": "2026-05-01T09:00:00Z", "body": null,
    });
    assert_eq!(output["issues"][0], expected);
    assert_eq!((&output["issues"][1]["number"], &output["issues"][1]["author"]), (&json!(1), &Value::Null));
    let mut few = params;
    few["limit"] = json!(1);
    assert_eq!(run(&server, "github.list_issues", few).await.unwrap()["count"], 1, "one is wanted, so one page is enough");
}

#[tokio::test]
async fn a_list_without_an_end_is_an_error_and_not_cut_off() {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(200).insert_header("link", "<https://x.example/?page=2>; rel=\"next\"").set_body_json(json!([]));
    Mock::given(method("GET")).respond_with(answer).expect(50).mount(&server).await;
    let error = run(&server, "github.list_issues", json!({ "repo": "acme/shop" })).await.unwrap_err();
    assert_eq!(error.code, "too_many_pages", "{error:?}");
}

#[tokio::test]
async fn a_refusal_carries_githubs_words_and_the_way_out() {
    let create = json!({ "repo": "acme/shop", "title": "x" });
    for (status, body, says, way_out) in [
        (401, json!({ "message": "Bad credentials" }), "Bad credentials", "sayflow credentials set github"),
        (404, json!({ "message": "Not Found" }), "Not Found", "no access"),
        (410, json!({ "message": "Issues are disabled for this repo" }), "Issues are disabled", "switch issues on"),
        (
            422,
            json!({ "message": "Validation Failed", "errors": [{ "resource": "Issue", "field": "assignees", "code": "invalid" }] }),
            "Validation Failed: assignees invalid",
            "check the assignees",
        ),
    ] {
        let server = MockServer::start().await;
        Mock::given(method("POST")).respond_with(ResponseTemplate::new(status).set_body_json(body)).mount(&server).await;
        let error = run(&server, "github.create_issue", create.clone()).await.unwrap_err();
        assert_eq!((error.code.as_str(), error.retry, error.outcome_unknown), ("service_refused", Retry::Never, false), "{error:?}");
        assert!(error.message.contains(says) && error.help.as_ref().unwrap().contains(way_out), "{error:?}");
        assert!(!format!("{error:?}").contains("hush"));
    }
}

#[tokio::test]
async fn a_used_up_allowance_is_waited_for() {
    let reset = jiff::Timestamp::now().as_second() + 600;
    let exceeded = ResponseTemplate::new(403)
        .insert_header("x-ratelimit-remaining", "0")
        .insert_header("x-ratelimit-reset", reset.to_string().as_str())
        .set_body_json(json!({ "message": "API rate limit exceeded for user ID 1." }));
    let secondary = ResponseTemplate::new(403)
        .insert_header("retry-after", "60")
        .set_body_json(json!({ "message": "You have exceeded a secondary rate limit." }));
    for (answer, from, to) in [(exceeded, 500, 600), (secondary, 60, 60)] {
        let server = MockServer::start().await;
        Mock::given(method("GET")).respond_with(answer).mount(&server).await;
        let error = run(&server, "github.list_issues", json!({ "repo": "acme/shop" })).await.unwrap_err();
        assert_eq!(error.code, "rate_limited", "{error:?}");
        let Retry::After(pause) = error.retry else { panic!("{error:?}") };
        assert!((Duration::from_secs(from)..=Duration::from_secs(to)).contains(&pause), "{pause:?}");
    }
}

#[tokio::test]
async fn what_is_no_repository_or_no_number_is_refused_before_anything_is_sent() {
    let server = MockServer::start().await;
    for repo in ["shop", "acme/shop/x", "../orgs", "acme/..", "acme/", "https://github.com/acme/shop", "acme/a b", ""] {
        let error = run(&server, "github.list_issues", json!({ "repo": repo })).await.unwrap_err();
        assert!(error.code == "invalid_parameters" && error.help.unwrap().contains("owner/name"), "{repo}");
    }
    for limit in [json!(0), json!(1001), json!("many"), json!(1.5)] {
        let error = run(&server, "github.list_issues", json!({ "repo": "acme/shop", "limit": limit })).await.unwrap_err();
        assert!(error.code == "invalid_parameters" && error.message.contains("1 to 1000"), "{limit}");
    }
    assert!(server.received_requests().await.unwrap().is_empty());
    Mock::given(path("/api/v3/repos/acme/a%3Fb%23c/issues"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!([])))
        .mount(&server)
        .await;
    run(&server, "github.list_issues", json!({ "repo": "acme/a?b#c" })).await.unwrap();
}

#[test]
fn a_manifest_with_a_path_or_pages_that_cannot_work_is_refused_with_its_place() {
    let github = EMBEDDED.iter().find(|(name, _)| *name == "github").unwrap().1;
    for (from, to, place) in [
        ("      repo: { segments: 2 }", "      repository: { segments: 2 }", "operations.github.create_issue.path"),
        ("      repo: { segments: 2 }", "      repo: { segments: 0 }", "operations.github.create_issue.path"),
        ("path: /repos/{repo}/issues", "path: /repos/{repo}/{repo}", "operations.github.create_issue.path"),
        ("path: /repos/{repo}/issues", "path: /repos/{repo}/{title}", "operations.github.create_issue.path"),
        ("required: [repo, title]", "required: [title]", "operations.github.create_issue.path"),
        ("          maximum: 1000\n", "", "operations.github.list_issues.pages"),
        ("items: issues, count", "items: list, count", "operations.github.list_issues.pages"),
        ("x-github-api-version:", "x github:", "headers"),
    ] {
        assert!(github.contains(from), "{from}");
        let error = parse("github", &github.replacen(from, to, 1)).unwrap_err();
        assert_eq!(error.place, place, "{from} -> {to}: {error}");
    }
}
