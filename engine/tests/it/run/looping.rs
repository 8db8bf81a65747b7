//! `for_each` and `repeat`.

use crate::support::{Bench, output, step};
use sayflow_protocol::{RunStatus, StepStatus};
use serde_json::json;

#[tokio::test]
async fn a_loop_hands_back_its_outputs_in_input_order() {
    let bench = Bench::new().await;
    let run = bench
        .run(
            r#"
name: w
steps:
  - { id: a, for_each: [3, 1, 2], concurrency: 3, uses: test.echo, with: { value: "${{ index }}:${{ item }}" } }
  - { id: b, uses: test.echo, with: { value: "${{ steps.a.output.map(o => o.value).join(' ') }}" } }
"#,
        )
        .await;
    assert_eq!(output(&run, "b"), json!({ "value": "0:3 1:1 2:2" }));
    assert_eq!(bench.recorder.most_running(), 3);
    let items = step(&run, "a").items.unwrap();
    assert_eq!((items.total, items.succeeded, items.failed), (3, 3, 0));
}

#[tokio::test]
async fn items_run_one_at_a_time_unless_the_step_says_otherwise() {
    let bench = Bench::new().await;
    bench.run("{ name: w, steps: [{ id: a, for_each: [1, 2, 3, 4], uses: test.echo }] }").await;
    assert_eq!(bench.recorder.most_running(), 1);
}

#[tokio::test]
async fn an_empty_list_is_a_success_without_effects() {
    let bench = Bench::new().await;
    let run = bench.run("{ name: w, steps: [{ id: a, for_each: [], uses: test.write, with: { to: x } }] }").await;
    assert_eq!(output(&run, "a"), json!([]));
    assert!(bench.recorder.writes().is_empty());
}

#[tokio::test]
async fn the_first_failing_item_stops_the_loop_unless_failures_are_forgiven() {
    let bench = Bench::new().await;
    bench.recorder.fail("b", 1);
    let run = bench.run(r#"{ name: w, steps: [{ id: a, for_each: [a, b, c], uses: test.flaky, with: { name: "${{ item }}" } }] }"#).await;
    assert_eq!(run.status, RunStatus::Failed);
    assert_eq!(run.error.as_ref().unwrap().step.as_deref(), Some("a[1]"));
    assert_eq!(step(&run, "a").items.unwrap().succeeded, 1, "the item after the failing one did not begin");

    bench.recorder.fail("b", 1);
    let run = bench
        .run(r#"{ name: w, steps: [{ id: a, on_error: continue, for_each: [a, b, c], uses: test.flaky, with: { name: "${{ item }}" } }] }"#)
        .await;
    assert_eq!(run.status, RunStatus::Succeeded);
    assert_eq!(output(&run, "a"), json!([{ "value": "a" }, null, { "value": "c" }]));
    assert!(step(&run, "a").error.is_some());
}

#[tokio::test]
async fn each_item_is_tried_again_on_its_own() {
    let bench = Bench::new().await;
    bench.recorder.fail("b", 2);
    let run = bench
        .run(
            r#"{ name: w, steps: [{ id: a, for_each: [a, b], uses: test.flaky, with: { name: "${{ item }}" }, retry: { max_attempts: 3, backoff: 1ms } }] }"#,
        )
        .await;
    assert_eq!(run.status, RunStatus::Succeeded);
    assert_eq!(step(&run, "a").attempts, 4);
}

#[tokio::test]
async fn a_condition_is_judged_once_before_the_loop() {
    let bench = Bench::new().await;
    let run = bench.run("{ name: w, steps: [{ id: a, if: false, for_each: [1, 2], uses: test.echo }] }").await;
    assert_eq!(step(&run, "a").status, StepStatus::Skipped);
}

#[tokio::test]
async fn lambdas_are_called_per_item_and_see_the_scope_around_them() {
    let bench = Bench::new().await;
    let run = bench
        .run(
            r#"
name: w
inputs: { least: { type: integer, default: 2 } }
steps:
  - { id: a, uses: test.keep, with: { items: [1, 2, 3], where: "${{ item >= inputs.least }}" } }
"#,
        )
        .await;
    assert_eq!(output(&run, "a"), json!({ "value": [2, 3] }));
}

#[tokio::test]
async fn a_step_is_repeated_until_its_condition_holds() {
    let bench = Bench::new().await;
    let run = bench
        .run(r#"{ name: w, steps: [{ id: a, uses: test.echo, with: { value: 1 }, repeat: { until: "${{ iteration === 3 && output.value === 1 }}", every: 1ms, max: 5 } }] }"#)
        .await;
    assert_eq!(run.status, RunStatus::Succeeded, "{run:#?}");
    let run = bench.run(r#"{ name: w, steps: [{ id: a, uses: test.echo, repeat: { until: "${{ false }}", max: 2 } }] }"#).await;
    assert_eq!(run.error.as_ref().unwrap().code, "repeat_exhausted");
}

#[tokio::test]
async fn a_wait_ends_at_its_time_and_an_answer_is_kept() {
    let bench = Bench::new().await;
    let run = bench
        .run(
            r#"
name: w
steps:
  - { id: a, uses: test.pause, with: { millis: 20 } }
  - { id: b, needs: [a], uses: test.answer, with: { value: hello } }
"#,
        )
        .await;
    let a = step(&run, "a");
    let took = a.ended.unwrap().duration_since(a.started.unwrap());
    assert!(took.as_millis() >= 20, "a timer never rings early");
    assert_eq!(run.response, Some(json!({ "status": 200, "body": "hello" })));
}
