//! One method for each thing that the API offers, grouped as the API is.

use crate::{Client, ClientError, EventStream, TurnStream};
use reqwest::Method;
use sayflow_protocol::api::action::ActionList;
use sayflow_protocol::api::credential::{CredentialList, CredentialTypeList};
use sayflow_protocol::api::run::{AdvanceRun, Cancelled, ResolveUnknown, RunEvents, RunList, RunQuery};
use sayflow_protocol::api::server::Health;
use sayflow_protocol::api::template::{ImportTemplate, SaveTemplate, TemplateInfo, TemplateList, TemplateView, UseTemplate};
use sayflow_protocol::api::workflow::{ActivateWorkflow, TriggerList, WorkflowList, WorkflowView};
use sayflow_protocol::api::{
    ActivatedWorkflow, ApprovalList, ApprovalObject, ApprovalQuery, CredentialInfo, DecideApproval, DraftView, InterruptTurn,
    InterruptedTurn, NoticeList, PostTurn, RetriedRun, RetryRun, SaveWorkflow, SeenNotices, SetCredential, StartRun, StartedRun, Steered,
    TestStep, TestedStep, ThreadEvent, ThreadView, TurnView, ValidateRequest, Validation, WorkflowSummary,
};
use sayflow_protocol::event::{Advance, UnknownDecision};
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

    /// The same, told of as it goes on. The turn goes on to its end on the server, also when the stream is dropped.
    pub async fn stream_turn(&self, thread: &str, turn: &PostTurn) -> Result<TurnStream, ClientError> {
        let request = self.request(Method::POST, v1!["threads", thread, "turns"]).header("accept", "text/event-stream").json(turn);
        TurnStream::of(self, self.answer(request).await?).await
    }

    /// Stops the turn that is under way in a conversation, or the one that is named.
    pub async fn interrupt_turn(&self, thread: &str, turn: Option<&str>) -> Result<InterruptedTurn, ClientError> {
        let which = InterruptTurn { turn: turn.map(str::to_owned) };
        self.send(Method::POST, v1!["threads", thread, "interrupt"], &which).await
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

    /// Makes a version of a workflow the active one, whose triggers fire; or says what has to be approved first.
    pub async fn activate_workflow(&self, name: &str, request: &ActivateWorkflow) -> Result<ActivatedWorkflow, ClientError> {
        self.send(Method::POST, v1!["workflows", name, "activate"], request).await
    }

    /// Stops the triggers of a workflow.
    pub async fn deactivate_workflow(&self, name: &str) -> Result<WorkflowSummary, ClientError> {
        self.send(Method::POST, v1!["workflows", name, "deactivate"], &Value::Null).await
    }

    /// Goes back to the version that was active before; or says what has to be approved first.
    pub async fn undo_workflow(&self, name: &str, request: &ActivateWorkflow) -> Result<ActivatedWorkflow, ClientError> {
        self.send(Method::POST, v1!["workflows", name, "undo"], request).await
    }

    /// The triggers of the active version.
    pub async fn workflow_triggers(&self, name: &str) -> Result<TriggerList, ClientError> {
        self.get(v1!["workflows", name, "triggers"]).await
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

    /// Lets a run rest: what is in flight ends, nothing new begins.
    pub async fn pause_run(&self, id: &str) -> Result<Steered, ClientError> {
        self.send(Method::POST, v1!["runs", id, "pause"], &Value::Null).await
    }

    /// Lets a paused run go on.
    pub async fn resume_run(&self, id: &str) -> Result<Steered, ClientError> {
        self.send(Method::POST, v1!["runs", id, "resume"], &Value::Null).await
    }

    /// Lets a run that stops before each step go on.
    pub async fn advance_run(&self, id: &str, to: Advance) -> Result<Steered, ClientError> {
        self.send(Method::POST, v1!["runs", id, "advance"], &AdvanceRun { to }).await
    }

    /// Decides about a write whose outcome nobody knows.
    pub async fn resolve_unknown(&self, id: &str, step: &str, decision: UnknownDecision) -> Result<Steered, ClientError> {
        self.send(Method::POST, v1!["runs", id, "unknown"], &ResolveUnknown { step: step.to_owned(), decision }).await
    }

    /// Does a run again, as a new run; or says what has to be approved first.
    pub async fn retry_run(&self, id: &str, request: &RetryRun) -> Result<RetriedRun, ClientError> {
        self.send(Method::POST, v1!["runs", id, "retry"], request).await
    }

    /// Does one step with data that somebody made up.
    pub async fn test_step(&self, request: &TestStep) -> Result<TestedStep, ClientError> {
        self.send(Method::POST, v1!["steps", "test"], request).await
    }

    /// What people have to decide.
    pub async fn approvals(&self, query: ApprovalQuery) -> Result<ApprovalList, ClientError> {
        self.get_with(v1!["approvals"], &query).await
    }

    /// One of them.
    pub async fn approval(&self, id: &str) -> Result<ApprovalObject, ClientError> {
        self.get(v1!["approvals", id]).await
    }

    /// Says yes or no. The first decision counts.
    pub async fn decide_approval(&self, id: &str, decision: &DecideApproval) -> Result<ApprovalObject, ClientError> {
        self.send(Method::POST, v1!["approvals", id, "decision"], decision).await
    }

    /// What nobody has seen yet and somebody should know.
    pub async fn notices(&self) -> Result<NoticeList, ClientError> {
        self.get(v1!["notices"]).await
    }

    /// Marks notices as seen.
    pub async fn mark_notices_seen(&self, ids: Vec<String>) -> Result<(), ClientError> {
        self.answer(self.request(Method::POST, v1!["notices", "seen"]).json(&SeenNotices { ids })).await?;
        Ok(())
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

    /// A template with all that there is to know of it.
    pub async fn template(&self, name: &str) -> Result<TemplateView, ClientError> {
        self.get(v1!["templates", name]).await
    }

    /// Makes a draft of a template, in a conversation of its own.
    pub async fn use_template(&self, name: &str, request: &UseTemplate) -> Result<TurnView, ClientError> {
        self.send(Method::POST, v1!["templates", name, "use"], request).await
    }

    /// Makes a template of a workflow.
    pub async fn save_template(&self, request: &SaveTemplate) -> Result<TemplateInfo, ClientError> {
        self.send(Method::POST, v1!["templates"], request).await
    }

    /// Takes in a template file.
    pub async fn import_template(&self, request: &ImportTemplate) -> Result<TemplateInfo, ClientError> {
        self.send(Method::POST, v1!["templates", "import"], request).await
    }

    /// Removes a template of this installation.
    pub async fn delete_template(&self, name: &str) -> Result<(), ClientError> {
        self.delete(v1!["templates", name]).await
    }

    /// The JSON Schema of the workflow document.
    pub async fn schema(&self) -> Result<Value, ClientError> {
        self.get(v1!["schema"]).await
    }
}
