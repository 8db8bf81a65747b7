//! `json.format`: value to text.

use crate::format::{self, Format};
use async_trait::async_trait;
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError, role};
use sayflow_protocol::Effect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// `json.format`.
pub struct JsonFormat;

/// How it is laid out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Style {
    /// Indented, a line for each member, a line break at the end.
    #[default]
    Pretty,
    /// On one line.
    Compact,
}

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The value.
    #[schemars(extend("x-role" = role::VALUE))]
    value: Value,
    /// Whether it is `pretty`, indented with a line for each member, or `compact`, all on one line.
    #[serde(default)]
    style: Style,
}

/// What it hands back.
#[derive(Serialize, JsonSchema)]
pub struct Output {
    /// The text.
    text: String,
}

#[async_trait]
impl Action for JsonFormat {
    type Params = Params;
    type Output = Output;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("json.format", "Format JSON", "Writes a value as JSON text.", Effect::None)
            .utterances(&[
                "convert it to JSON",
                "write the result as JSON text",
                "pretty print the JSON",
                "turn the object into a JSON string",
            ])
            .keywords(&["json", "format", "encode", "stringify", "pretty", "convert"])
            .example(json!({ "text": "{\n  \"name\": \"Ann\"\n}\n" }))
    }

    async fn run(&self, params: Params, _: &ActionContext<'_>) -> Result<Outcome<Output>, StepError> {
        let text = match params.style {
            Style::Pretty => format::render(Format::Json, &params.value).map_err(|why| why.for_writing("the value"))?,
            Style::Compact => params.value.to_string(),
        };
        Ok(Output { text }.into())
    }
}
