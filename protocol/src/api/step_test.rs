//! `POST /steps/test`: one step of a document with data that somebody made up.

use crate::action::Effect;
use crate::api::draft::{NotTried, SuppressedEffect};
use crate::api::run::{ApprovalView, RunSource};
use crate::diagnostic::Diagnostic;
use crate::id::RunId;
use crate::run::RunError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What is tested, and with what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestStep {
    /// The document.
    pub source: RunSource,
    /// The step's id, with the groups around it (`group/inner`).
    pub step: String,
    /// What its expressions see: an object with any of `inputs`, `trigger`, `steps`, `item`, `index`, `error`. A step may be
    /// given as its output alone.
    #[serde(default)]
    pub data: Value,
    /// Simulate a write.
    #[serde(default)]
    pub dry_run: bool,
    /// The hash of what the person approved, or `"*"` for `--yes`.
    #[serde(default)]
    pub approve: Option<String>,
    /// Absolute path of the client's workspace folder.
    pub workspace: String,
}

/// What came of it, or what has to be decided before it is done.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct TestedStep {
    /// What the step did; none while an approval is needed.
    pub result: Option<StepResult>,
    /// What has to be approved first.
    pub approval: Option<ApprovalView>,
    /// Warnings of the checks.
    #[serde(default)]
    pub diagnostics: Vec<Diagnostic>,
}

/// One attempt of one step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepResult {
    /// The step.
    pub step: String,
    /// The action.
    pub uses: String,
    /// What it does to the world.
    pub effect: Effect,
    /// The parameters, filled in.
    pub input: Option<Value>,
    /// What it handed back.
    pub output: Option<Value>,
    /// Why it failed.
    pub error: Option<RunError>,
    /// The run that did it, whose journal can be read; none when the write was only simulated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// Whether nobody knows how its write ended.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub outcome_unknown: bool,
    /// Whether the output was made up because the write was only simulated.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub simulated: bool,
    /// Writes that were held back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suppressed: Vec<SuppressedEffect>,
    /// Reads that were not made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_tried: Vec<NotTried>,
}
