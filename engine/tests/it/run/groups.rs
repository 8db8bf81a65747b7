//! Groups of steps.

use crate::support::{Bench, output, step};
use sayflow_protocol::{RunStatus, StepStatus};
use serde_json::json;

#[tokio::test]
async fn a_group_shows_only_its_declared_outputs_and_its_steps_see_the_ones_outside() {
    let bench = Bench::new().await;
    let run = bench
        .run(
            r#"
name: w
steps:
  - { id: outer, uses: test.echo, with: { value: 10 } }
  - id: group
    steps:
      - { id: inner, uses: test.echo, with: { value: "${{ steps.outer.output.value + 1 }}" } }
      - { id: next, uses: test.echo, with: { value: "${{ steps.inner.output.value + 1 }}" } }
    outputs: { last: "${{ steps.next.output.value }}" }
  - { id: after, uses: test.echo, with: { value: "${{ steps.group.output.last }}" } }
"#,
        )
        .await;
    assert_eq!(output(&run, "group"), json!({ "last": 12 }));
    assert_eq!(output(&run, "after"), json!({ "value": 12 }));
    let ids: Vec<_> = run.steps.iter().map(|s| s.id.as_str()).collect();
    assert_eq!(ids, ["outer", "group", "group/inner", "group/next", "after"]);
}

#[tokio::test]
async fn a_group_under_a_loop_runs_once_for_each_item() {
    let bench = Bench::new().await;
    let run = bench
        .run(
            r#"
name: w
steps:
  - id: each
    for_each: [a, b]
    concurrency: 2
    steps:
      - { id: up, uses: test.echo, with: { value: "${{ item.toUpperCase() }}" } }
      - { id: send, uses: test.write, with: { to: "${{ item }}", text: "${{ steps.up.output.value }}" } }
    outputs: { sent: "${{ steps.send.output.value }}" }
"#,
        )
        .await;
    assert_eq!(output(&run, "each"), json!([{ "sent": "A" }, { "sent": "B" }]));
    let mut writes = bench.recorder.writes();
    writes.sort();
    assert_eq!(writes, ["a: A", "b: B"]);
}

#[tokio::test]
async fn a_loop_inside_a_looped_group_sees_its_own_item() {
    let bench = Bench::new().await;
    let run = bench
        .run(
            r#"
name: w
steps:
  - id: outer
    for_each: [[1, 2], [3]]
    steps:
      - { id: inner, for_each: "${{ item }}", uses: test.echo, with: { value: "${{ item * 10 }}" } }
    outputs: { all: "${{ steps.inner.output.map(o => o.value) }}", mine: "${{ item.length }}" }
"#,
        )
        .await;
    assert_eq!(output(&run, "outer"), json!([{ "all": [10, 20], "mine": 2 }, { "all": [30], "mine": 1 }]));
}

#[tokio::test]
async fn a_failure_inside_fails_the_group_and_names_the_inner_step() {
    let bench = Bench::new().await;
    bench.recorder.fail("x", 1);
    let run = bench
        .run("{ name: w, steps: [{ id: g, steps: [{ id: a, uses: test.flaky, with: { name: x } }, { id: b, needs: [a], uses: test.echo }] }] }")
        .await;
    assert_eq!(run.status, RunStatus::Failed);
    assert_eq!(run.error.as_ref().unwrap().step.as_deref(), Some("g/a"));
    assert_eq!(step(&run, "g/b").status, StepStatus::Skipped);
}

#[tokio::test]
async fn a_group_that_takes_too_long_fails_and_the_rest_goes_on() {
    let bench = Bench::new().await;
    let run = bench
        .run(
            r"
name: w
steps:
  - { id: g, timeout: 5ms, on_error: continue, steps: [{ id: a, uses: test.hang }] }
  - { id: after, needs: [g], uses: test.echo }
",
        )
        .await;
    assert_eq!(run.status, RunStatus::Succeeded, "{run:#?}");
    assert_eq!(step(&run, "g").error.as_ref().unwrap().code, "timeout");
    assert_eq!(step(&run, "after").status, StepStatus::Succeeded);
}

#[tokio::test]
async fn a_group_can_be_repeated() {
    let bench = Bench::new().await;
    let run = bench
        .run(
            r#"
name: w
steps:
  - id: g
    repeat: { until: "${{ iteration >= 3 }}", every: 1ms, max: 4 }
    steps: [{ id: a, uses: test.write, with: { to: x } }]
"#,
        )
        .await;
    assert_eq!(run.status, RunStatus::Succeeded);
    assert_eq!(bench.recorder.writes().len(), 3);
}
