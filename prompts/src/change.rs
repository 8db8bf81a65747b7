//! Changes of a workflow in plain words.

use crate::render::render;
use minijinja::value::Serde;
use serde::Serialize;

/// For [`change`].
#[derive(Debug, Clone, Default, Serialize)]
pub struct ChangeArgs {
    /// `add`, `remove`, `replace`, `rename`, `move`, `set` or `unset` of a step; `set_workflow` or `unset_workflow`.
    pub kind: String,
    /// The step's path; empty for the workflow.
    pub step: String,
    /// The key that changes, such as `retry`.
    pub key: String,
    /// Where in the key, such as `channel` or `headers.accept`.
    pub name: String,
    /// What it is now.
    pub value: Option<String>,
    /// What it was.
    pub was: Option<String>,
    /// The step that it comes behind.
    pub behind: Option<String>,
    /// The group that it goes into.
    pub within: Option<String>,
}

/// One change, as a sentence.
pub fn change(arguments: &ChangeArgs) -> String {
    render("change", Serde(arguments))
}
