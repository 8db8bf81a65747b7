//! Runs and journals: order, durability, and writes that fail next to writes that do not.

use crate::{events, more, new, run};
use futures::future::join_all;
use sayflow_store::{NewRun, RunCommit, RunFilter, RunHead, RunLine, Store, StoreError};

async fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    (folder, store)
}

#[tokio::test]
async fn events_are_read_in_order_behind_a_number() {
    let (_folder, store) = store().await;
    store.create_run(new("r1", 3)).await.unwrap();
    store.commit_run(more("r1", events(4..=900))).await.unwrap();
    assert_eq!(store.run_events("r1", 2, 5).await.unwrap(), events(3..=7));
    assert_eq!(store.run_events("r1", 0, 10_000).await.unwrap(), events(1..=900));
}

#[tokio::test]
async fn a_gap_and_a_repeat_in_a_journal_are_refused() {
    let (_folder, store) = store().await;
    store.create_run(new("r1", 2)).await.unwrap();
    for wrong in [events(2..=2), events(4..=4), vec![events(3..=3)[0].clone(), events(5..=5)[0].clone()]] {
        let refused = store.commit_run(more("r1", wrong)).await.err().unwrap();
        assert!(matches!(refused, StoreError::Conflict { .. }), "{refused:?}");
    }
    assert_eq!(store.run_events("r1", 0, 10).await.unwrap(), events(1..=2));
}

#[tokio::test]
async fn a_run_can_be_created_once() {
    let (_folder, store) = store().await;
    store.create_run(new("r1", 1)).await.unwrap();
    let refused = store.create_run(new("r1", 1)).await.err().unwrap();
    assert!(matches!(refused, StoreError::Conflict { .. }), "{refused:?}");
}

#[tokio::test]
async fn events_of_a_run_that_is_not_there_are_refused() {
    let (_folder, store) = store().await;
    let refused = store.commit_run(more("nobody", events(1..=1))).await.err().unwrap();
    assert!(matches!(refused, StoreError::Conflict { .. }), "{refused:?}");
}

#[tokio::test]
async fn a_bad_write_does_not_take_its_neighbours_along() {
    let (_folder, store) = store().await;
    store.create_run(new("taken", 1)).await.unwrap();
    // All are waiting before the writer gets its turn, so they make one group.
    let ends = join_all((0..40).map(|place| {
        let id = if place == 20 { "taken".into() } else { format!("r{place:02}") };
        let store = store.clone();
        async move { store.create_run(new(&id, 2)).await }
    }))
    .await;
    assert_eq!(ends.iter().filter(|end| end.is_err()).count(), 1);
    assert!(ends[20].is_err());
    assert_eq!(store.list_runs(RunFilter::default(), None, 100).await.unwrap().len(), 40);
    assert_eq!(store.run_events("taken", 0, 10).await.unwrap(), events(1..=1));
}

#[tokio::test]
async fn many_writers_get_each_their_own_answer() {
    let (_folder, store) = store().await;
    store.create_run(new("r1", 1)).await.unwrap();
    let ends = join_all((0..50).map(|_| store.commit_run(more("r1", events(2..=2))))).await;
    assert_eq!(ends.iter().filter(|end| end.is_ok()).count(), 1);
    assert_eq!(store.run_events("r1", 0, 10).await.unwrap(), events(1..=2));
}

#[tokio::test]
async fn runs_are_listed_newest_first_page_by_page_and_filtered() {
    let (_folder, store) = store().await;
    for place in 1..=5 {
        let mut row = run(&format!("r{place}"));
        row.workflow = if place % 2 == 0 { "even".into() } else { "odd".into() };
        store.create_run(NewRun::new(row, events(1..=1))).await.unwrap();
    }
    let ids = |rows: Vec<RunLine>| rows.into_iter().map(|row| row.id).collect::<Vec<_>>();
    assert_eq!(ids(store.list_runs(RunFilter::default(), None, 2).await.unwrap()), ["r5", "r4"]);
    assert_eq!(ids(store.list_runs(RunFilter::default(), Some("r4"), 2).await.unwrap()), ["r3", "r2"]);
    let even = RunFilter { workflow: Some("even".into()), status: None };
    assert_eq!(ids(store.list_runs(even, None, 10).await.unwrap()), ["r4", "r2"]);
}

#[tokio::test]
async fn a_run_is_unfinished_until_it_has_an_end() {
    let (_folder, store) = store().await;
    store.create_run(new("r1", 1)).await.unwrap();
    store.create_run(new("r2", 1)).await.unwrap();
    let head = RunHead { status: "succeeded".into(), started: Some(2), ended: Some(3), ..RunHead::default() };
    store.commit_run(RunCommit { head, ..more("r1", events(2..=2)) }).await.unwrap();
    let left: Vec<String> = store.unfinished_runs().await.unwrap();
    assert_eq!(left, ["r2"]);
    let done = store.run("r1").await.unwrap().unwrap();
    assert_eq!((done.status.as_str(), done.started, done.ended), ("succeeded", Some(2), Some(3)));
}
