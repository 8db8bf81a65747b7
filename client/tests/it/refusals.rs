//! Answers that are none, and how they are told.

use crate::scripted::{Scripted, answer};
use sayflow_client::{Client, ClientError};

#[tokio::test]
async fn a_problem_keeps_its_kind_detail_and_help() {
    let problem = "{\"type\":\"invalid_workflow\",\"title\":\"T\",\"status\":422,\"detail\":\"two errors\",\"help\":\"mend them\"}";
    let server = Scripted::new(vec![answer("422 Unprocessable", "application/problem+json", problem)]).await;
    let error = server.client.actions().await.unwrap_err();
    assert!(error.is_invalid_workflow());
    assert_eq!(error.to_string(), "two errors; mend them");
}

#[tokio::test]
async fn something_else_on_the_port_is_not_taken_for_a_server() {
    let server = Scripted::new(vec![
        answer("200 OK", "text/html", "<html>hello</html>"),
        answer("502 Bad Gateway", "text/html", "<html>oops</html>"),
    ])
    .await;
    for _ in 0..2 {
        let error = server.client.actions().await.unwrap_err();
        assert!(matches!(error, ClientError::Unexpected { .. }), "{error:?}");
        assert!(error.to_string().contains(server.client.address()), "{error}");
    }
}

#[tokio::test]
async fn nobody_there_is_said_with_the_way_out() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let client = Client::new(&format!("http://127.0.0.1:{port}"), "t").unwrap();
    let error = client.health().await.unwrap_err();
    assert!(matches!(error, ClientError::Unreachable { .. }), "{error:?}");
    assert!(error.to_string().contains("refused") && error.to_string().contains("sayflow serve"), "{error}");
}

#[test]
fn an_address_that_is_none_is_refused_at_once() {
    for address in ["", "localhost:80", "ftp://x", "unix:/x"] {
        assert!(Client::new(address, "t").is_err(), "{address}");
    }
}

#[tokio::test]
async fn names_in_paths_are_escaped_and_the_token_is_not_printed() {
    let server = Scripted::new(vec![answer("404 Not Found", "text/plain", "")]).await;
    assert!(server.client.workflow("a/b c?d").await.is_err());
    assert!(server.asked()[0].starts_with("get /api/v1/workflows/a%2fb%20c%3fd http/1.1"), "{}", server.asked()[0]);
    assert!(!format!("{:?}", server.client).contains("t0ken"));
}
