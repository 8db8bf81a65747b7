//! Room for runs: `concurrency`, `limits`, and what a run may use up.

use super::at_rest;
use crate::support::{Bench, request, step};
use sayflow_engine::run::{EngineError, Queue, StartRequest};
use sayflow_protocol::{RunId, RunStatus};

const ONE_AT_A_TIME: &str = "name: one\nconcurrency: 1\nsteps: [{ id: g, uses: test.gate }]";

async fn queued(bench: &Bench, yaml: &str) -> RunId {
    bench.engine.start(StartRequest { queue: Queue::Wait, ..request(&bench.engine, yaml) }).await.unwrap().run
}

async fn status(bench: &Bench, id: &RunId) -> RunStatus {
    bench.engine.view(id).await.unwrap().status
}

#[tokio::test]
async fn a_run_for_which_there_is_no_room_waits_its_turn_or_is_refused() {
    let bench = Bench::new().await;
    let first = queued(&bench, ONE_AT_A_TIME).await;
    bench.recorder.hanging.notified().await;
    let second = queued(&bench, ONE_AT_A_TIME).await;
    let third = queued(&bench, ONE_AT_A_TIME).await;
    assert_eq!(status(&bench, &second).await, RunStatus::Queued);
    let refused = bench.engine.start(request(&bench.engine, ONE_AT_A_TIME)).await;
    assert!(matches!(refused, Err(EngineError::Busy { .. })), "{refused:?}");
    for id in [first, second, third] {
        bench.recorder.gate.add_permits(1);
        bench.until_ended(&id).await;
    }
    assert_eq!(bench.store.list_runs(Default::default(), None, 9).await.unwrap().len(), 3);
}

#[tokio::test]
async fn queued_runs_begin_after_a_restart() {
    let bench = Bench::new().await;
    let first = queued(&bench, ONE_AT_A_TIME).await;
    bench.recorder.hanging.notified().await;
    let second = queued(&bench, ONE_AT_A_TIME).await;
    bench.recorder.gate.add_permits(1);
    bench.engine.drain(std::time::Duration::from_secs(5)).await;
    bench.recorder.gate.add_permits(1);
    let next = bench.restarted();
    next.open().await.unwrap();
    for id in [first, second] {
        let mut events = next.watch(&id, 0).await.unwrap();
        while events.recv().await.is_some() {}
        // The one that was in flight ended before the process did, and the other began.
        assert_eq!(next.view(&id).await.unwrap().status, RunStatus::Succeeded);
    }
}

#[tokio::test]
async fn more_runs_than_a_limit_allows_are_refused_with_a_time() {
    const LIMITED: &str = "name: limited\nlimits: { runs_per_hour: 2 }\nsteps: [{ id: a, uses: test.echo }]";
    let bench = Bench::new().await;
    bench.run(LIMITED).await;
    bench.run(LIMITED).await;
    match bench.engine.start(request(&bench.engine, LIMITED)).await {
        Err(EngineError::Busy { retry_after, .. }) => assert!(retry_after.as_secs() > 3500, "{retry_after:?}"),
        other => panic!("{other:?}"),
    }
    let waiting = queued(&bench, LIMITED).await;
    at_rest(&bench, &waiting).await;
    assert_eq!(status(&bench, &waiting).await, RunStatus::Queued);
}

#[tokio::test]
async fn a_queue_empties_at_the_pace_that_the_limit_allows() {
    const SLOWLY: &str = "name: slowly\nlimits: { runs_per_hour: 2 }\nsteps: [{ id: a, uses: test.echo }]";
    let bench = Bench::new().await;
    for _ in 0..5 {
        queued(&bench, SLOWLY).await;
    }
    bench.engine.until_idle().await;
    // As if an hour had passed since the first two began: the other three have waited in the store all the while.
    let begun = jiff::Timestamp::now().as_microsecond() - 3_700_000_000;
    for line in bench.store.list_runs(Default::default(), None, 9).await.unwrap().iter().filter(|line| line.status != "queued") {
        let head = sayflow_store::RunHead { status: line.status.clone(), started: Some(begun), ended: line.ended, ..Default::default() };
        bench.store.commit_run(sayflow_store::RunCommit { run: line.id.clone(), head, ..Default::default() }).await.unwrap();
    }
    let next = bench.restarted();
    next.open().await.unwrap();
    let waiting = || async { bench.store.queued_runs("slowly", 9).await.unwrap().len() };
    while waiting().await > 1 {
        tokio::task::yield_now().await;
    }
    next.until_idle().await;
    assert_eq!(waiting().await, 1, "two more have begun, and the last one waits for the next hour");
}

#[tokio::test]
async fn a_run_that_hands_back_more_than_it_may_fails() {
    let bench = Bench::new().await;
    let run = bench
        .run("name: w\nlimits: { bytes_per_run: 60 }\nsteps:\n  - { id: a, for_each: [1, 2, 3, 4, 5, 6], uses: test.echo, with: { value: \"0123456789\" } }")
        .await;
    assert_eq!(step(&run, "a").error.as_ref().unwrap().code, "budget_bytes");
}

#[tokio::test]
async fn what_was_taken_in_once_starts_one_run() {
    let bench = Bench::new().await;
    let deliver = || StartRequest {
        delivery: Some("d1".into()),
        ..request(&bench.engine, "name: w\nsteps: [{ id: a, uses: test.write, with: { to: x, text: once } }]")
    };
    let first = bench.engine.start(deliver()).await.unwrap();
    let second = bench.engine.start(deliver()).await.unwrap();
    assert_eq!((second.run, second.duplicate), (first.run.clone(), true));
    let answer = bench.engine.answer(deliver()).await.unwrap();
    assert_eq!((answer.run, answer.duplicate), (first.run.clone(), true));
    bench.until_ended(&first.run).await;
    assert_eq!(bench.recorder.writes(), ["x: once"]);
}

#[tokio::test]
async fn whoever_waits_for_an_answer_gets_it_when_it_is_durable() {
    let bench = Bench::new().await;
    let answer = bench
        .engine
        .answer(request(
            &bench.engine,
            "name: w\nsteps:\n  - { id: a, uses: test.answer, with: { value: hi } }\n  - { id: g, needs: [a], uses: test.gate }",
        ))
        .await
        .unwrap();
    assert_eq!(answer.response.unwrap()["body"], "hi");
    let run = bench.engine.view(&answer.run).await.unwrap();
    assert_eq!(run.response.unwrap()["body"], "hi");
    assert!(!run.status.is_final());
}
