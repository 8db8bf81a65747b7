//! Changes of a workflow document as operations, and what is shown of them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One change. Steps are named by their path: `post`, or `each/send` for a step in a group; steps of the failure part by
/// `on_failure/tell`. Everything else is named by a JSON pointer into the document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum Operation {
    /// Puts a new step in.
    Add {
        /// The step as it is written in a document.
        step: Value,
        /// The step that it comes behind; first when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<String>,
        /// The group that it goes into, or `on_failure`; the workflow itself when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        within: Option<String>,
    },
    /// Takes a step out.
    Remove {
        /// Which.
        step: String,
    },
    /// Puts another step in the place of one.
    Replace {
        /// Which.
        step: String,
        /// The new one, as it is written in a document.
        with: Value,
    },
    /// Gives a step another id; all that refers to it follows.
    Rename {
        /// Which.
        step: String,
        /// Its new id.
        to: String,
    },
    /// Puts a step elsewhere in its list.
    Move {
        /// Which.
        step: String,
        /// The step that it comes behind; first when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<String>,
    },
    /// Sets a value: of a step (`/retry`, `/with/channel`) or, without one, of the workflow (`/triggers/0/cron`).
    Set {
        /// The step; the workflow itself when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<String>,
        /// Where in it, as a JSON pointer.
        pointer: String,
        /// The value.
        value: Value,
    },
    /// Takes a value away.
    Unset {
        /// The step; the workflow itself when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<String>,
        /// Where in it, as a JSON pointer.
        pointer: String,
    },
}

/// A change as people see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DiffView {
    /// What it is a change of, such as `version 3 of rust-news`.
    pub against: String,
    /// The operations that lead from there to here.
    pub operations: Vec<Operation>,
    /// The same in plain words, one line each.
    pub words: Vec<String>,
    /// The same as a unified difference of the two documents in YAML.
    pub text: String,
}

/// Something that would make a workflow better.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Suggestion {
    /// The rule that found it, such as `missing-retry`.
    pub rule: String,
    /// The step it is about, where it is about one.
    pub step: Option<String>,
    /// What to do, in a sentence.
    pub advice: String,
    /// Why, with what was seen.
    pub evidence: String,
    /// What carries it out; empty where a person has to decide how.
    pub operations: Vec<Operation>,
}
