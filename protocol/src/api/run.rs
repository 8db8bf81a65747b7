//! `/runs`: starting, watching and stopping runs.

use crate::api::draft::{NotTried, SuppressedEffect};
use crate::diagnostic::Diagnostic;
use crate::event::RecordedEvent;
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
    /// Simulate the writes.
    #[serde(default)]
    pub dry_run: bool,
    /// In a dry run, also try network reads of hosts written in the document.
    #[serde(default)]
    pub network_reads: bool,
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
