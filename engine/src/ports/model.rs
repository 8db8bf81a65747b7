//! Language models, for the steps that use one.

use crate::action::StepError;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

/// Answers one question at a time. What a step sends may come from anybody, so there is no way to hand a tool over: an
/// answer is text or data, and the model can do nothing but answer.
#[async_trait]
pub trait Model: Send + Sync {
    /// Asks.
    ///
    /// # Errors
    /// `no_model`, `model_unreachable`, `model_unauthorized`, `model_unknown`, `model_rate_limited`, `model_failed`,
    /// `model_timeout`, `model_answer_too_large`, `model_refused`, `model_answer_empty`, `model_answer_invalid`,
    /// `model_context_too_long`, `model_budget`.
    async fn answer(&self, request: ModelRequest) -> Result<ModelAnswer, StepError>;

    /// Which model would answer, as a text that is another one as soon as another model or endpoint would.
    fn identity(&self, model: Option<&str>) -> String {
        model.unwrap_or("default").to_owned()
    }
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ModelRequest {
    /// A role of the settings (`plan`, `fill`, `chat`, `judge`) or the name of a model; the default one when left out.
    pub model: Option<String>,
    /// What the model is to do.
    pub system: String,
    /// What it is to do it with.
    pub user: String,
    /// JSON Schema of the answer; any text when left out.
    pub schema: Option<Value>,
    /// The longest answer, in tokens.
    pub max_output_tokens: u32,
    /// How long its answer may stand for the same question; always asked when left out.
    pub keep: Option<Duration>,
    /// The longest wait for the whole answer; that of the settings when left out.
    pub timeout: Option<Duration>,
    /// The most that it may cost, in US dollars; refused beforehand when it may cost more.
    pub most_usd: Option<f64>,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ModelAnswer {
    /// As it was written.
    pub text: String,
    /// As data that fits the schema, where one was given.
    pub value: Option<Value>,
    /// The model that answered.
    pub model: String,
    /// Tokens sent.
    pub input_tokens: u64,
    /// Tokens received.
    pub output_tokens: u64,
    /// What it cost, in US dollars; 0 where no price is known.
    pub cost_usd: f64,
}

/// Where no model is configured.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoModel;

#[async_trait]
impl Model for NoModel {
    async fn answer(&self, _: ModelRequest) -> Result<ModelAnswer, StepError> {
        Err(StepError::new("no_model", "this step asks a language model, and none is configured")
            .help("set `models.base_url` and `models.model` in config.toml, or OPENAI_API_KEY; docs/models.md has examples"))
    }
}
