//! `flow.fail`: ends the step, and with it the run, with a message.

use async_trait::async_trait;
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError, role};
use sayflow_protocol::Effect;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// The action.
pub struct Fail;

/// What `flow.fail` takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Why. Anything that is not text is written out readably.
    #[schemars(extend("x-role" = role::TEXT))]
    pub message: Value,
}

#[async_trait]
impl Action for Fail {
    type Params = Params;
    type Output = ();

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("flow.fail", "Fail the run", "Stops the run as failed, with a message.", Effect::None)
            .utterances(&[
                "fail with a message",
                "stop with an error",
                "abort the workflow if the list is empty",
                "raise an error when the total is wrong",
                "otherwise fail",
                "give up and say why",
            ])
            .keywords(&["fail", "abort", "error", "stop", "raise", "reject"])
    }

    async fn run(&self, params: Params, _: &ActionContext<'_>) -> Result<Outcome<()>, StepError> {
        let message = crate::connector::readable(&params.message);
        let message = if message.trim().is_empty() { "the workflow failed on purpose".to_owned() } else { message };
        Err(StepError::new("flow_fail", message))
    }
}
