//! `text.replace`: put one text in the place of another.

use super::compile;
use async_trait::async_trait;
use regex::NoExpand;
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError, role};
use sayflow_protocol::Effect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// `text.replace`.
pub struct Replace;

/// How the text to look for is meant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// As it is written.
    #[default]
    Literal,
    /// As a regular expression; the replacement may name its groups: `$1` or `${name}`.
    Regex,
}

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The text.
    #[serde(deserialize_with = "crate::items::lenient_text")]
    #[schemars(extend("x-role" = role::TEXT))]
    text: String,
    /// What to look for.
    #[schemars(extend("x-role" = role::PATTERN))]
    find: String,
    /// What to put in its place, everywhere; nothing if left out.
    #[serde(default)]
    #[schemars(extend("x-role" = role::REPLACEMENT))]
    replace: String,
    /// Whether `find` is `literal` or a `regex`.
    #[serde(default)]
    mode: Mode,
}

/// What it hands back.
#[derive(Serialize, JsonSchema)]
pub struct Output {
    /// The text after it.
    text: String,
    /// How many places were changed.
    count: usize,
}

#[async_trait]
impl Action for Replace {
    type Params = Params;
    type Output = Output;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("text.replace", "Replace text", "Puts one text in the place of another, everywhere.", Effect::None)
            .utterances(&[
                "replace Inc with GmbH in the text",
                "substitute every comma by a semicolon",
                "remove the word draft from the message",
                "strip all digits",
                "mask the phone numbers in the text",
            ])
            .keywords(&["replace", "substitute", "remove", "strip", "swap", "mask", "change"])
            .example(json!({ "text": "Hello, world", "count": 1 }))
    }

    async fn run(&self, params: Params, _: &ActionContext<'_>) -> Result<Outcome<Output>, StepError> {
        if params.find.is_empty() {
            return Err(StepError::new("invalid_parameters", "text.replace: there is nothing to look for").help("give \"find\" a text"));
        }
        let pattern = match params.mode {
            Mode::Literal => compile(&regex::escape(&params.find))?,
            Mode::Regex => compile(&params.find)?,
        };
        let count = pattern.find_iter(&params.text).count();
        let text = match params.mode {
            Mode::Literal => pattern.replace_all(&params.text, NoExpand(&params.replace)),
            Mode::Regex => pattern.replace_all(&params.text, params.replace.as_str()),
        };
        Ok(Output { text: text.into_owned(), count }.into())
    }
}
