//! The flow steps through the catalogue, as the engine runs them.

use crate::catalogue;
use crate::test_ports::World;
use sayflow_engine::action::{Outcome, StepError};
use sayflow_engine::document::{Document, Format};
use sayflow_engine::footprint::footprint;
use sayflow_protocol::{Destination, DestinationKind, Effect, Workflow};
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

#[tokio::test]
async fn approve_asks_and_says_until_when() {
    let expires = "2026-05-03T10:00:00Z";
    for (with, approvers, expires) in [
        (json!({}), json!([]), None),
        (json!({"approvers": " ada "}), json!(["ada"]), None),
        (json!({"approvers": ["ada", "", "bo"], "expires": "2d"}), json!(["ada", "bo"]), Some(expires)),
        (json!({"expires": expires}), json!([]), Some(expires)),
        (json!({"expires": "2026-05-03 12:00"}), json!([]), Some(expires)),
    ] {
        let mut params = with.clone();
        params["message"] = json!(" Refund order 17? ");
        let expected = Outcome::AwaitApproval {
            message: "Refund order 17?".into(),
            approvers: serde_json::from_value(approvers.clone()).unwrap(),
            expires: expires.map(|at| at.parse().unwrap()),
            payload: json!({"message": "Refund order 17?", "approvers": approvers, "expires": expires}),
        };
        assert_eq!(run("flow.approve", params).await.unwrap(), expected, "{with}");
    }
    assert_eq!(run("flow.approve", json!({"message": "  "})).await.unwrap_err().code, "text_empty");
    for expires in ["soon", "2026-05-01T10:00:00Z", "2020-01-01", "0s"] {
        let error = run("flow.approve", json!({"message": "go?", "expires": expires})).await.unwrap_err();
        assert_eq!(error.code, "invalid_parameters", "{expires}");
        assert!(error.help.is_some(), "{expires}");
    }
}

#[tokio::test]
async fn call_names_a_workflow_and_its_inputs() {
    let expected = |inputs: Value| Outcome::Call { workflow: "nightly".into(), inputs: inputs.as_object().cloned().unwrap() };
    assert_eq!(run("flow.call", json!({"workflow": "nightly"})).await.unwrap(), expected(json!({})));
    assert_eq!(run("flow.call", json!({"workflow": "nightly", "inputs": {"n": 1}})).await.unwrap(), expected(json!({"n": 1})));
    assert_eq!(run("flow.call", json!({"workflow": " "})).await.unwrap_err().code, "invalid_parameters");
}

#[test]
fn a_called_workflow_stands_in_the_footprint() {
    let text = "name: w\nsteps:\n  - { id: c, uses: flow.call, with: { workflow: nightly } }\n  - { id: a, uses: flow.approve, with: { message: go? } }\n";
    let workflow: Workflow = serde_json::from_value(Document::parse(text, Format::Yaml).unwrap().value).unwrap();
    let footprint = footprint(&workflow, &catalogue());
    assert_eq!(footprint.len(), 1, "{footprint:?}");
    let entry = &footprint[0];
    assert_eq!(
        (entry.effect, entry.kind, &entry.destination),
        (Effect::Write, DestinationKind::Workflow, &Destination::Fixed("nightly".into()))
    );
}
