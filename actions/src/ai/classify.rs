//! `ai.classify`: have a model put one label on a text.

use super::ask::{Budget, Question, ask};
use super::form::{Form, written};
use super::material::Material;
use async_trait::async_trait;
use indexmap::IndexMap;
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError, role};
use sayflow_prompts::{self as prompts, ClassifyArgs, Label};
use sayflow_protocol::{DestinationKind, Effect};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// `ai.classify`.
pub struct Classify;

/// The labels to choose from: a list, or with a description each.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "expected a list of labels, or labels with a description each")]
pub enum Labels {
    /// Their names say enough.
    Names(Vec<String>),
    /// What belongs under each.
    Described(IndexMap<String, Option<String>>),
}

impl Labels {
    fn names(&self) -> Vec<String> {
        match self {
            Self::Names(names) => names.clone(),
            Self::Described(labels) => labels.keys().cloned().collect(),
        }
    }

    fn shown(&self) -> Vec<Label> {
        let quoted = |name: &String| Value::from(name.as_str()).to_string();
        match self {
            Self::Names(names) => names.iter().map(|name| Label { name: quoted(name), about: None }).collect(),
            Self::Described(labels) => labels.iter().map(|(name, about)| Label { name: quoted(name), about: about.clone() }).collect(),
        }
    }
}

impl JsonSchema for Labels {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Labels".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [
            { "type": "array", "items": { "type": "string" }, "minItems": 1 },
            { "type": "object", "additionalProperties": { "type": ["string", "null"] }, "minProperties": 1 },
        ] })
    }
}

/// What it takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(extend("additionalProperties" = false))]
pub struct Params {
    /// The text (or any other value) to sort.
    #[schemars(extend("x-role" = role::TEXT))]
    text: Material,
    /// The labels: a list, or for each label what belongs under it.
    labels: Labels,
    /// The label where no other fits, and for an empty text; one of `labels` or one more.
    #[serde(default)]
    #[schemars(with = "String")]
    otherwise: Option<String>,
    /// How to choose, in plain words.
    #[serde(default)]
    #[schemars(with = "String", extend("x-role" = role::PROMPT))]
    hint: Option<String>,
    /// What it may take and give.
    #[serde(flatten)]
    budget: Budget,
}

/// What it hands back.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    /// One of the labels.
    label: String,
    /// How sure the model says it is, from 0 to 1. It is its own word, not a measurement.
    confidence: f64,
}

/// The longest answer where the step does not say, in tokens: room for models that think aloud before they answer.
const OUTPUT_TOKENS: u32 = 1_000;

#[async_trait]
impl Action for Classify {
    type Params = Params;
    type Output = Output;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("ai.classify", "Classify with a model", "Has a language model put one of several labels on a text.", Effect::Read)
            .utterances(&[
                "classify the ticket as bug, question or wish with AI",
                "sort the mails into urgent and normal with a model",
                "let the AI decide the category of each message",
                "detect the sentiment of the review with a language model",
                "label every entry by topic with AI",
                "triage the incoming requests with a model",
            ])
            .keywords(&[
                "ai",
                "llm",
                "model",
                "classify",
                "categorize",
                "category",
                "label",
                "triage",
                "sentiment",
                "topic",
                "intent",
                "spam",
            ])
            .destination("model", DestinationKind::Model)
            .output_rule(output)
            .example(json!({ "label": "question", "confidence": 0.9 }))
    }

    async fn run(&self, params: Params, cx: &ActionContext<'_>) -> Result<Outcome<Output>, StepError> {
        if params.labels.names().is_empty() {
            return Err(StepError::new("invalid_parameters", "ai.classify: there are no labels to choose from")
                .help("list at least two, such as labels: [bug, question, wish]"));
        }
        if let (true, Some(label)) = (params.text.is_blank(), &params.otherwise) {
            return Ok(Output { label: label.clone(), confidence: 1.0 }.into());
        }
        let names = names(&params.labels, params.otherwise.as_deref());
        let form = Form::of(schema_of(&names))?;
        let example = json!({ "label": names.first(), "confidence": 0.8 }).to_string();
        let fence = prompts::fenced(&params.text.into_text());
        let mut labels = params.labels.shown();
        let otherwise = params.otherwise.map(|name| Value::from(name).to_string());
        if let Some(name) = otherwise.clone().filter(|name| labels.iter().all(|label| label.name != *name)) {
            labels.push(Label { name, about: None });
        }
        let system = prompts::ai_classify(&ClassifyArgs { marker: fence.marker, labels, hint: params.hint, otherwise, example });
        let question = Question { action: "ai.classify", system, user: fence.text, form: Some(&form), output_tokens: OUTPUT_TOKENS };
        let data = ask(question, &params.budget, cx).await?.data;
        let output: Output =
            serde_json::from_value(data).map_err(|why| StepError::new("model_answer_invalid", format!("ai.classify: {why}")))?;
        Ok(output.into())
    }
}

/// All labels that an answer may have, each once.
fn names(labels: &Labels, otherwise: Option<&str>) -> Vec<String> {
    let mut names = labels.names();
    names.extend(otherwise.map(str::to_owned));
    let mut seen = std::collections::HashSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names
}

fn schema_of(names: &[String]) -> Map<String, Value> {
    let schema = json!({
        "type": "object",
        "properties": {
            "label": { "type": "string", "enum": names },
            "confidence": { "type": "number", "minimum": 0, "maximum": 1 },
        },
        "required": ["label", "confidence"],
        "additionalProperties": false,
    });
    schema.as_object().cloned().unwrap_or_default()
}

/// One of the labels that the document names.
fn output(with: &Map<String, Value>) -> Option<Value> {
    let labels: Labels = serde_json::from_value(written(with, "labels")?.clone()).ok()?;
    let otherwise = match with.get("otherwise") {
        None => None,
        Some(_) => Some(written(with, "otherwise")?.as_str()?),
    };
    Some(Value::Object(schema_of(&names(&labels, otherwise))))
}
