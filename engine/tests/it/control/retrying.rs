//! Trying a run again without doing again what is done.

use super::{at_rest, key};
use crate::support::{Bench, step, workflow};
use sayflow_engine::run::{EngineError, Retried, RetryFrom, RetryOn, RetryRequest};
use sayflow_protocol::{RunId, RunStatus, RunView, StepStatus};

const CHAIN: &str = r#"
name: chain
steps:
  - { id: a, uses: test.write, with: { to: x, text: a } }
  - { id: f, needs: [a], uses: test.flaky, with: { name: f } }
  - { id: b, needs: [f], uses: test.write, with: { to: x, text: "${{ steps.a.output.value }}b" } }
"#;

async fn again(bench: &Bench, run: &RunId, from: RetryFrom, on: RetryOn) -> (Retried, RunView) {
    let retried = bench.engine.retry(RetryRequest { run: run.clone(), from, on }).await.unwrap();
    bench.until_ended(&retried.run).await;
    let view = bench.engine.view(&retried.run).await.unwrap();
    (retried, view)
}

async fn failed(bench: &Bench, yaml: &str) -> RunId {
    let run = bench.run(yaml).await;
    assert_eq!(run.status, RunStatus::Failed, "{run:?}");
    run.id
}

#[tokio::test]
async fn from_what_failed_earlier_results_are_kept() {
    let bench = Bench::new().await;
    bench.recorder.fail("f", 1);
    let id = failed(&bench, CHAIN).await;
    let (retried, run) = again(&bench, &id, RetryFrom::Failed, RetryOn::Same).await;
    assert_eq!((retried.kept, run.status), (1, RunStatus::Succeeded));
    assert_eq!(bench.recorder.writes(), ["x: a", "x: ab"]);
    assert_eq!(run.lineage.retry_of, Some(id));
    assert_eq!(step(&run, "a").attempts, 0);
}

#[tokio::test]
async fn from_a_step_it_and_all_behind_it_are_done_again() {
    let bench = Bench::new().await;
    let id = bench.run(CHAIN).await.id;
    again(&bench, &id, RetryFrom::Step(key("f")), RetryOn::Same).await;
    assert_eq!(bench.recorder.writes(), ["x: a", "x: ab", "x: ab"]);
    again(&bench, &id, RetryFrom::Start, RetryOn::Same).await;
    assert_eq!(bench.recorder.writes()[3..], ["x: a", "x: ab"]);
}

#[tokio::test]
async fn items_that_were_sent_are_not_sent_again() {
    const LOOP: &str = r#"
name: loop
steps:
  - id: each
    for_each: [1, 2, 3]
    steps:
      - { id: w, uses: test.write, with: { to: x, text: "${{ item }}" } }
      - { id: f, needs: [w], uses: test.flaky, with: { name: "n${{ item }}" } }
      - { id: v, needs: [f], uses: test.write, with: { to: q, text: "${{ item }}" } }
  - { id: end, needs: [each], uses: test.write, with: { to: z, text: end } }
"#;
    let bench = Bench::new().await;
    bench.recorder.fail("n2", 1);
    let id = failed(&bench, LOOP).await;
    assert_eq!(bench.recorder.writes(), ["x: 1", "q: 1", "x: 2"]);
    let (_, run) = again(&bench, &id, RetryFrom::Failed, RetryOn::Same).await;
    assert_eq!(run.status, RunStatus::Succeeded, "{run:?}");
    assert_eq!(bench.recorder.writes()[3..], ["q: 2", "x: 3", "q: 3", "z: end"]);
}

#[tokio::test]
async fn on_another_version_what_says_something_else_is_done_again_with_all_behind_it() {
    let bench = Bench::new().await;
    bench.recorder.fail("f", 9);
    let id = failed(&bench, CHAIN).await;
    let mended = workflow(&CHAIN.replace("name: f }", "name: g }"));
    let compiled = bench.engine.compile(&mended).unwrap();
    let (_, run) = again(&bench, &id, RetryFrom::Failed, RetryOn::Version(compiled, 2)).await;
    assert_eq!((run.status, run.version), (RunStatus::Succeeded, Some(2)));
    assert_eq!(bench.recorder.writes(), ["x: a", "x: ab"]);
    let other = workflow(&CHAIN.replace("text: a }", "text: A }"));
    let compiled = bench.engine.compile(&other).unwrap();
    bench.recorder.fail("f", 0);
    again(&bench, &id, RetryFrom::Failed, RetryOn::Version(compiled, 3)).await;
    assert_eq!(bench.recorder.writes()[2..], ["x: A", "x: Ab"]);
}

#[tokio::test]
async fn forgiven_failures_and_branches_stay_as_they_were() {
    const BRANCHES: &str = r#"
name: branches
steps:
  - { id: odd, uses: test.flaky, with: { name: odd }, on_error: continue }
  - { id: yes, needs: [odd], if: "${{ steps.odd.error != null }}", uses: test.write, with: { to: x, text: yea } }
  - { id: no, else_of: yes, uses: test.write, with: { to: x, text: nay } }
  - { id: f, needs: [yes, no], uses: test.flaky, with: { name: f } }
"#;
    let bench = Bench::new().await;
    bench.recorder.fail("odd", 1);
    bench.recorder.fail("f", 1);
    let id = failed(&bench, BRANCHES).await;
    let (_, run) = again(&bench, &id, RetryFrom::Failed, RetryOn::Same).await;
    assert_eq!(run.status, RunStatus::Succeeded, "{run:?}");
    assert_eq!(bench.recorder.writes(), ["x: yea"]);
    assert_eq!(step(&run, "no").status, StepStatus::Skipped);
    assert!(step(&run, "odd").error.is_some());
}

#[tokio::test]
async fn a_write_that_nobody_knows_of_is_named_when_it_is_sent_again() {
    let bench = Bench::new().await;
    let id = bench.start("name: w\nsteps: [{ id: l, uses: test.lost, with: { to: x } }]").await;
    at_rest(&bench, &id).await;
    let early = bench.engine.retry(RetryRequest { run: id.clone(), from: RetryFrom::Failed, on: RetryOn::Same }).await;
    assert!(matches!(early, Err(EngineError::Conflict { .. })), "{early:?}");
    bench.engine.cancel(&id, "ann").await.unwrap();
    bench.until_ended(&id).await;
    let retried = bench.engine.retry(RetryRequest { run: id, from: RetryFrom::Failed, on: RetryOn::Same }).await.unwrap();
    assert_eq!(retried.unknown, [key("l")]);
}

#[tokio::test]
async fn a_step_that_is_not_there_is_refused() {
    let bench = Bench::new().await;
    let id = bench.run(CHAIN).await.id;
    let refused = bench.engine.retry(RetryRequest { run: id, from: RetryFrom::Step(key("nope")), on: RetryOn::Same }).await;
    assert!(refused.unwrap_err().to_string().contains("has no step \"nope\""));
}
