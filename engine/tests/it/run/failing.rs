//! Failures: retry, timeout, `on_error`, `on_unknown` and the failure steps.

use crate::support::{Bench, output, step};
use sayflow_protocol::{Event, RunStatus, StepStatus};
use serde_json::{Value, json};

#[tokio::test]
async fn a_failure_that_may_pass_is_tried_again_as_often_as_allowed() {
    let bench = Bench::new().await;
    bench.recorder.fail("x", 2);
    let run =
        bench.run("{ name: w, steps: [{ id: a, uses: test.flaky, with: { name: x }, retry: { max_attempts: 3, backoff: 1ms } }] }").await;
    assert_eq!(step(&run, "a").attempts, 3);
    assert_eq!(run.status, RunStatus::Succeeded);

    bench.recorder.fail("z", 3);
    let run =
        bench.run("{ name: w, steps: [{ id: a, uses: test.flaky, with: { name: z }, retry: { max_attempts: 3, backoff: 1ms } }] }").await;
    assert_eq!(step(&run, "a").attempts, 3);
    assert_eq!(run.status, RunStatus::Failed);
    assert_eq!(run.error.as_ref().unwrap().message, "z fails");
}

#[tokio::test]
async fn an_attempt_that_takes_too_long_fails() {
    let bench = Bench::new().await;
    let run = bench.run("{ name: w, steps: [{ id: a, uses: test.hang, timeout: 5ms }] }").await;
    assert_eq!(step(&run, "a").error.as_ref().unwrap().code, "timeout");
    assert_eq!(run.status, RunStatus::Failed);
}

#[tokio::test]
async fn the_run_itself_may_run_out_of_time_and_its_failure_steps_still_run() {
    let bench = Bench::new().await;
    let run = bench
        .run(
            r#"
name: w
timeout: 5ms
steps: [{ id: a, uses: test.hang }]
on_failure: [{ id: tell, uses: test.write, with: { to: ops, text: "${{ error.code }}" } }]
"#,
        )
        .await;
    assert_eq!(run.status, RunStatus::Failed);
    assert_eq!(step(&run, "a").status, StepStatus::Cancelled);
    assert_eq!(bench.recorder.writes(), ["ops: timeout"]);
}

#[tokio::test]
async fn a_forgiven_failure_counts_as_success_with_no_output_and_its_error() {
    let bench = Bench::new().await;
    bench.recorder.fail("x", 1);
    let run = bench
        .run(
            r#"
name: w
steps:
  - { id: a, uses: test.flaky, with: { name: x }, on_error: continue }
  - { id: b, uses: test.echo, with: { value: ["${{ steps.a.output }}", "${{ steps.a.error.message }}"] } }
"#,
        )
        .await;
    assert_eq!(run.status, RunStatus::Succeeded);
    assert_eq!(output(&run, "b"), json!({ "value": [null, "x fails"] }));
}

#[tokio::test]
async fn failure_steps_see_the_error_and_the_steps_and_run_once() {
    let bench = Bench::new().await;
    bench.recorder.fail("x", 1);
    let run = bench
        .run(
            r#"
name: w
steps:
  - { id: a, uses: test.echo, with: { value: 7 } }
  - { id: b, uses: test.flaky, with: { name: x }, needs: [a] }
on_failure:
  - { id: tell, uses: test.write, with: { to: ops, text: "${{ error.step }} ${{ error.message }} after ${{ steps.a.output.value }}" } }
"#,
        )
        .await;
    assert_eq!(bench.recorder.writes(), ["ops: b x fails after 7"]);
    assert_eq!(run.status, RunStatus::Failed);
    assert_eq!(step(&run, "on_failure/tell").status, StepStatus::Succeeded);
}

#[tokio::test]
async fn failure_steps_do_not_run_when_all_went_well() {
    let bench = Bench::new().await;
    bench.run("{ name: w, steps: [{ id: a, uses: test.echo }], on_failure: [{ id: t, uses: test.write, with: { to: ops } }] }").await;
    assert!(bench.recorder.writes().is_empty());
}

#[tokio::test]
async fn a_lost_answer_to_a_write_is_not_repeated_but_asked_about() {
    let bench = Bench::new().await;
    let id =
        bench.start("{ name: w, steps: [{ id: a, uses: test.lost, with: { to: x }, retry: { max_attempts: 3, backoff: 1ms } }] }").await;
    let mut events = bench.engine.watch(&id, 0).await.unwrap();
    while let Some(event) = events.recv().await {
        if matches!(event.event, Event::StepOutcomeUnknown { .. }) {
            break;
        }
    }
    let run = bench.engine.view(&id).await.unwrap();
    assert_eq!(run.status, RunStatus::Paused);
    assert_eq!(step(&run, "a").status, StepStatus::OutcomeUnknown);
    assert_eq!(step(&run, "a").attempts, 1);
    bench.engine.cancel(&id, "test").await.unwrap();
    bench.engine.wait(&id).await;
    assert_eq!(bench.engine.view(&id).await.unwrap().status, RunStatus::Cancelled);
}

#[tokio::test]
async fn an_unknown_outcome_can_be_decided_in_advance() {
    let bench = Bench::new().await;
    let run = bench.run("{ name: w, steps: [{ id: a, uses: test.lost, with: { to: x }, on_unknown: skip }] }").await;
    assert_eq!(run.status, RunStatus::Succeeded);
    assert_eq!(step(&run, "a").output, Some(Value::Null));
}

#[tokio::test]
async fn an_expression_that_throws_fails_its_step_and_says_which() {
    let bench = Bench::new().await;
    for yaml in [
        r#"{ name: w, steps: [{ id: a, uses: test.echo, with: { value: "${{ [].reduce((x, y) => x) }}" } }] }"#,
        r#"{ name: w, steps: [{ id: a, if: "${{ [].reduce((x, y) => x) }}", uses: test.echo }] }"#,
        r#"{ name: w, steps: [{ id: a, for_each: "${{ [].reduce((x, y) => x) }}", uses: test.echo }] }"#,
        r#"{ name: w, steps: [{ id: a, for_each: "${{ 3 }}", uses: test.echo }] }"#,
        r#"{ name: w, steps: [{ id: a, uses: test.echo, repeat: { max: 2, until: "${{ [].reduce((x, y) => x) }}" } }] }"#,
    ] {
        let run = bench.run(yaml).await;
        assert_eq!(run.status, RunStatus::Failed, "{yaml}");
        assert!(run.error.as_ref().unwrap().step.as_deref().unwrap().starts_with('a'), "{yaml}");
    }
    let run = bench.run(r#"{ name: w, steps: [{ id: a, uses: test.echo }], outputs: { x: "${{ [].reduce((x, y) => x) }}" } }"#).await;
    assert_eq!(run.status, RunStatus::Failed);
}
