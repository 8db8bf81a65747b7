//! `ai.extract`: have a model find values in a text.

use super::ask::{Budget, Question, ask};
use super::fields::Fields;
use super::form::{Form, written};
use super::material::Material;
use async_trait::async_trait;
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError, role};
use sayflow_prompts::{self as prompts, ExtractArgs};
use sayflow_protocol::{DestinationKind, Effect};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// `ai.extract`.
pub struct Extract;

/// What it takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(extend("additionalProperties" = false, "anyOf" = [{"required": ["fields"]}, {"required": ["schema"]}]))]
pub struct Params {
    /// The text (or any other value) to look in.
    #[schemars(extend("x-role" = role::TEXT))]
    text: Material,
    /// The fields to look for: a list of names, or for each name a type (text, number, integer, boolean, date, datetime,
    /// list), a description in a few words, or a JSON Schema. A field that the text does not say is null.
    #[serde(default)]
    #[schemars(with = "Fields")]
    fields: Option<Fields>,
    /// The form of the output as a JSON Schema, in place of `fields`.
    #[serde(default)]
    #[schemars(with = "Map<String, Value>", extend("x-role" = role::SCHEMA))]
    schema: Option<Map<String, Value>>,
    /// More about what is looked for, in plain words.
    #[serde(default)]
    #[schemars(with = "String", extend("x-role" = role::PROMPT))]
    hint: Option<String>,
    /// What it may take and give.
    #[serde(flatten)]
    budget: Budget,
}

/// The longest answer where the step does not say, in tokens.
const OUTPUT_TOKENS: u32 = 2_000;

#[async_trait]
impl Action for Extract {
    type Params = Params;
    /// The fields by name, or what `schema` describes.
    type Output = Value;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("ai.extract", "Extract with a model", "Has a language model find values in a text.", Effect::Read)
            .utterances(&[
                "extract the amount and the due date from the invoice with AI",
                "pull name, company and phone out of the mail with a model",
                "let the AI find the order number in the text",
                "read sender, total and currency from the letter with a language model",
                "turn the free text into fields with AI",
            ])
            .keywords(&["ai", "llm", "model", "extract", "parse", "fields", "find", "values", "invoice", "entities", "structured"])
            .destination("model", DestinationKind::Model)
            .output_rule(output)
            .example(json!({ "amount": 120.5, "due": "2026-01-02" }))
    }

    async fn run(&self, params: Params, cx: &ActionContext<'_>) -> Result<Outcome<Value>, StepError> {
        let schema = schema(params.schema, params.fields.as_ref())?;
        let nothing = params.text.is_blank().then(|| nothing_of(&schema)).flatten();
        let form = Form::of(schema)?;
        if let Some(nothing) = nothing {
            return Ok(nothing.into());
        }
        let fence = prompts::fenced(&params.text.into_text());
        let system = prompts::ai_extract(&ExtractArgs { marker: fence.marker, hint: params.hint, form: form.shown() });
        let question = Question { action: "ai.extract", system, user: fence.text, form: Some(&form), output_tokens: OUTPUT_TOKENS };
        Ok(ask(question, &params.budget, cx).await?.data.into())
    }
}

fn schema(schema: Option<Map<String, Value>>, fields: Option<&Fields>) -> Result<Map<String, Value>, StepError> {
    match (schema, fields) {
        (Some(schema), _) => Ok(schema),
        (None, Some(fields)) if !fields.is_empty() => Ok(fields.schema()),
        _ => Err(StepError::new("invalid_parameters", "ai.extract: there is nothing to look for")
            .help("name the fields, such as fields: {amount: number, due: date}")),
    }
}

/// What an empty text says: nothing, where every field may be null.
fn nothing_of(schema: &Map<String, Value>) -> Option<Value> {
    let fields = schema.get("properties")?.as_object()?;
    let none: Map<String, Value> = fields.keys().map(|name| (name.clone(), Value::Null)).collect();
    let none = Value::Object(none);
    jsonschema::validator_for(&Value::Object(schema.clone())).ok()?.is_valid(&none).then_some(none)
}

/// The fields that the document names, or what its schema describes.
fn output(with: &Map<String, Value>) -> Option<Value> {
    if with.contains_key("schema") {
        return written(with, "schema").cloned();
    }
    let fields: Fields = serde_json::from_value(written(with, "fields")?.clone()).ok()?;
    (!fields.is_empty()).then(|| Value::Object(fields.schema()))
}
