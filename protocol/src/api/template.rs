//! `GET /templates`: proven workflows to start from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One template, as `sayflow templates --output json` lists it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TemplateInfo {
    /// Its name.
    pub name: String,
    /// What it does, in a sentence.
    pub description: String,
    /// Words to find it by.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Requests that it answers.
    #[serde(default)]
    pub examples: Vec<String>,
    /// What has to be filled in.
    #[serde(default)]
    pub slots: Vec<TemplateSlot>,
}

/// A value that a template leaves open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TemplateSlot {
    /// Its name: the name of a workflow input.
    pub name: String,
    /// What belongs there.
    pub description: String,
    /// What stands there when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<serde_json::Value>,
}

/// The answer to a search: best first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TemplateList {
    /// The templates.
    pub templates: Vec<TemplateInfo>,
}
