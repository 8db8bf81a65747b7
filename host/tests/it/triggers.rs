//! From a saved document to a run that nobody started by hand.

use sayflow_host::{App, AppError, Home, HookOutcome, HookRequest, Message, Principal, Reach, Settings};
use sayflow_protocol::api::workflow::ActivateWorkflow;
use sayflow_protocol::api::{SaveWorkflow, SetCredential, TriggerView, ValidateRequest};
use serde_json::json;

const REACH: Reach<'_> = Reach { address: "http://127.0.0.1:8787", lasting: true };

const ORDERS: &str = r##"
name: orders
triggers:
  - { type: webhook, path: orders, auth: { type: token, credential: hooks } }
  - { type: message, channel: "#orders", pattern: refund }
  - { type: schedule, cron: "0 9 * * 1-5", timezone: Europe/Berlin }
  - { type: manual }
steps:
  - { id: answer, uses: flow.respond, with: { status: 201, body: { twice: "${{ (trigger.payload.n ?? 1) * 2 }}" } } }
"##;

struct Case {
    app: App,
    folder: tempfile::TempDir,
}

impl Case {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let app = App::open(&Home::at(&folder.path().join("home")), &Settings::default()).await.unwrap();
        let secret: SetCredential = serde_json::from_value(json!({ "type": "webhook", "fields": { "secret": "s3cret" } })).unwrap();
        app.set_credential(&Principal::Owner, "hooks", secret).await.unwrap();
        Self { app, folder }
    }

    async fn activate(&self, text: &str) -> Result<Vec<TriggerView>, AppError> {
        let document = ValidateRequest { text: text.to_owned(), format: "yaml".into() };
        let workspace = self.folder.path().to_string_lossy().into_owned();
        let saved = self.app.save_workflow(&Principal::Owner, SaveWorkflow { draft: None, document: Some(document), workspace }).await?;
        let request = ActivateWorkflow { version: None, approve: Some("*".into()) };
        Ok(self.app.activate_workflow(&Principal::Owner, &saved.name, request, REACH).await?.triggers)
    }

    async fn call(&self, token: &str, body: &'static str) -> HookOutcome {
        let headers = [("X-Token", token), ("Content-Type", "application/json"), ("X-Delivery-Id", "7")];
        let headers = headers.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        let request = HookRequest { method: "POST".into(), path: "orders".into(), query: None, headers, body: body.into() };
        self.app.receive_hook(request).await
    }
}

#[tokio::test]
async fn an_active_workflow_answers_its_webhook_and_hears_its_messages_until_it_is_deleted() {
    let case = Case::new().await;
    let triggers = case.activate(ORDERS).await.unwrap();
    let kinds: Vec<&str> = triggers.iter().map(|trigger| trigger.kind.as_str()).collect();
    assert_eq!(kinds, ["webhook", "message", "schedule", "manual"]);
    assert_eq!(triggers[0].url.as_deref(), Some("http://127.0.0.1:8787/hooks/orders"));
    assert_eq!(triggers[2].next.len(), 5);

    assert_eq!(case.call("wrong", "{}").await.status(), 401);
    for repeats in [false, true] {
        match case.call("s3cret", "{\"n\": 21}").await {
            HookOutcome::Answered { repeat, status, body, .. } => {
                assert_eq!((repeat, status, body), (repeats, 201, json!({ "twice": 42 })));
            }
            other => panic!("{other:?}"),
        }
    }

    let message = Message {
        channel: "#orders".into(),
        text: "a Refund for 7".into(),
        id: "m1".into(),
        payload: json!({ "text": "a Refund for 7" }),
        time: "2026-05-01T08:00:00Z".parse().unwrap(),
    };
    let first = case.app.receive_message(&message).await.unwrap();
    assert_eq!((first.len(), case.app.receive_message(&message).await.unwrap()), (1, first));

    case.app.delete_workflow(&Principal::Owner, "orders").await.unwrap();
    assert_eq!(case.call("s3cret", "{}").await.status(), 404);
    case.app.close().await;
}

#[tokio::test]
async fn a_webhook_of_another_active_workflow_is_named() {
    let case = Case::new().await;
    case.activate(ORDERS).await.unwrap();
    let refused = case.activate(&ORDERS.replace("name: orders", "name: other")).await.unwrap_err();
    assert!(refused.to_string().contains("\"orders\"") && refused.to_string().contains("POST orders"), "{refused}");
    case.app.close().await;
}
