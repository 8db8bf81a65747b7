//! What the API offers besides runs and conversations.

use crate::support::Place;
use sayflow_protocol::api::workflow::ActivateWorkflow;
use sayflow_protocol::api::{SaveWorkflow, SetCredential, ValidateRequest};
use serde_json::json;

fn document(description: &str) -> ValidateRequest {
    let text = json!({
        "name": "hello",
        "description": description,
        "steps": [{ "id": "say", "uses": "data.set", "with": { "values": { "greeting": "hello" } } }],
    });
    ValidateRequest { text: text.to_string(), format: "json".into() }
}

#[tokio::test]
async fn workflows_are_saved_in_versions_activated_and_deleted() {
    let place = Place::new();
    let connection = place.connect().await;
    let client = &connection.client;
    let save = |description: &str| SaveWorkflow { draft: None, document: Some(document(description)), workspace: place.workspace() };
    assert_eq!(client.save_workflow(&save("one")).await.unwrap().latest, 1);
    assert_eq!(client.save_workflow(&save("one")).await.unwrap().latest, 1);
    assert_eq!(client.save_workflow(&save("two")).await.unwrap().latest, 2);
    let shown = client.workflow("hello").await.unwrap();
    assert_eq!((shown.summary.description.as_deref(), shown.workflow["steps"][0]["id"].as_str()), (Some("two"), Some("say")));
    let version = |version| ActivateWorkflow { version: Some(version), approve: None };
    assert_eq!(client.activate_workflow("hello", &version(1)).await.unwrap().summary.active, Some(1));
    assert!(client.activate_workflow("hello", &version(9)).await.unwrap_err().is_not_found());
    assert_eq!(client.deactivate_workflow("hello").await.unwrap().active, None);
    assert_eq!(client.workflows().await.unwrap().workflows.len(), 1);
    client.delete_workflow("hello").await.unwrap();
    let gone = client.workflow("hello").await.unwrap_err();
    assert!(gone.is_not_found());
    assert!(gone.to_string().contains("sayflow workflows list"), "{gone}");
    connection.close().await;
}

#[tokio::test]
async fn secrets_go_in_and_never_come_out() {
    let place = Place::new();
    let connection = place.connect().await;
    let client = &connection.client;
    let fields = [("token".to_owned(), "xoxb-very-secret".to_owned())].into_iter().collect();
    let set = SetCredential { kind: None, fields, hosts: Vec::new() };
    let info = client.set_credential("slack", &set).await.unwrap();
    assert_eq!((info.kind.as_str(), info.secret_fields.as_slice()), ("slack", ["token".to_owned()].as_slice()));
    let listed = client.credentials().await.unwrap();
    assert!(!serde_json::to_string(&listed).unwrap().contains("very-secret"));
    let wrong = SetCredential { kind: Some("slacc".into()), fields: Default::default(), hosts: Vec::new() };
    assert_eq!(client.set_credential("x", &wrong).await.unwrap_err().problem().unwrap().status, 400);
    client.delete_credential("slack").await.unwrap();
    assert!(client.delete_credential("slack").await.unwrap_err().is_not_found());
    connection.close().await;
}

#[tokio::test]
async fn actions_templates_and_the_schema_can_be_read() {
    let place = Place::new();
    let connection = place.connect().await;
    let client = &connection.client;
    assert!(client.actions().await.unwrap().actions.iter().any(|action| action.id == "http.request"));
    let all = client.templates(None).await.unwrap().templates;
    let found = client.templates(Some("post a feed to slack every morning")).await.unwrap().templates;
    assert!(all.len() >= 15 && !found.is_empty() && found.len() <= all.len());
    assert!(client.schema().await.unwrap()["properties"]["steps"].is_object());
    connection.close().await;
}
