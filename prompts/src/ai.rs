//! What the `ai.*` steps tell a model. Each text is the system message; the material stands in the next message, behind a
//! fence (see [`crate::fenced`]).

use crate::render::render;
use minijinja::value::Serde;
use serde::Serialize;

/// For [`ai_generate`].
#[derive(Debug, Clone, Default, Serialize)]
pub struct GenerateArgs {
    /// What to write, in the person's words.
    pub task: String,
    /// The marker of the fence around the material, where there is material.
    pub marker: Option<String>,
    /// The form of the answer; any text when left out.
    pub form: Option<Form>,
}

/// The form of an answer that is data.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Form {
    /// Its JSON Schema.
    pub schema: String,
    /// A value that fits it, as JSON.
    pub example: String,
}

/// For [`ai_summarize`].
#[derive(Debug, Clone, Default, Serialize)]
pub struct SummarizeArgs {
    /// The marker of the fence around the material.
    pub marker: String,
    /// Whether the material is a list, given as JSON.
    pub list: bool,
    /// The most words.
    pub max_words: u32,
    /// Whether it is to be a list of points rather than running text.
    pub bullets: bool,
    /// The language of the summary; that of the material when left out.
    pub language: Option<String>,
    /// What matters, in the person's words.
    pub focus: Option<String>,
}

/// For [`ai_extract`].
#[derive(Debug, Clone, Default, Serialize)]
pub struct ExtractArgs {
    /// The marker of the fence around the material.
    pub marker: String,
    /// What is looked for, in the person's words.
    pub hint: Option<String>,
    /// The form of the answer.
    pub form: Form,
}

/// For [`ai_classify`].
#[derive(Debug, Clone, Default, Serialize)]
pub struct ClassifyArgs {
    /// The marker of the fence around the material.
    pub marker: String,
    /// The labels to choose from.
    pub labels: Vec<Label>,
    /// How to choose, in the person's words.
    pub hint: Option<String>,
    /// The label where no other fits.
    pub otherwise: Option<String>,
    /// A fitting answer, as JSON.
    pub example: String,
}

/// One label.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Label {
    /// The label as JSON, quotes included.
    pub name: String,
    /// What belongs under it.
    pub about: Option<String>,
}

/// Write a text, or data of a form.
pub fn ai_generate(arguments: &GenerateArgs) -> String {
    render("ai_generate", Serde(arguments))
}

/// Summarize a text or a list.
pub fn ai_summarize(arguments: &SummarizeArgs) -> String {
    render("ai_summarize", Serde(arguments))
}

/// Find values in a text.
pub fn ai_extract(arguments: &ExtractArgs) -> String {
    render("ai_extract", Serde(arguments))
}

/// Put one label on a text.
pub fn ai_classify(arguments: &ClassifyArgs) -> String {
    render("ai_classify", Serde(arguments))
}
