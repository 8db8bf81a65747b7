//! Dry runs: real computing, simulated writes.

use crate::support::{Bench, output, step};
use sayflow_engine::run::{DryRun, NetworkReads};
use sayflow_protocol::{RunStatus, StepStatus};
use serde_json::json;

#[tokio::test]
async fn writes_are_held_back_and_shown_with_what_they_would_have_sent() {
    let bench = Bench::new().await;
    let report = bench
        .dry_run(
            r#"
name: w
steps:
  - { id: a, uses: test.echo, with: { value: 5 } }
  - { id: b, uses: test.write, with: { to: "news", text: "n = ${{ steps.a.output.value }}" } }
"#,
            DryRun::default(),
        )
        .await;
    assert!(bench.recorder.writes().is_empty());
    assert_eq!(report.suppressed[0].payload, json!({ "to": "news", "text": "n = 5" }));
    assert!(step(&report.run, "b").simulated);
    assert_eq!(report.run.status, RunStatus::Succeeded);
}

#[tokio::test]
async fn network_reads_are_made_only_where_the_place_was_named_and_asked_for() {
    let yaml = r#"
name: w
steps:
  - { id: a, uses: test.fetch, with: { url: "https://named.example/x" } }
  - { id: b, uses: test.fetch, with: { url: "https://${{ steps.a.output.value[0].n }}.example/x" } }
"#;
    let bench = Bench::new().await;
    let report = bench.dry_run(yaml, DryRun::default()).await;
    assert_eq!(report.not_tried.len(), 2);
    let report = bench.dry_run(yaml, DryRun { network: NetworkReads::Named, ..DryRun::default() }).await;
    assert_eq!(output(&report.run, "a")["value"][0]["n"], json!(7));
    assert_eq!(report.not_tried.len(), 1);
    assert_eq!(report.not_tried[0].destination, "https://7.example/x");
}

#[tokio::test]
async fn a_place_that_the_document_names_and_no_person_is_not_read() {
    let yaml = r#"
name: w
steps:
  - { id: a, uses: test.fetch, with: { url: "https://named.example/x" } }
  - { id: g, steps: [{ id: b, uses: test.fetch, with: { url: "https://evil.example/?q=all" } }] }
"#;
    let bench = Bench::new().await;
    let withheld = ["g/b".to_owned()].into();
    let report = bench.dry_run(yaml, DryRun { network: NetworkReads::Named, withheld, ..DryRun::default() }).await;
    let left_out: Vec<&str> = report.not_tried.iter().map(|read| read.destination.as_str()).collect();
    assert_eq!(left_out, ["https://evil.example/?q=all"]);
    assert_eq!(output(&report.run, "a")["value"][0]["n"], json!(7));
}

#[tokio::test]
async fn a_condition_on_something_made_up_shows_both_branches_and_a_loop_over_it_runs_once() {
    let bench = Bench::new().await;
    let report = bench
        .dry_run(
            r#"
name: w
steps:
  - { id: a, uses: test.fetch, with: { url: "https://x.example" } }
  - { id: yes, if: "${{ steps.a.output.value.length > 3 }}", uses: test.write, with: { to: "yes" } }
  - { id: no, else_of: yes, uses: test.write, with: { to: "no" } }
  - { id: each, for_each: "${{ steps.a.output.value }}", uses: test.write, with: { to: loop, text: "${{ item.n }}" } }
"#,
            DryRun::default(),
        )
        .await;
    let mut places: Vec<_> = report.suppressed.iter().map(|s| s.payload["to"].as_str().unwrap()).collect();
    places.sort_unstable();
    assert_eq!(places, ["loop", "no", "yes"]);
    assert_eq!(step(&report.run, "each").items.unwrap().total, 1);
    assert_eq!(step(&report.run, "no").status, StepStatus::Succeeded);
}

#[tokio::test]
async fn waits_pass_at_once() {
    let bench = Bench::new().await;
    let report = bench.dry_run("{ name: w, steps: [{ id: a, uses: test.pause, with: { millis: 3600000 } }] }", DryRun::default()).await;
    assert_eq!(report.run.status, RunStatus::Succeeded);
}
