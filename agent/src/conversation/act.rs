//! What the conversation has the host do besides planning, each through the same method as the API has it, and what came
//! of it. The conversation words the answer; it never approves anything.

use super::command::Listing;
use sayflow_protocol::api::{
    ActivatedWorkflow, ApprovalObject, ApprovalView, DiffView, Pending, RunSource, Suggestion, TriggerView, WorkflowSummary,
};
use sayflow_protocol::run::RunSummary;
use sayflow_protocol::{DraftId, Footprint, RunId, RunStatus, RunView, Workflow};
use serde_json::{Map, Value};

/// Something to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Start a run, as `POST /runs` does.
    Run {
        /// Of what.
        source: RunSource,
        /// Its inputs.
        inputs: Map<String, Value>,
    },
    /// Activate the newest version, as `POST /workflows/{name}/activate` does; a draft is saved first.
    Activate {
        /// The workflow.
        workflow: String,
        /// The draft that becomes its newest version.
        draft: Option<DraftId>,
    },
    /// Stop a run.
    StopRun {
        /// Which.
        run: RunId,
    },
    /// Stop the triggers of a workflow.
    Deactivate {
        /// Which.
        workflow: String,
    },
    /// Go back to the version that was active before.
    UndoWorkflow {
        /// Of which workflow.
        workflow: String,
    },
    /// How a workflow or a run stands; all workflows when neither is named.
    Status {
        /// The workflow.
        workflow: Option<String>,
        /// The run.
        run: Option<RunId>,
    },
    /// What there is.
    List(Listing),
    /// Why a run failed: this one if it did, else the newest that failed.
    ExplainRun {
        /// The run.
        run: Option<RunId>,
        /// Only runs of this workflow.
        workflow: Option<String>,
    },
    /// What a workflow does, in plain words.
    Describe {
        /// Which.
        of: Subject,
    },
    /// What would make a workflow better.
    Suggest {
        /// Which.
        of: Subject,
    },
    /// Make the workflow that does not fail as this run did.
    Fix {
        /// The run.
        run: RunId,
    },
    /// Make the workflow that follows the suggestions.
    Improve {
        /// Of which.
        of: Subject,
        /// The numbers of the suggestions; all that can be carried out when empty.
        picks: Vec<usize>,
    },
}

/// A workflow that is looked at.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "one is made for a turn")]
pub enum Subject {
    /// The draft of the conversation.
    Draft(Workflow),
    /// A saved one, by its name.
    Saved(String),
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "one is made for a turn")]
pub enum Acted {
    /// A run goes on.
    Started {
        /// Which.
        run: RunId,
        /// Of which workflow.
        workflow: String,
    },
    /// Nothing was done: somebody has to approve it first.
    NeedsApproval {
        /// What.
        approval: ApprovalView,
        /// Of which workflow.
        workflow: String,
        /// What goes on then.
        pending: Pending,
    },
    /// A workflow starts by itself.
    Activated {
        /// As the API says it.
        activated: ActivatedWorkflow,
        /// Where it reads and writes.
        footprint: Footprint,
    },
    /// A run was stopped.
    StoppedRun {
        /// Which.
        run: RunId,
        /// Of which workflow.
        workflow: String,
        /// Whether it was still going.
        was_active: bool,
        /// How it stands.
        status: RunStatus,
    },
    /// A workflow starts by itself no more.
    Deactivated {
        /// Which.
        workflow: String,
        /// Whether it did before.
        was_active: bool,
        /// How many of its runs go on.
        running: usize,
    },
    /// Another version is active, or none.
    WorkflowUndone(ActivatedWorkflow),
    /// How things stand.
    Status(StatusReport),
    /// What there is.
    Listed(Listed),
    /// Why a run failed.
    Explained {
        /// Which.
        run: RunId,
        /// Of which workflow.
        workflow: String,
        /// Why, in Markdown.
        text: String,
        /// What would mend it.
        fix: Option<DiffView>,
    },
    /// No run has failed.
    NothingFailed {
        /// The workflow that was asked about.
        workflow: Option<String>,
        /// The run that was asked about, and how it stands.
        run: Option<(RunId, RunStatus)>,
    },
    /// What a workflow does, in Markdown.
    Described {
        /// The text.
        text: String,
    },
    /// What would make a workflow better.
    Suggested {
        /// Which.
        workflow: String,
        /// What.
        suggestions: Vec<Suggestion>,
        /// How many of its runs were looked at.
        runs: usize,
    },
    /// A changed workflow, which is to be checked and tried.
    Edited(Edited),
    /// What was picked cannot be carried out.
    NotApplicable {
        /// The numbers that were picked.
        picks: Vec<usize>,
        /// Those that could be.
        applicable: Vec<usize>,
    },
}

/// A workflow that was made of another one by operations.
#[derive(Debug, Clone, PartialEq)]
pub struct Edited {
    /// What it was made of, in words, such as `version 3 of orders-report`.
    pub against: String,
    /// That workflow.
    pub base: Workflow,
    /// The changed one.
    pub workflow: Workflow,
}

/// How things stand.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StatusReport {
    /// The run that was asked about.
    pub run: Option<RunView>,
    /// Workflows.
    pub workflows: Vec<WorkflowStatus>,
    /// Runs that go on.
    pub going: Vec<RunSummary>,
    /// How many decisions wait for a person.
    pub approvals: usize,
}

/// How a workflow stands.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkflowStatus {
    /// Its line in the list.
    pub summary: WorkflowSummary,
    /// Its triggers, while it is active.
    pub triggers: Vec<TriggerView>,
    /// Its newest run.
    pub last: Option<RunSummary>,
}

/// What there is.
#[derive(Debug, Clone, PartialEq)]
pub enum Listed {
    /// Saved workflows.
    Workflows(Vec<WorkflowSummary>),
    /// Runs, newest first.
    Runs(Vec<RunSummary>),
    /// Active workflows with their triggers.
    Schedules(Vec<(String, Vec<TriggerView>)>),
    /// What waits for a decision.
    Approvals(Vec<ApprovalObject>),
}

/// A saved workflow as it was loaded.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The document.
    pub workflow: Workflow,
    /// Its version.
    pub version: u32,
}

/// Why the application did not do something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What is wrong, without a full stop.
    pub message: String,
    /// The way out.
    pub help: Option<String>,
}
