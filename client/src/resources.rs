//! One method for each thing that the API offers, grouped as the API is.

use crate::{Client, ClientError, EventStream};
use reqwest::Method;
use sayflow_protocol::api::action::ActionList;
use sayflow_protocol::api::credential::{CredentialList, CredentialTypeList};
use sayflow_protocol::api::run::{Cancelled, RunEvents, RunList, RunQuery};
use sayflow_protocol::api::server::Health;
use sayflow_protocol::api::template::TemplateList;
use sayflow_protocol::api::workflow::{ActivateWorkflow, WorkflowList, WorkflowView};
use sayflow_protocol::api::{
    CredentialInfo, DraftView, PostTurn, SaveWorkflow, SetCredential, StartRun, StartedRun, ThreadEvent, ThreadView, TurnView,
    ValidateRequest, Validation, WorkflowSummary,
};
use sayflow_protocol::{RecordedEvent, RunView};
use serde_json::Value;

/// The path of the API.
const V1: [&str; 2] = ["api", "v1"];

/// A path below `/api/v1`.
macro_rules! v1 {
    ($($segment:expr),+) => { &[V1[0], V1[1], $($segment),+] };
}

/// Every request fails with [`ClientError::Problem`] when the server refuses, and otherwise when it cannot be
/// reached or understood.
#[allow(clippy::missing_errors_doc, reason = "said once, above, for all of them")]
impl Client {
    /// How the server is. Needs no token.
    pub async fn health(&self) -> Result<Health, ClientError> {
        self.get(&["healthz"]).await
    }

    /// Says something in a conversation (`new` begins one, `last` goes on with the newest) and waits for what the
    /// agent makes of it.
    pub async fn post_turn(&self, thread: &str, turn: &PostTurn) -> Result<TurnView, ClientError> {
        self.send(Method::POST, v1!["threads", thread, "turns"], turn).await
    }

    /// A conversation with all its items.
    pub async fn thread(&self, id: &str) -> Result<ThreadView, ClientError> {
        self.get(v1!["threads", id]).await
    }

    /// The items of a conversation behind number `after`, and those to come.
    pub fn thread_events(&self, id: &str, after: u64) -> EventStream<ThreadEvent> {
        EventStream::new(self, v1!["threads", id, "events"], after)
    }

    /// A draft.
    pub async fn draft(&self, id: &str) -> Result<DraftView, ClientError> {
        self.get(v1!["drafts", id]).await
    }

    /// Checks a document.
    pub async fn validate(&self, request: &ValidateRequest) -> Result<Validation, ClientError> {
        self.send(Method::POST, v1!["validate"], request).await
    }

    /// The saved workflows.
    pub async fn workflows(&self) -> Result<WorkflowList, ClientError> {
        self.get(v1!["workflows"]).await
    }

    /// A saved workflow.
    pub async fn workflow(&self, name: &str) -> Result<WorkflowView, ClientError> {
        self.get(v1!["workflows", name]).await
    }

    /// Keeps a draft or a document under its name.
    pub async fn save_workflow(&self, request: &SaveWorkflow) -> Result<WorkflowSummary, ClientError> {
        self.send(Method::POST, v1!["workflows"], request).await
    }

    /// Marks a version of a workflow as the active one; the newest when none is named.
    pub async fn activate_workflow(&self, name: &str, version: Option<u32>) -> Result<WorkflowSummary, ClientError> {
        self.send(Method::POST, v1!["workflows", name, "activate"], &ActivateWorkflow { version }).await
    }

    /// Takes the mark away.
    pub async fn deactivate_workflow(&self, name: &str) -> Result<WorkflowSummary, ClientError> {
        self.send(Method::POST, v1!["workflows", name, "deactivate"], &Value::Null).await
    }

    /// Removes a workflow with all its versions.
    pub async fn delete_workflow(&self, name: &str) -> Result<(), ClientError> {
        self.delete(v1!["workflows", name]).await
    }

    /// Starts a run, or says what has to be approved first.
    pub async fn start_run(&self, request: &StartRun) -> Result<StartedRun, ClientError> {
        self.send(Method::POST, v1!["runs"], request).await
    }

    /// A run as it stands.
    pub async fn run(&self, id: &str) -> Result<RunView, ClientError> {
        self.get(v1!["runs", id]).await
    }

    /// Runs, newest first.
    pub async fn runs(&self, query: &RunQuery) -> Result<RunList, ClientError> {
        self.get_with(v1!["runs"], query).await
    }

    /// What happened in a run so far, behind number `after`.
    pub async fn run_journal(&self, id: &str, after: u64) -> Result<RunEvents, ClientError> {
        self.get_with(v1!["runs", id, "journal"], &[("after", after)]).await
    }

    /// The events of a run behind number `after`, and those to come; ends after the last.
    pub fn run_events(&self, id: &str, after: u64) -> EventStream<RecordedEvent> {
        EventStream::new(self, v1!["runs", id, "events"], after)
    }

    /// Stops a run.
    pub async fn cancel_run(&self, id: &str) -> Result<Cancelled, ClientError> {
        self.send(Method::POST, v1!["runs", id, "cancel"], &Value::Null).await
    }

    /// The accounts, without their secrets.
    pub async fn credentials(&self) -> Result<CredentialList, ClientError> {
        self.get(v1!["credentials"]).await
    }

    /// The types of accounts, with what there is to fill in.
    pub async fn credential_types(&self) -> Result<CredentialTypeList, ClientError> {
        self.get(v1!["credential-types"]).await
    }

    /// Keeps an account.
    pub async fn set_credential(&self, name: &str, request: &SetCredential) -> Result<CredentialInfo, ClientError> {
        self.send(Method::PUT, v1!["credentials", name], request).await
    }

    /// Removes an account.
    pub async fn delete_credential(&self, name: &str) -> Result<(), ClientError> {
        self.delete(v1!["credentials", name]).await
    }

    /// What steps can do.
    pub async fn actions(&self) -> Result<ActionList, ClientError> {
        self.get(v1!["actions"]).await
    }

    /// Proven workflows; those that fit the words best come first.
    pub async fn templates(&self, query: Option<&str>) -> Result<TemplateList, ClientError> {
        self.get_with(v1!["templates"], &query.map(|words| [("query", words)])).await
    }

    /// The JSON Schema of the workflow document.
    pub async fn schema(&self) -> Result<Value, ClientError> {
        self.get(v1!["schema"]).await
    }
}
