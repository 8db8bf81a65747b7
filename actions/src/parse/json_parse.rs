//! `json.parse`: text to value.

use super::TextParams;
use crate::format::Format;
use async_trait::async_trait;
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError};
use sayflow_protocol::Effect;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

/// `json.parse`.
pub struct JsonParse;

/// What it hands back.
#[derive(Serialize, JsonSchema)]
pub struct Output {
    /// The value in it.
    value: Value,
}

#[async_trait]
impl Action for JsonParse {
    type Params = TextParams;
    type Output = Output;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("json.parse", "Parse JSON", "Reads a text as JSON.", Effect::None)
            .utterances(&["parse the JSON text", "read the body as JSON", "decode the JSON string", "turn the text into an object"])
            .keywords(&["json", "parse", "decode", "object"])
            .example(json!({ "value": { "name": "Ann" } }))
    }

    async fn run(&self, params: TextParams, _: &ActionContext<'_>) -> Result<Outcome<Output>, StepError> {
        Ok(Output { value: params.read(Format::Json)? }.into())
    }
}
