//! `ai.summarize`: have a model say in short what a text or a list says.

use super::ask::{Budget, Question, ask};
use super::material::Material;
use crate::items::Items;
use async_trait::async_trait;
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError, role};
use sayflow_prompts::{self as prompts, SummarizeArgs};
use sayflow_protocol::{DestinationKind, Effect};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// `ai.summarize`.
pub struct Summarize;

/// What a summary looks like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Style {
    /// Running text.
    #[default]
    Paragraph,
    /// A list of points, one a line, each after "- ".
    Bullets,
}

/// What it takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(extend("additionalProperties" = false, "anyOf" = [{"required": ["text"]}, {"required": ["items"]}]))]
pub struct Params {
    /// The text (or any other value) to summarize.
    #[serde(default)]
    #[schemars(extend("x-role" = role::TEXT))]
    text: Material,
    /// The list to summarize, in place of a text.
    #[serde(default)]
    #[schemars(with = "Items", extend("x-role" = role::ITEMS))]
    items: Option<Items>,
    /// What matters, in plain words: "decisions and open questions only".
    #[serde(default)]
    #[schemars(with = "String", extend("x-role" = role::PROMPT))]
    focus: Option<String>,
    /// The most words; 120 when left out.
    #[serde(default)]
    #[schemars(with = "u32", range(min = 1))]
    max_words: Option<u32>,
    /// What the summary looks like: `paragraph` or `bullets`.
    #[serde(default)]
    style: Style,
    /// The language of the summary, such as German; that of the text when left out.
    #[serde(default)]
    #[schemars(with = "String")]
    language: Option<String>,
    /// What it may take and give.
    #[serde(flatten)]
    budget: Budget,
}

/// What it hands back.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// The summary; empty when there was nothing to summarize.
    summary: String,
}

/// The most words where the step does not say.
const WORDS: u32 = 120;
/// The longest answer where the step does not say, in tokens.
const OUTPUT_TOKENS: u32 = 2_000;

#[async_trait]
impl Action for Summarize {
    type Params = Params;
    type Output = Output;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("ai.summarize", "Summarize with a model", "Has a language model summarize a text or a list.", Effect::Read)
            .utterances(&[
                "summarize the article with AI",
                "summarize the entries in three bullet points with a language model",
                "give me an AI summary of the messages",
                "condense the report with a model",
                "a short AI digest of the tickets",
                "TL;DR of the page by the language model",
            ])
            .keywords(&[
                "ai",
                "llm",
                "model",
                "summarize",
                "summarise",
                "summary",
                "condense",
                "shorten",
                "digest",
                "tldr",
                "gist",
                "recap",
            ])
            .destination("model", DestinationKind::Model)
            .example(json!({ "summary": "Three releases came out this week; the largest one adds offline mode." }))
    }

    async fn run(&self, params: Params, cx: &ActionContext<'_>) -> Result<Outcome<Output>, StepError> {
        let (material, list) = match params.items {
            Some(items) => (Material::from(Value::Array(items.list("items")?)), true),
            None => (params.text, false),
        };
        if material.is_blank() {
            return Ok(Output { summary: String::new() }.into());
        }
        let fence = prompts::fenced(&material.into_text());
        let system = prompts::ai_summarize(&SummarizeArgs {
            marker: fence.marker,
            list,
            max_words: params.max_words.unwrap_or(WORDS).max(1),
            bullets: params.style == Style::Bullets,
            language: params.language,
            focus: params.focus,
        });
        let question = Question { action: "ai.summarize", system, user: fence.text, form: None, output_tokens: OUTPUT_TOKENS };
        let answer = ask(question, &params.budget, cx).await?;
        Ok(Output { summary: answer.text.trim().to_owned() }.into())
    }
}
