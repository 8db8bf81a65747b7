//! The flow steps through the catalogue, as the engine runs them.

use crate::catalogue;
use crate::test_ports::World;
use sayflow_engine::action::{Outcome, StepError};
use serde_json::{Value, json};
use std::sync::Arc;

async fn run(action: &str, params: Value) -> Result<Outcome<Value>, StepError> {
    Arc::new(World::default()).run(&catalogue(), action, params, None).await
}

#[tokio::test]
async fn wait_ends_at_a_moment() {
    let until = "2026-05-01T10:10:00Z";
    for params in [json!({"for": "10m"}), json!({"until": until}), json!({"until": "12:10"})] {
        let expected = Outcome::WaitUntil { until: until.parse().unwrap(), output: json!({"until": until}) };
        assert_eq!(run("flow.wait", params.clone()).await.unwrap(), expected, "{params}");
    }
    for params in [json!({}), json!({"for": "1m", "until": until}), json!({"for": "soon"}), json!({"until": "soon"})] {
        assert_eq!(run("flow.wait", params.clone()).await.unwrap_err().code, "invalid_parameters", "{params}");
    }
}

#[tokio::test]
async fn respond_hands_over_status_headers_and_body() {
    let answer = json!({"status": 201, "headers": {"x-a": "b"}, "body": {"n": 1}});
    assert_eq!(run("flow.respond", answer.clone()).await.unwrap(), Outcome::Respond { response: answer.clone(), output: answer });
    let plain = json!({"status": 200, "headers": {}, "body": "hi"});
    assert_eq!(run("flow.respond", json!({"body": "hi"})).await.unwrap(), Outcome::Respond { response: plain.clone(), output: plain });
    for params in [json!({"status": 99}), json!({"headers": {"a b": "x"}}), json!({"headers": {"a": "x\r\nb: y"}})] {
        assert_eq!(run("flow.respond", params.clone()).await.unwrap_err().code, "invalid_parameters", "{params}");
    }
}

#[tokio::test]
async fn fail_says_why() {
    let error = run("flow.fail", json!({"message": "stock is empty"})).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.message.as_str()), ("flow_fail", "stock is empty"));
    assert_eq!(run("flow.fail", json!({"message": ["a", "b"]})).await.unwrap_err().message, "a\nb");
}
