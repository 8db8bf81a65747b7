//! What a model is told about an answer that cannot be used, and the small questions that show what it can do.

use crate::render::render;
use minijinja::context;
use minijinja::value::Serde;
use serde::Serialize;

/// For [`unfit_answer`].
#[derive(Debug, Clone, Default, Serialize)]
pub struct UnfitAnswerArgs {
    /// What is wrong, each as a sentence.
    pub findings: Vec<String>,
    /// Whether the answer was cut off.
    pub cut_off: bool,
    /// Whether it was to be a JSON document.
    pub json: bool,
}

/// The answer does not fit: what is wrong, and to answer again.
pub fn unfit_answer(arguments: &UnfitAnswerArgs) -> String {
    render("unfit_answer", Serde(arguments))
}

/// Whether a model answers.
pub fn probe_answer() -> String {
    render("probe_answer", context! {})
}

/// Whether its answers come in pieces.
pub fn probe_stream() -> String {
    render("probe_stream", context! {})
}

/// Whether it answers with data of a given form.
pub fn probe_schema() -> String {
    render("probe_schema", context! {})
}
