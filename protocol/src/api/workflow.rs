//! `/workflows` and `/validate`.

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
}

/// `POST /workflows/{name}/activate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActivateWorkflow {
    /// Which version; the newest when left out.
    #[serde(default)]
    pub version: Option<u32>,
}
