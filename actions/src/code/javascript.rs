//! `code.javascript`: a script of one's own.

use async_trait::async_trait;
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError, role};
use sayflow_protocol::Effect;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

/// `code.javascript`.
pub struct JavaScript;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Statements that see `input` and end with a `return`. They reach no file, no network, no clock and no secret.
    #[schemars(extend("x-role" = role::SCRIPT))]
    script: String,
    /// What the script sees as `input`.
    #[serde(default)]
    #[schemars(extend("x-role" = role::VALUE))]
    input: Value,
}

#[async_trait]
impl Action for JavaScript {
    type Params = Params;
    /// What the script returns.
    type Output = Value;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("code.javascript", "Run JavaScript", "Runs a script over values, in a sandbox without any way out.", Effect::None)
            .utterances(&[
                "run some javascript",
                "compute it with a script",
                "custom code that transforms the data",
                "write a function that reshapes the rows",
            ])
            .keywords(&["javascript", "script", "code", "function", "program", "js", "custom"])
            .example(json!({ "result": 42 }))
    }

    async fn run(&self, params: Params, cx: &ActionContext<'_>) -> Result<Outcome<Value>, StepError> {
        Ok(cx.evaluator.script(&params.script, params.input).await?.into())
    }
}
