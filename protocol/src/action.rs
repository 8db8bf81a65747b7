//! What the catalogue says of an action to those outside the engine.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What an action does to the world outside the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Nothing: it computes.
    None,
    /// It looks.
    Read,
    /// It changes something.
    Write,
}

/// One action of the catalogue, as `sayflow actions --output json` lists it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ActionInfo {
    /// Such as `http.request`.
    pub id: String,
    /// A few words.
    pub title: String,
    /// A sentence.
    pub summary: String,
    /// Its effect; the strongest one where it depends on the parameters.
    pub effect: Effect,
    /// The type of credential that it takes.
    pub credential: Option<String>,
    /// JSON Schema of its parameters.
    pub params: Value,
    /// JSON Schema of its output.
    pub output: Value,
}
