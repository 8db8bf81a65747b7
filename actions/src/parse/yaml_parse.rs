//! `yaml.parse`: text to value.

use super::TextParams;
use crate::format::Format;
use async_trait::async_trait;
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError};
use sayflow_protocol::Effect;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

/// `yaml.parse`.
pub struct YamlParse;

/// What it hands back.
#[derive(Serialize, JsonSchema)]
pub struct Output {
    /// The value in it; a list where there are several documents.
    value: Value,
}

#[async_trait]
impl Action for YamlParse {
    type Params = TextParams;
    type Output = Output;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("yaml.parse", "Parse YAML", "Reads a text as YAML.", Effect::None)
            .utterances(&["parse the YAML text", "read the settings from YAML", "decode the YAML document", "turn YAML into an object"])
            .keywords(&["yaml", "yml", "parse", "decode"])
            .example(json!({ "value": { "name": "Ann" } }))
    }

    async fn run(&self, params: TextParams, _: &ActionContext<'_>) -> Result<Outcome<Output>, StepError> {
        Ok(Output { value: params.read(Format::Yaml)? }.into())
    }
}
