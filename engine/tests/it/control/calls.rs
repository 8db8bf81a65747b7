//! `Call`: a run waits for another one.

use super::at_rest;
use crate::support::{Bench, output, step, workflow};
use sayflow_protocol::{RunStatus, StepStatus};

const CALLER: &str = r#"
name: caller
steps:
  - { id: sub, uses: test.call, with: { workflow: callee, inputs: { n: 4 } } }
outputs: { twice: "${{ steps.sub.output.twice }}" }
"#;

async fn save(bench: &Bench, yaml: &str) {
    let workflow = workflow(yaml);
    let document = serde_json::to_string(&workflow).unwrap();
    bench.store.save_workflow(&workflow.name, &document, "/tmp", 1).await.unwrap();
}

#[tokio::test]
async fn the_called_run_gets_its_inputs_and_hands_back_its_outputs() {
    let bench = Bench::new().await;
    save(
        &bench,
        "name: callee\ninputs: { n: { type: integer } }\nsteps: [{ id: w, uses: test.write, with: { to: x, text: \"${{ inputs.n }}\" } }]\noutputs: { twice: \"${{ inputs.n * 2 }}\" }",
    )
    .await;
    let run = bench.run(CALLER).await;
    assert_eq!(run.status, RunStatus::Succeeded, "{run:?}");
    assert_eq!(run.outputs.as_ref().unwrap()["twice"], 8);
    assert_eq!(bench.recorder.writes(), ["x: 4"]);
    assert_eq!(output(&run, "sub")["twice"], 8);
}

#[tokio::test]
async fn a_run_that_calls_is_not_driven_while_the_other_waits() {
    let bench = Bench::new().await;
    save(&bench, "name: callee\ninputs: { n: { type: integer } }\nsteps: [{ id: p, uses: test.pause, with: { millis: 600 } }]").await;
    let id = bench.start(CALLER).await;
    at_rest(&bench, &id).await;
    assert_eq!(bench.engine.view(&id).await.unwrap().status, RunStatus::Waiting);
    bench.until_ended(&id).await;
    assert_eq!(step(&bench.engine.view(&id).await.unwrap(), "sub").status, StepStatus::Succeeded);
}

#[tokio::test]
async fn a_called_run_that_fails_fails_the_step_and_says_why() {
    let bench = Bench::new().await;
    save(&bench, "name: callee\ninputs: { n: { type: integer } }\nsteps: [{ id: a, uses: test.echo, with: { value: \"${{ [].reduce((x, y) => x) }}\" } }]").await;
    let run = bench.run(CALLER).await;
    let error = step(&run, "sub").error.clone().unwrap();
    assert_eq!(error.code, "call_failed");
    assert!(error.help.unwrap().contains("sayflow runs show"));
}

#[tokio::test]
async fn a_workflow_that_is_not_there_and_inputs_that_do_not_fit_fail_the_step() {
    let bench = Bench::new().await;
    assert_eq!(step(&bench.run(CALLER).await, "sub").error.as_ref().unwrap().code, "no_workflow");
    save(&bench, "name: callee\nsteps: [{ id: a, uses: test.echo }]").await;
    assert_eq!(step(&bench.run(CALLER).await, "sub").error.as_ref().unwrap().code, "invalid_inputs");
}

#[tokio::test]
async fn workflows_that_call_one_another_for_ever_are_stopped() {
    let bench = Bench::new().await;
    save(&bench, "name: ping\nsteps: [{ id: c, uses: test.call, with: { workflow: pong } }]").await;
    save(&bench, "name: pong\nsteps: [{ id: c, uses: test.call, with: { workflow: ping } }]").await;
    let run = bench.run("name: start\nsteps: [{ id: c, uses: test.call, with: { workflow: ping } }]").await;
    assert_eq!(run.status, RunStatus::Failed);
    assert!(step(&run, "c").error.as_ref().unwrap().message.contains("looks like a loop"), "{run:?}");
    assert_eq!(bench.store.list_runs(Default::default(), None, 100).await.unwrap().len(), 17);
}

#[tokio::test]
async fn cancelling_the_caller_cancels_the_called_run_first() {
    let bench = Bench::new().await;
    save(&bench, "name: callee\ninputs: { n: { type: integer } }\nsteps: [{ id: a, uses: test.ask, with: { message: m } }]").await;
    let id = bench.start(CALLER).await;
    at_rest(&bench, &id).await;
    bench.engine.until_idle().await;
    assert!(bench.engine.cancel(&id, "ann").await.unwrap());
    bench.until_ended(&id).await;
    let lines = bench.store.list_runs(Default::default(), None, 10).await.unwrap();
    assert_eq!(lines.iter().map(|line| line.status.as_str()).collect::<Vec<_>>(), ["cancelled", "cancelled"]);
}
