//! `flow.call`: runs another workflow and waits for its end.

use async_trait::async_trait;
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError, role};
use sayflow_protocol::{DestinationKind, Effect};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The action.
pub struct Call;

/// What `flow.call` takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The name of the other workflow; its active version is run.
    #[schemars(length(min = 1), extend("x-role" = role::WORKFLOW))]
    pub workflow: String,
    /// Its inputs by name.
    #[serde(default)]
    pub inputs: Map<String, Value>,
}

#[async_trait]
impl Action for Call {
    type Params = Params;
    /// What the other workflow declares under `outputs`.
    type Output = Value;

    fn spec(&self) -> SpecBuilder {
        // What the other workflow does stands in its own footprint. That it is set going at all is the effect of this step.
        SpecBuilder::new("flow.call", "Run another workflow", "Runs another workflow and takes over what it hands back.", Effect::Write)
            .utterances(&[
                "run the workflow nightly-report and use its result",
                "call another workflow with these inputs",
                "start the sub-workflow for each customer",
                "reuse the workflow clean-up as a step",
            ])
            .keywords(&["workflow", "sub-workflow", "subworkflow", "call", "invoke", "reuse"])
            .destination("workflow", DestinationKind::Workflow)
            // Asking for it twice starts one run: the engine journals the run's id before it starts it.
            .idempotent(true)
            .example(json!({}))
    }

    async fn run(&self, params: Params, _: &ActionContext<'_>) -> Result<Outcome<Value>, StepError> {
        let workflow = params.workflow.trim().to_owned();
        if workflow.is_empty() {
            return Err(StepError::new("invalid_parameters", "flow.call: \"workflow\" names none")
                .help("give the name of a saved workflow; list them with: sayflow workflows list"));
        }
        Ok(Outcome::Call { workflow, inputs: params.inputs })
    }
}
