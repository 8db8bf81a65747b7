//! Test actions that ask a person, call another workflow, or wait at a gate.

use super::Recorder;
use async_trait::async_trait;
use sayflow_engine::action::{Action, ActionContext, Catalogue, Outcome, SpecBuilder, StepError, erase};
use sayflow_protocol::Effect;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

/// Adds them to a catalogue.
pub fn add_to(catalogue: &mut Catalogue, recorder: &Recorder) {
    catalogue.add(erase(Ask)).unwrap();
    catalogue.add(erase(Call)).unwrap();
    catalogue.add(erase(Gate(recorder.clone()))).unwrap();
}

#[derive(Deserialize, JsonSchema)]
struct AskParams {
    message: String,
    #[serde(default)]
    expires_in_ms: Option<i64>,
}

struct Ask;

#[async_trait]
impl Action for Ask {
    type Params = AskParams;
    type Output = Value;
    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("test.ask", "Ask", "Asks a person.", Effect::None)
    }
    async fn run(&self, params: AskParams, cx: &ActionContext<'_>) -> Result<Outcome<Value>, StepError> {
        let now = cx.ports.clock.now();
        let expires = params.expires_in_ms.map(|millis| now.checked_add(jiff::SignedDuration::from_millis(millis)).unwrap());
        let payload = Value::from(params.message.clone());
        Ok(Outcome::AwaitApproval { message: params.message, approvers: Vec::new(), expires, payload })
    }
}

#[derive(Deserialize, JsonSchema)]
struct CallParams {
    workflow: String,
    #[serde(default)]
    inputs: Map<String, Value>,
}

struct Call;

#[async_trait]
impl Action for Call {
    type Params = CallParams;
    type Output = Value;
    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("test.call", "Call", "Runs another workflow.", Effect::None)
    }
    async fn run(&self, params: CallParams, _: &ActionContext<'_>) -> Result<Outcome<Value>, StepError> {
        Ok(Outcome::Call { workflow: params.workflow, inputs: params.inputs })
    }
}

#[derive(Deserialize, JsonSchema)]
struct Nothing {}

/// Says that it hangs, and ends when the gate is opened once for it.
struct Gate(Recorder);

#[async_trait]
impl Action for Gate {
    type Params = Nothing;
    type Output = Value;
    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("test.gate", "Gate", "Waits at a gate.", Effect::Write)
    }
    async fn run(&self, _: Nothing, _: &ActionContext<'_>) -> Result<Outcome<Value>, StepError> {
        self.0.hanging.notify_one();
        self.0.gate.acquire().await.map_err(|why| StepError::new("gate", why.to_string()))?.forget();
        Ok(Value::from("through").into())
    }
}
