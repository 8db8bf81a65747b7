//! `/workflows` and `/validate`.

use crate::api::run::ApprovalView;
use crate::diagnostic::Diagnostic;
use crate::footprint::Footprint;
use crate::id::DraftId;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `POST /validate`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ValidateRequest {
    /// The document's text.
    pub text: String,
    /// `yaml`, `json` or `toml`.
    pub format: String,
}

/// The findings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Validation {
    /// Whether there is no error.
    pub valid: bool,
    /// All findings, by place.
    pub diagnostics: Vec<Diagnostic>,
    /// Where it would read and write, when it is valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub footprint: Option<Footprint>,
}

/// `POST /workflows`: keeps a draft or a document under its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SaveWorkflow {
    /// A draft to keep.
    #[serde(default)]
    pub draft: Option<DraftId>,
    /// Or a document's text.
    #[serde(default)]
    pub document: Option<ValidateRequest>,
    /// The client's workspace folder.
    pub workspace: String,
}

/// One line of the list of workflows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WorkflowSummary {
    /// Its name.
    pub name: String,
    /// What it does.
    pub description: Option<String>,
    /// The newest version.
    pub latest: u32,
    /// The version that is active.
    pub active: Option<u32>,
    /// When the newest version was saved.
    pub updated: Timestamp,
}

/// `GET /workflows`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WorkflowList {
    /// By name.
    pub workflows: Vec<WorkflowSummary>,
}

/// `GET /workflows/{name}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WorkflowView {
    /// The line of the list.
    #[serde(flatten)]
    pub summary: WorkflowSummary,
    /// The newest document.
    pub workflow: Value,
    /// The triggers of the active version, in document order; empty while none is active.
    #[serde(default)]
    pub triggers: Vec<TriggerView>,
}

/// A trigger of an active version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TriggerView {
    /// `schedule`, `webhook`, `feed`, `file`, `event`, `message` or `manual`.
    #[serde(rename = "type")]
    pub kind: String,
    /// As written in the document.
    pub trigger: Value,
    /// What starts a run, in plain words.
    pub description: String,
    /// IANA name of the zone in which its times are read.
    pub timezone: String,
    /// The next times at which a schedule fires, at most five.
    pub next: Vec<Timestamp>,
    /// When a feed or a folder is looked at next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looks_at: Option<Timestamp>,
    /// When it last fired.
    pub last_fired: Option<Timestamp>,
    /// How often it fired.
    pub fired: u64,
    /// Where a webhook is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Why it did not work the last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// Why it should have fired and did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarm: Option<String>,
}

/// `GET /workflows/{name}/triggers`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TriggerList {
    /// In document order.
    pub triggers: Vec<TriggerView>,
}

/// `POST /workflows/{name}/activate` and `POST /workflows/{name}/undo` (which takes no version).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActivateWorkflow {
    /// Which version; the newest when left out.
    #[serde(default)]
    pub version: Option<u32>,
    /// The hash of the footprint that the person approved, or `"*"` for `--yes`.
    #[serde(default)]
    pub approve: Option<String>,
}

/// The answer to [`ActivateWorkflow`]: what fires from now on, or what has to be approved first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ActivatedWorkflow {
    /// The workflow as it stands now.
    #[serde(flatten)]
    pub summary: WorkflowSummary,
    /// What has to be approved first; nothing was changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalView>,
    /// Its triggers.
    #[serde(default)]
    pub triggers: Vec<TriggerView>,
    /// Whether the server stays; if not, nothing fires until one does.
    pub lasting: bool,
    /// Warnings of the checks.
    #[serde(default)]
    pub diagnostics: Vec<Diagnostic>,
}
