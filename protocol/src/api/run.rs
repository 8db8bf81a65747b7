//! `/runs`: starting, watching and steering runs.

use crate::action::Effect;
use crate::api::draft::{NotTried, SuppressedEffect};
use crate::diagnostic::Diagnostic;
use crate::event::{Advance, RecordedEvent, UnknownDecision};
use crate::footprint::FootprintEntry;
use crate::id::{ApprovalId, DraftId, RunId};
use crate::run::{RunStatus, RunSummary, RunView};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What is to be run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunSource {
    /// A draft of a thread.
    Draft(DraftId),
    /// The active version of a saved workflow (its newest one when none is active).
    Workflow(String),
    /// A document's text with its format (`yaml`, `json` or `toml`).
    Document {
        /// The text.
        text: String,
        /// Its format.
        format: String,
    },
}

/// `POST /runs`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StartRun {
    /// What is to be run.
    pub source: RunSource,
    /// Values for its inputs.
    #[serde(default)]
    pub inputs: IndexMap<String, Value>,
    /// What a trigger would have brought: the steps see it as `trigger.payload`.
    #[serde(default)]
    pub payload: Option<Value>,
    /// Simulate the writes.
    #[serde(default)]
    pub dry_run: bool,
    /// In a dry run, also try network reads of hosts written in the document.
    #[serde(default)]
    pub network_reads: bool,
    /// Stop before each step until somebody says go on.
    #[serde(default)]
    pub stepwise: bool,
    /// The hash of the footprint that the person approved, or `"*"` for `--yes`.
    #[serde(default)]
    pub approve: Option<String>,
    /// Absolute path of the client's workspace folder.
    pub workspace: String,
}

/// Something a person has to decide.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalView {
    /// Its id.
    pub id: ApprovalId,
    /// What is asked, in a sentence.
    pub what: String,
    /// SHA-256 of what is approved, in hexadecimal; it is handed back as `approve`.
    pub payload_hash: String,
    /// The lines of the footprint that need a yes.
    pub footprint: Vec<FootprintEntry>,
}

/// The answer to [`StartRun`]: a run, or what has to be decided before there is one.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct StartedRun {
    /// The run as it stands now.
    pub run: Option<RunView>,
    /// What has to be approved first.
    pub approval: Option<ApprovalView>,
    /// Warnings of the checks.
    #[serde(default)]
    pub diagnostics: Vec<Diagnostic>,
    /// Writes that a dry run held back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suppressed: Vec<SuppressedEffect>,
    /// Reads that a dry run did not make.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_tried: Vec<NotTried>,
}

/// `GET /runs`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunList {
    /// Newest first.
    pub runs: Vec<RunSummary>,
    /// Handed back as `cursor` to get the next page.
    #[serde(default)]
    pub next: Option<String>,
}

/// `GET /runs`: which runs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunQuery {
    /// Those of one workflow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workflow: Option<String>,
    /// Those with one status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<RunStatus>,
    /// At most so many; 50 when left out, never more than 500.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// `GET /runs/{id}/journal`: what happened so far. `GET /runs/{id}/events` streams the same events, one an SSE
/// message whose `id:` is the event's `seq`, and goes on until the last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunEvents {
    /// In journal order.
    pub events: Vec<RecordedEvent>,
}

/// `POST /runs/{id}/cancel`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cancelled {
    /// The run.
    pub id: RunId,
    /// Whether it was still going.
    pub was_active: bool,
}

/// `POST /runs/{id}/pause` and the others that steer a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Steered {
    /// The run.
    pub id: RunId,
}

/// `POST /runs/{id}/advance`: lets a run that stops before each step go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AdvanceRun {
    /// How far: `"step"`, `{"until": "STEP"}` or `"end"`.
    #[serde(default = "one_step")]
    pub to: Advance,
}

fn one_step() -> Advance {
    Advance::Step
}

/// `POST /runs/{id}/unknown`: decides about a write whose outcome nobody knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResolveUnknown {
    /// The instance, such as `post` or `each[2]/send`.
    pub step: String,
    /// What is done.
    pub decision: UnknownDecision,
}

/// From where a run is done again.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FromWhere {
    /// From the step that failed; what succeeded is kept.
    #[default]
    Failed,
    /// From the beginning; nothing is kept.
    Start,
    /// From a step; what does not depend on it is kept.
    Step(String),
}

/// `POST /runs/{id}/retry`: does a run that has ended again, as a new run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RetryRun {
    /// `"failed"` when left out, `"start"` or `{"step": "STEP"}`.
    #[serde(default)]
    pub from: FromWhere,
    /// On the version of the workflow that is active now (its newest where none is), not on the one that it ran.
    #[serde(default)]
    pub current: bool,
    /// The hash of what the person approved, or `"*"` for `--yes`.
    #[serde(default)]
    pub approve: Option<String>,
}

/// The answer to [`RetryRun`]: the new run, or what has to be decided before there is one.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct RetriedRun {
    /// The new run as it stands now.
    pub run: Option<RunView>,
    /// What has to be approved first.
    pub approval: Option<ApprovalView>,
    /// The steps that are done again, in document order.
    #[serde(default)]
    pub again: Vec<AgainStep>,
    /// The steps whose results are kept, in document order.
    #[serde(default)]
    pub kept: Vec<String>,
}

/// A step of the earlier run that is done again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AgainStep {
    /// The step.
    pub step: String,
    /// What it does to the world; none where it never began.
    pub effect: Option<Effect>,
    /// Whether it was a write that nobody knows the outcome of: it may happen twice.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub was_unknown: bool,
    /// Items of its loop that are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items_kept: Option<u32>,
}
