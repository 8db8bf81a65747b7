//! Why a run stands where it stands.

use crate::render::render;
use minijinja::value::Serde;
use serde::Serialize;

/// For [`explanation`]. Everything but the headline may be empty; its lines are left out then.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ExplanationArgs {
    /// What stands where, in a sentence.
    pub headline: String,
    /// The words of what failed.
    pub message: Option<String>,
    /// What it means.
    pub meaning: Option<String>,
    /// What was seen.
    pub findings: Vec<String>,
    /// Whether the run has not ended.
    pub goes_on: bool,
    /// Writes that were done before.
    pub done: Vec<String>,
    /// Writes that were not done.
    pub undone: Vec<String>,
    /// Writes that nobody knows the outcome of.
    pub unknown: Vec<String>,
    /// What to do, in sentences.
    pub advice: Option<String>,
    /// The changes that would mend it, a sentence each.
    pub fix: Vec<String>,
    /// What can be typed.
    pub commands: Vec<String>,
}

/// Why a run failed, waits or was stopped.
pub fn explanation(arguments: &ExplanationArgs) -> String {
    render("explanation", Serde(arguments))
}
