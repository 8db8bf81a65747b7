//! Suggestions for a workflow that exists.

use crate::render::render;
use minijinja::context;
use minijinja::value::Serde;
use serde::Serialize;

/// For [`suggestion_advice`] and [`suggestion_evidence`]; what the numbers and texts mean depends on the rule.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SuggestionArgs {
    /// Such as `missing-retry`.
    pub rule: String,
    /// The step that it is about; empty for the workflow.
    pub step: String,
    /// How often something was seen.
    pub count: usize,
    /// Out of how many.
    pub total: usize,
    /// What is proposed, or what was measured.
    pub value: String,
    /// What it is compared with.
    pub other: String,
}

/// What to do, in a sentence.
pub fn suggestion_advice(arguments: &SuggestionArgs) -> String {
    render("suggestion_advice", Serde(arguments))
}

/// Why, with what was seen.
pub fn suggestion_evidence(arguments: &SuggestionArgs) -> String {
    render("suggestion_evidence", Serde(arguments))
}

/// For [`suggestions`].
#[derive(Debug, Clone, Default, Serialize)]
pub struct SuggestionLine {
    /// What to do.
    pub advice: String,
    /// Why.
    pub evidence: String,
    /// What would change, a sentence each.
    pub changes: Vec<String>,
}

/// All suggestions for a workflow, numbered.
pub fn suggestions(name: &str, suggestions: &[SuggestionLine]) -> String {
    render("suggestions", context! { name, suggestions => Serde(suggestions.to_vec()) })
}
