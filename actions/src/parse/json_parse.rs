//! `json.parse`: text to value.

use super::malformed;
use crate::format::{self, Format};
use async_trait::async_trait;
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError, role};
use sayflow_protocol::Effect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// `json.parse`.
pub struct JsonParse;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The text.
    #[serde(deserialize_with = "crate::items::lenient_text")]
    #[schemars(extend("x-role" = role::TEXT))]
    text: String,
}

/// What it hands back.
#[derive(Serialize, JsonSchema)]
pub struct Output {
    /// The value in it.
    value: Value,
}

#[async_trait]
impl Action for JsonParse {
    type Params = Params;
    type Output = Output;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("json.parse", "Parse JSON", "Reads a text as JSON.", Effect::None)
            .utterances(&["parse the JSON text", "read the body as JSON", "decode the JSON string", "turn the text into an object"])
            .keywords(&["json", "parse", "decode", "object"])
            .example(json!({ "value": { "name": "Ann" } }))
    }

    async fn run(&self, params: Params, _: &ActionContext<'_>) -> Result<Outcome<Output>, StepError> {
        let value = format::parse(Format::Json, params.text.as_bytes()).map_err(|why| malformed(&why))?;
        Ok(Output { value }.into())
    }
}
