//! `yaml.parse`: text to value.

use super::malformed;
use crate::format::{self, Format};
use async_trait::async_trait;
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError, role};
use sayflow_protocol::Effect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// `yaml.parse`.
pub struct YamlParse;

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
    /// The value in it; a list where there are several documents.
    value: Value,
}

#[async_trait]
impl Action for YamlParse {
    type Params = Params;
    type Output = Output;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("yaml.parse", "Parse YAML", "Reads a text as YAML.", Effect::None)
            .utterances(&["parse the YAML text", "read the settings from YAML", "decode the YAML document", "turn YAML into an object"])
            .keywords(&["yaml", "yml", "parse", "decode"])
            .example(json!({ "value": { "name": "Ann" } }))
    }

    async fn run(&self, params: Params, _: &ActionContext<'_>) -> Result<Outcome<Output>, StepError> {
        let value = format::parse(Format::Yaml, params.text.as_bytes()).map_err(|why| malformed(&why))?;
        Ok(Output { value }.into())
    }
}
