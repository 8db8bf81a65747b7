//! Dying at every point of the journal: a run that is taken up again ends as if nothing had happened, and no write
//! that must not be repeated happens twice.

use crate::support::{Bench, workflow};
use sayflow_protocol::{Effect, Event, InstanceKey, RecordedEvent, RunId, RunStatus, RunView};
use sayflow_store::{EventRow, NewRun, RunRow};

const EXAMPLES: &[&str] = &[
    r#"
name: chain
steps:
  - { id: a, uses: test.echo, with: { value: 1 } }
  - { id: b, uses: test.write, with: { to: x, text: "${{ steps.a.output.value }}" } }
  - { id: c, uses: test.echo, with: { value: "${{ steps.b.output.value }}" } }
outputs: { c: "${{ steps.c.output.value }}" }
"#,
    r#"
name: branches
steps:
  - { id: a, uses: test.echo, with: { value: 5 } }
  - { id: yes, if: "${{ steps.a.output.value > 9 }}", uses: test.write, with: { to: left } }
  - { id: no, else_of: yes, uses: test.write, with: { to: right } }
  - { id: end, needs: [yes, no], uses: test.echo }
"#,
    r#"
name: loops
steps:
  - { id: a, for_each: [1, 2, 3], uses: test.write, with: { to: x, text: "${{ item }}" } }
  - { id: g, for_each: [1, 2], steps: [{ id: i, uses: test.echo, with: { value: "${{ item }}" } }], outputs: { v: "${{ steps.i.output.value }}" } }
  - { id: r, uses: test.echo, repeat: { until: "${{ iteration >= 2 }}", every: 1ms, max: 3 } }
  - { id: gr, repeat: { until: "${{ iteration >= 2 }}", every: 1ms, max: 3 }, steps: [{ id: i, uses: test.echo }] }
"#,
    r#"
name: failing
steps:
  - { id: a, uses: test.echo, with: { value: "${{ [].reduce((x, y) => x) }}" }, on_error: continue }
  - { id: w, uses: test.pause, with: { millis: 1 }, needs: [a] }
  - { id: b, uses: test.echo, with: { value: "${{ [].reduce((x, y) => x) }}" }, needs: [w] }
on_failure:
  - { id: tell, uses: test.write, with: { to: ops, text: "${{ error.step }}" } }
"#,
];

#[tokio::test]
async fn a_run_taken_up_after_any_event_ends_the_same_and_writes_nothing_twice() {
    for yaml in EXAMPLES {
        let whole = Bench::new().await;
        let id = whole.start(yaml).await;
        whole.engine.wait(&id).await;
        let wanted = whole.engine.view(&id).await.unwrap();
        assert!(wanted.status.is_final());
        let events = whole.engine.events(&id, 0).await.unwrap();
        for kept in 1..events.len() {
            died_after(yaml, &events[..kept], &wanted, &whole.recorder.writes()).await;
        }
    }
}

/// Puts the first events of a journal into a fresh store, takes the run up and compares.
async fn died_after(yaml: &str, kept: &[RecordedEvent], wanted: &RunView, all_writes: &[String]) {
    let bench = Bench::new().await;
    let id = RunId::from("run-1");
    let last = &kept[kept.len() - 1];
    let rows = kept.iter().map(|e| EventRow {
        seq: i64::try_from(e.seq).unwrap(),
        at: e.at.as_microsecond(),
        body: serde_json::to_string(&e.event).unwrap(),
        blob: None,
    });
    bench.store.create_run(NewRun::new(row(&id, yaml), rows.collect())).await.unwrap();
    let engine = bench.restarted();
    assert_eq!(engine.open().await.unwrap(), 1);

    let in_flight = begun_writes(kept).iter().any(|key| !ended(kept, key));
    let mut events = engine.watch(&id, 0).await.unwrap();
    while let Some(event) = events.recv().await {
        if matches!(event.event, Event::StepOutcomeUnknown { .. }) {
            assert!(in_flight, "only a write that had begun can be unknown");
            return;
        }
    }
    assert!(!in_flight, "a write that was under way is never repeated without asking; died after {last:?}");
    let run = engine.view(&id).await.unwrap();
    assert_eq!(run.status, wanted.status, "died after {last:?}");
    assert_eq!(run.outputs, wanted.outputs);
    let statuses = |run: &RunView| run.steps.iter().map(|s| (s.id.clone(), s.status)).collect::<Vec<_>>();
    assert_eq!(statuses(&run), statuses(wanted), "died after {last:?}");
    assert_eq!(bench.recorder.writes().len() + begun_writes(kept).len(), all_writes.len(), "died after {last:?}");
    assert_ne!(run.status, RunStatus::Running);
}

fn begun_writes(events: &[RecordedEvent]) -> Vec<InstanceKey> {
    let begun = |recorded: &RecordedEvent| match &recorded.event {
        Event::StepStarted { key, effect: Effect::Write, .. } => Some(key.clone()),
        _ => None,
    };
    events.iter().filter_map(begun).collect()
}

fn ended(events: &[RecordedEvent], wanted: &InstanceKey) -> bool {
    events
        .iter()
        .any(|recorded| matches!(&recorded.event, Event::StepSucceeded { key, .. } | Event::StepFailed { key, .. } if key == wanted))
}

fn row(id: &RunId, yaml: &str) -> RunRow {
    let workflow = workflow(yaml);
    RunRow {
        id: id.0.clone(),
        workflow: workflow.name.clone(),
        version: None,
        dry_run: false,
        document: serde_json::to_string(&workflow).unwrap(),
        workspace: std::env::temp_dir().to_string_lossy().into_owned(),
        status: "running".into(),
        created: 0,
        started: None,
        ended: None,
        error: None,
        trigger: "manual".into(),
        ..RunRow::default()
    }
}

#[tokio::test]
async fn a_run_that_has_just_begun_is_not_taken_up_as_one_that_was_left() {
    const RUNS: usize = 40;
    let bench = Bench::new().await;
    let begun = std::cell::Cell::new(0);
    let beginning = async {
        for _ in 0..RUNS {
            let id = bench.start("name: w\nsteps: [{ id: a, uses: test.write, with: { to: x } }]").await;
            bench.engine.wait(&id).await;
            begun.set(begun.get() + 1);
        }
    };
    let taking_up = async {
        while begun.get() < RUNS {
            bench.engine.open().await.unwrap();
        }
    };
    tokio::join!(beginning, taking_up);
    assert_eq!(bench.recorder.writes().len(), RUNS);
}
