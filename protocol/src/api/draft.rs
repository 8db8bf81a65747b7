//! Drafts: workflows that are not yet activated, with all that a person needs to judge them.

use crate::action::Effect;
use crate::api::edit::DiffView;
use crate::diagnostic::Diagnostic;
use crate::footprint::Footprint;
use crate::id::DraftId;
use crate::run::RunView;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A draft as every surface shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DraftView {
    /// Its id.
    pub id: DraftId,
    /// The document, in canonical JSON.
    pub workflow: Value,
    /// What it does, in plain words: trigger, reads, writes.
    pub summary: String,
    /// Where it reads and writes.
    pub footprint: Footprint,
    /// The next times it would fire.
    pub next_fires: Vec<Timestamp>,
    /// Findings of the checks.
    pub diagnostics: Vec<Diagnostic>,
    /// What a dry run showed.
    pub dry_run: Option<DryRunReport>,
    /// Its steps as a graph: `(step, the steps it needs)` in document order.
    #[serde(default)]
    pub graph: Vec<GraphNode>,
    /// What changed against the draft before it or the workflow that it was made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff: Option<DiffView>,
}

/// A step in the picture of a workflow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GraphNode {
    /// The step's id.
    pub id: String,
    /// The action, or `group`.
    pub uses: String,
    /// A few words for people.
    pub label: String,
    /// The steps that come before it.
    pub needs: Vec<String>,
    /// What it does to the world.
    pub effect: Effect,
}

/// What a dry run did, would have done and left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DryRunReport {
    /// The run, with simulated outputs marked.
    pub run: RunView,
    /// Writes that were held back, with what would have been sent.
    pub suppressed: Vec<SuppressedEffect>,
    /// Reads that were not made, and why.
    pub not_tried: Vec<NotTried>,
    /// Writes into the workspace folder, which were made beside it, with what would have been written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<SuppressedEffect>,
    /// What the trigger would have brought, where that was made up for the trial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Value>,
}

/// A write that a dry run held back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SuppressedEffect {
    /// The instance.
    pub step: String,
    /// The action.
    pub uses: String,
    /// The parameters as they would have been sent.
    pub payload: Value,
}

/// A read that a dry run did not make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NotTried {
    /// The instance.
    pub step: String,
    /// The action.
    pub uses: String,
    /// Where it would have read.
    pub destination: String,
    /// Why it did not.
    pub reason: String,
}
