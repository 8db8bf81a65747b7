//! `data.set`: name some values, for later steps to refer to.

use async_trait::async_trait;
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError, role};
use sayflow_protocol::Effect;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

/// `data.set`.
pub struct Set;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Any value with expressions in it, usually an object of named values.
    #[schemars(extend("x-role" = role::VALUE))]
    values: Value,
}

#[async_trait]
impl Action for Set {
    type Params = Params;
    /// The values.
    type Output = Value;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("data.set", "Set values", "Computes values and gives them names that later steps can refer to.", Effect::None)
            .utterances(&[
                "set the total to price times quantity",
                "define a variable called threshold",
                "build an object with the name and the date",
                "compose the values for the report",
            ])
            .keywords(&["set", "define", "variable", "value", "compute", "calculate", "constant", "object"])
            .example(json!({ "total": 42 }))
    }

    async fn run(&self, params: Params, _: &ActionContext<'_>) -> Result<Outcome<Value>, StepError> {
        Ok(params.values.into())
    }
}
