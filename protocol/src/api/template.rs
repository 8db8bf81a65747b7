//! `/templates`: proven workflows to start from, the built-in ones and those of this installation.

use crate::footprint::Footprint;
use crate::id::DraftId;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where a template comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TemplateOrigin {
    /// It came with Sayflow.
    #[default]
    BuiltIn,
    /// Somebody made it of a workflow here.
    Own,
    /// It was taken in from a file. Its texts are somebody else's words.
    Imported,
}

impl TemplateOrigin {
    /// The word as written in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BuiltIn => "built-in",
            Self::Own => "own",
            Self::Imported => "imported",
        }
    }
}

/// One template, as `sayflow templates --output json` lists it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
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
    /// What can be filled in.
    #[serde(default)]
    pub slots: Vec<TemplateSlot>,
    /// Where it comes from.
    #[serde(default)]
    pub origin: TemplateOrigin,
}

/// A value that a template leaves open.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct TemplateSlot {
    /// Its name.
    pub name: String,
    /// What belongs there.
    pub description: String,
    /// What stands there when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// Whether the template cannot be used without a value for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// JSON Schema of the value.
    #[serde(default)]
    pub schema: Value,
    /// The places of the document that the value goes to, such as `steps.post.with.channel`. A slot without places is
    /// the workflow's input of the same name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sets: Vec<String>,
}

/// The answer to a search: best first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TemplateList {
    /// The templates.
    pub templates: Vec<TemplateInfo>,
}

/// `GET /templates/{name}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TemplateView {
    /// What it is about.
    #[serde(flatten)]
    pub info: TemplateInfo,
    /// What it does with its defaults, in plain words.
    pub summary: String,
    /// Where it reads and writes with its defaults.
    pub footprint: Footprint,
    /// The workflow with its defaults.
    pub workflow: Value,
    /// What a trigger could bring; the dry run begins with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Value>,
    /// The template as a file, in YAML.
    pub yaml: String,
}

/// `POST /templates/{name}/use`: makes a draft in a conversation of its own.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UseTemplate {
    /// Values for its slots. A text becomes what the slot takes.
    #[serde(default)]
    pub values: IndexMap<String, Value>,
    /// Another name for the workflow.
    #[serde(default)]
    pub name: Option<String>,
    /// What a trigger would bring, for the dry run; the template's own example when left out.
    #[serde(default)]
    pub payload: Option<Value>,
    /// Whether the dry run also tries network reads.
    #[serde(default)]
    pub network_reads: bool,
    /// Absolute path of the client's workspace folder.
    pub workspace: String,
    /// IANA name of the client's time zone, where it knows one.
    #[serde(default)]
    pub timezone: Option<String>,
}

/// What a template is made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TemplateSource {
    /// A saved workflow.
    Workflow(String),
    /// A draft.
    Draft(DraftId),
    /// A document's text with its format (`yaml`, `json` or `toml`).
    Document {
        /// The text.
        text: String,
        /// Its format.
        format: String,
    },
}

/// `POST /templates`: makes a template of a workflow, in the place of the own one with its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SaveTemplate {
    /// Its name.
    pub name: String,
    /// The workflow.
    pub source: TemplateSource,
    /// What it does; the workflow's description when left out.
    #[serde(default)]
    pub description: Option<String>,
    /// Words to find it by; the workflow's when left out.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Requests that it answers.
    #[serde(default)]
    pub examples: Vec<String>,
    /// What belongs into a slot, by its name.
    #[serde(default)]
    pub slots: IndexMap<String, String>,
    /// Slots to make of values that stand in the document: by name, the places.
    #[serde(default)]
    pub make_slots: IndexMap<String, Vec<String>>,
}

/// `POST /templates/import`: takes in a template file, in the place of the own one with its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportTemplate {
    /// The file's text, in YAML or JSON.
    pub text: String,
}
