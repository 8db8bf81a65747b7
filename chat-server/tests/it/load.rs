//! Too much at once: what is beyond the limits is refused with a hint when to come back, and the server is well after it.

use crate::support::{Place, raw};
use sayflow_chat_server::{BindOptions, RunningServer, start};
use sayflow_client::Client;
use sayflow_host::LimitSettings;
use sayflow_protocol::api::problem::kind;
use sayflow_protocol::api::{RunSource, StartRun};
use serde_json::json;
use std::num::NonZeroU32;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A server that stays, with limits of one's own.
async fn serve(place: &Place, limits: impl FnOnce(&mut LimitSettings)) -> (RunningServer, Client) {
    let mut settings = place.settings.clone();
    limits(&mut settings.limits);
    let options = BindOptions {
        listen: "127.0.0.1:0".parse().unwrap(),
        hosts: Vec::new(),
        server_file: place.home.server_file(),
        lasting: true,
        limits: settings.limits.clone(),
    };
    let server = start(&place.home, &settings, options).await.unwrap();
    let client = Client::new(&server.address(), server.token()).unwrap();
    (server, client)
}

fn number(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap()
}

/// A request whose body never comes: it holds its place until the connection is dropped.
async fn stuck(server: &RunningServer, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.address().trim_start_matches("http://")).await.unwrap();
    let head =
        format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nContent-Length: 10\r\n\r\n{{", server.token());
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// Asks until the answer has this status: what is stuck may not have been noticed yet.
async fn until_status(client: &Client, request: &str, status: u16) -> String {
    loop {
        let answer = raw(client, request).await;
        if answer.starts_with(&format!("HTTP/1.1 {status}")) {
            return answer;
        }
        tokio::task::yield_now().await;
    }
}

fn get(path: &str, token: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n")
}

fn is_busy(answer: &str) -> bool {
    let lower = answer.to_ascii_lowercase();
    lower.contains("retry-after: 1\r\n") && lower.contains("application/problem+json") && answer.contains("\"busy\"")
}

#[tokio::test]
async fn requests_beyond_the_limit_are_refused_and_the_next_one_is_answered() {
    let place = Place::new();
    let (server, client) = serve(&place, |limits| limits.requests = number(3)).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(stuck(&server, "/api/v1/validate").await);
    }
    let refused = until_status(&client, &get("/api/v1/actions", server.token()), 503).await;
    assert!(is_busy(&refused), "{refused}");
    assert_eq!(client.health().await.unwrap().status, "ok", "the health check is not kept out");
    drop(held);
    until_status(&client, &get("/api/v1/actions", server.token()), 200).await;
    server.shutdown().await;
}

#[tokio::test]
async fn a_flood_of_webhooks_leaves_the_api_alone() {
    let place = Place::new();
    let (server, client) = serve(&place, |limits| limits.hooks = number(2)).await;
    let held = [stuck(&server, "/hooks/a").await, stuck(&server, "/hooks/b").await];
    let hook = "GET /hooks/c HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let refused = until_status(&client, hook, 503).await;
    assert!(is_busy(&refused), "{refused}");
    assert!(!client.actions().await.unwrap().actions.is_empty());
    drop(held);
    until_status(&client, hook, 404).await;
    server.shutdown().await;
}

#[tokio::test]
async fn event_streams_are_counted_until_they_are_dropped() {
    let place = Place::new();
    let (server, client) = serve(&place, |limits| limits.streams = number(1)).await;
    let text = json!({ "name": "wait", "steps": [{ "id": "wait", "uses": "flow.wait", "with": { "for": "1h" } }] }).to_string();
    let source = RunSource::Document { text, format: "json".into() };
    let request = StartRun {
        source,
        inputs: Default::default(),
        payload: None,
        dry_run: false,
        network_reads: false,
        stepwise: false,
        approve: None,
        workspace: place.workspace(),
    };
    let run = client.start_run(&request).await.unwrap().run.unwrap();
    let mut first = client.run_events(run.id.as_str(), 0);
    assert!(first.next().await.unwrap().is_ok());
    let events = get(&format!("/api/v1/runs/{}/events", run.id), server.token());
    let refused = until_status(&client, &events, 503).await;
    assert!(is_busy(&refused), "{refused}");
    drop(first);
    // A stream asks again when it is refused for want of room.
    let mut second = client.run_events(run.id.as_str(), 0);
    assert!(second.next().await.unwrap().is_ok());
    drop(second);
    server.shutdown().await;
}

#[tokio::test]
async fn one_connection_too_many_hears_that_it_is() {
    let place = Place::new();
    let (server, client) = serve(&place, |limits| limits.connections = number(2)).await;
    let held = [stuck(&server, "/hooks/a").await, stuck(&server, "/hooks/b").await];
    let refused = until_status(&client, &get("/healthz", server.token()), 503).await;
    assert!(is_busy(&refused), "{refused}");
    drop(held);
    until_status(&client, &get("/healthz", server.token()), 200).await;
    server.shutdown().await;
}

#[tokio::test]
async fn a_server_that_drains_takes_in_nothing_new_and_says_when_to_come_back() {
    let place = Place::new();
    let (server, client) = serve(&place, |_| {}).await;
    server.drain(std::time::Duration::ZERO).await;
    let post = |path: &str| {
        let (token, body) = (server.token(), "{}");
        format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let requests = [
        get("/readyz", server.token()),
        post("/api/v1/runs"),
        post("/api/v1/threads/new/turns"),
        post("/api/v1/runs/x/retry"),
        post("/api/v1/steps/test"),
        post("/hooks/orders"),
    ];
    for request in requests {
        let answer = raw(&client, &request).await;
        assert!(answer.starts_with("HTTP/1.1 503") && answer.contains(kind::STOPPING), "{request}: {answer}");
        assert!(answer.to_ascii_lowercase().contains("retry-after: 10\r\n"), "{request}: {answer}");
    }
    assert_eq!(client.health().await.unwrap().status, "ok");
    assert!(client.runs(&Default::default()).await.unwrap().runs.is_empty(), "what is there can be read");
    server.shutdown().await;
    assert!(TcpStream::connect(client.address().trim_start_matches("http://")).await.is_err());
}

#[tokio::test]
async fn a_webhook_with_too_large_a_body_is_refused_before_it_is_read() {
    let place = Place::new();
    let (server, client) = serve(&place, |_| {}).await;
    let mut stream = TcpStream::connect(client.address().trim_start_matches("http://")).await.unwrap();
    let head = format!("POST /hooks/a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", (1 << 20) + 1);
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains(kind::TOO_LARGE), "{answer}");
    server.shutdown().await;
}

#[tokio::test]
async fn webhooks_are_kept_to_the_servers_own_hosts_and_need_no_token_of_it() {
    let place = Place::new();
    let (server, client) = serve(&place, |_| {}).await;
    let foreign = raw(&client, "POST /hooks/a HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").await;
    assert!(foreign.starts_with("HTTP/1.1 403"), "{foreign}");
    let own =
        "POST /hooks/a HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer of-the-hook\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    let unknown = raw(&client, own).await;
    assert!(unknown.starts_with("HTTP/1.1 404"), "{unknown}");
    server.shutdown().await;
}
