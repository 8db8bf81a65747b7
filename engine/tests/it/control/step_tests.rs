//! Testing one step with data that somebody gives.

use super::key;
use crate::support::{Bench, output, workflow};
use sayflow_engine::run::{EngineError, StartRequest, StepTest};
use sayflow_protocol::RunStatus;
use serde_json::{Map, Value, json};

const DOCUMENT: &str = r##"
name: shop
inputs: { who: { type: string } }
steps:
  - { id: list, uses: test.fetch, with: { url: "https://a.example/" } }
  - id: each
    for_each: "${{ steps.list.output.value }}"
    steps:
      - { id: say, uses: test.write, with: { to: "#ops", text: "${{ inputs.who }} ${{ item.n + 1 }}" } }
  - { id: big, uses: test.keep, with: { items: "${{ steps.list.output.value }}", where: "${{ item.n > 7 }}" } }
"##;

fn data(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

async fn tested(bench: &Bench, step: &str, given: Value) -> Result<sayflow_protocol::RunView, EngineError> {
    let test = StepTest { workflow: workflow(DOCUMENT), step: key(step), data: data(given) };
    let alone = bench.engine.isolate(test).await?;
    let compiled = bench.engine.compile(&alone)?;
    let started = bench.engine.start(StartRequest::by_hand(compiled, std::env::temp_dir())).await?;
    bench.until_ended(&started.run).await;
    bench.engine.view(&started.run).await
}

#[tokio::test]
async fn a_step_inside_a_loop_runs_alone_with_the_item_that_is_given() {
    let bench = Bench::new().await;
    let run = tested(&bench, "each/say", json!({ "inputs": { "who": "ann" }, "item": { "n": 4 } })).await.unwrap();
    assert_eq!(run.status, RunStatus::Succeeded, "{run:?}");
    assert_eq!(bench.recorder.writes(), ["#ops: ann 5"]);
}

#[tokio::test]
async fn conditions_per_item_are_still_judged_per_item() {
    let bench = Bench::new().await;
    let run = tested(&bench, "big", json!({ "steps": { "list": { "output": { "value": [{ "n": 7 }, { "n": 9 }] } } } })).await.unwrap();
    assert_eq!(output(&run, "big")["value"], json!([{ "n": 9 }]));
}

#[tokio::test]
async fn what_cannot_be_tested_is_named() {
    let bench = Bench::new().await;
    for (step, given, word) in
        [("nope", json!({}), "no step"), ("each", json!({}), "group"), ("each/say", json!({ "inputs": {} }), "parameter \"text\"")]
    {
        let refused = tested(&bench, step, given).await.unwrap_err().to_string();
        assert!(refused.contains(word), "{refused}");
    }
}
