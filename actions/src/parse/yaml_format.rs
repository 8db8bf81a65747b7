//! `yaml.format`: value to text.

use crate::format::{self, Format};
use async_trait::async_trait;
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError, role};
use sayflow_protocol::Effect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// `yaml.format`.
pub struct YamlFormat;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The value.
    #[schemars(extend("x-role" = role::VALUE))]
    value: Value,
}

/// What it hands back.
#[derive(Serialize, JsonSchema)]
pub struct Output {
    /// The text.
    text: String,
}

#[async_trait]
impl Action for YamlFormat {
    type Params = Params;
    type Output = Output;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("yaml.format", "Format YAML", "Writes a value as YAML text.", Effect::None)
            .utterances(&["convert it to YAML", "write the settings as YAML text", "format as YAML", "turn the object into YAML"])
            .keywords(&["yaml", "yml", "format", "encode", "convert"])
            .example(json!({ "text": "name: Ann\n" }))
    }

    async fn run(&self, params: Params, _: &ActionContext<'_>) -> Result<Outcome<Output>, StepError> {
        let text = format::render(Format::Yaml, &params.value).map_err(|why| why.for_writing("the value"))?;
        Ok(Output { text }.into())
    }
}
