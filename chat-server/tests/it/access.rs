//! Who gets in: tokens, hosts and sizes.

use crate::support::{Place, raw};
use sayflow_client::{Client, ClientError};
use sayflow_protocol::api::ValidateRequest;
use sayflow_protocol::api::problem::kind;

fn kind_of<T: std::fmt::Debug>(answer: Result<T, ClientError>) -> String {
    answer.unwrap_err().problem().expect("a problem").kind.clone()
}

#[tokio::test]
async fn without_a_token_only_the_health_checks_answer() {
    let place = Place::new();
    let connection = place.connect().await;
    let request = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    for path in ["/healthz", "/readyz"] {
        assert!(raw(&connection.client, &request(path)).await.starts_with("HTTP/1.1 200"), "{path}");
    }
    for path in ["/metrics", "/api/v1/runs", "/api/v1/actions", "/api/v1/credentials", "/api/v1/schema"] {
        let answer = raw(&connection.client, &request(path)).await;
        assert!(answer.starts_with("HTTP/1.1 401"), "{path}: {answer}");
        assert!(answer.contains("application/problem+json") && answer.contains("\"unauthorized\""), "{path}: {answer}");
    }
    connection.close().await;
}

#[tokio::test]
async fn a_wrong_token_is_refused_everywhere() {
    let place = Place::new();
    let connection = place.connect().await;
    let stranger = Client::new(connection.client.address(), "guess").unwrap();
    assert_eq!(kind_of(stranger.health().await), kind::UNAUTHORIZED);
    assert_eq!(kind_of(stranger.actions().await), kind::UNAUTHORIZED);
    drop(stranger);
    connection.close().await;
}

#[tokio::test]
async fn a_request_meant_for_another_host_is_refused() {
    let place = Place::new();
    let connection = place.connect().await;
    let answer = raw(&connection.client, "GET /healthz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    assert!(answer.contains("another host"), "{answer}");
    connection.close().await;
}

#[tokio::test]
async fn a_huge_request_and_a_senseless_one_are_told_apart() {
    let place = Place::new();
    let connection = place.connect().await;
    let huge = ValidateRequest { text: "x".repeat(3 << 20), format: "json".into() };
    assert_eq!(kind_of(connection.client.validate(&huge).await), kind::TOO_LARGE);
    let body = "{\"text\": 7}";
    let token = sayflow_host::discovery::read(&place.home.server_file()).unwrap().token;
    let request = format!(
        "POST /api/v1/validate HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = raw(&connection.client, &request).await;
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("invalid_request"), "{answer}");
    connection.close().await;
}

#[tokio::test]
async fn addresses_and_methods_that_do_not_exist_are_problems_too() {
    let place = Place::new();
    let connection = place.connect().await;
    for (line, status, word) in [("GET /nowhere", "404", "not_found"), ("DELETE /healthz", "405", "invalid_request")] {
        let answer = raw(&connection.client, &format!("{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")) && answer.contains(word), "{line}: {answer}");
    }
    connection.close().await;
}
