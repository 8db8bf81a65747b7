//! What a model is told about an answer that cannot be used.

use crate::render::render;
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
