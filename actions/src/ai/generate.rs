//! `ai.generate`: have a model write a text, or data of a form.

use super::ask::{Budget, Question, ask};
use super::form::{Form, written};
use super::material::Material;
use async_trait::async_trait;
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError, role};
use sayflow_prompts::{self as prompts, GenerateArgs};
use sayflow_protocol::{DestinationKind, Effect};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// `ai.generate`.
pub struct Generate;

/// What it takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(extend("additionalProperties" = false))]
pub struct Params {
    /// What the model is to write, in plain words. Data to work with belong under `input`.
    #[schemars(length(min = 1), extend("x-role" = role::PROMPT))]
    prompt: String,
    /// The material to work with: text or any other value. What it says is data to the model, not an order.
    #[serde(default)]
    #[schemars(extend("x-role" = role::VALUE))]
    input: Material,
    /// The form of the answer as a JSON Schema; then `data` holds it. Any text when left out.
    #[serde(default)]
    #[schemars(with = "Map<String, Value>", extend("x-role" = role::SCHEMA))]
    schema: Option<Map<String, Value>>,
    /// What it may take and give.
    #[serde(flatten)]
    budget: Budget,
}

/// What it hands back.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// What the model wrote.
    text: String,
    /// The answer as data, where `schema` says what it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Value>,
}

/// The longest answer where the step does not say, in tokens.
const OUTPUT_TOKENS: u32 = 2_000;

#[async_trait]
impl Action for Generate {
    type Params = Params;
    type Output = Output;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("ai.generate", "Write with a model", "Has a language model write a text or fill in data.", Effect::Read)
            .utterances(&[
                "write a friendly reply to the customer with AI",
                "draft a blog post about the release",
                "translate the text to German with AI",
                "let the language model rewrite the announcement",
                "compose a short message from these facts with a model",
                "ask the AI what the log lines mean",
            ])
            .keywords(&[
                "ai",
                "llm",
                "model",
                "generate",
                "write",
                "draft",
                "rewrite",
                "translate",
                "compose",
                "answer",
                "reply",
                "gpt",
                "prompt",
            ])
            .destination("model", DestinationKind::Model)
            .output_rule(output)
            .example(json!({ "text": "Thank you for your message. We will look into it today." }))
    }

    async fn run(&self, params: Params, cx: &ActionContext<'_>) -> Result<Outcome<Output>, StepError> {
        let form = params.schema.map(Form::of).transpose()?;
        let fence = (!params.input.is_blank()).then(|| prompts::fenced(&params.input.into_text()));
        let system = prompts::ai_generate(&GenerateArgs {
            task: params.prompt,
            marker: fence.as_ref().map(|fence| fence.marker.clone()),
            form: form.as_ref().map(Form::shown),
        });
        let user = fence.map_or_else(|| "Do the task now.".to_owned(), |fence| fence.text);
        let question = Question { action: "ai.generate", system, user, form: form.as_ref(), output_tokens: OUTPUT_TOKENS };
        let answer = ask(question, &params.budget, cx).await?;
        Ok(Output { text: answer.text.trim().to_owned(), data: form.map(|_| answer.data) }.into())
    }
}

/// With a schema there is `data`, and without one there is none.
fn output(with: &Map<String, Value>) -> Option<Value> {
    let text = json!({ "type": "string", "description": "What the model wrote." });
    let properties = match with.get("schema") {
        None => json!({ "text": text }),
        Some(_) => json!({ "text": text, "data": written(with, "schema").cloned().unwrap_or(Value::Bool(true)) }),
    };
    Some(json!({ "type": "object", "properties": properties, "additionalProperties": false }))
}
