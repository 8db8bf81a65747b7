//! What is removed, and what stays.

use crate::bed::Bed;
use crate::{new_of, stories};
use sayflow_store::{ApprovalRow, Created, DeliveryRow, EventRow, NewRun, RunFilter, RunHead, Store};

stories!(
    finished_runs_go_by_age_a_few_at_a_time,
    the_newest_runs_of_each_workflow_stay,
    a_run_that_somebody_must_be_told_of_stays,
    a_delivery_outlives_its_run_for_thirty_days,
    a_document_that_no_run_uses_can_come_back,
);

const DAY: i64 = 24 * 60 * 60 * 1_000_000;

fn ended(workflow: &str, id: &str, at: i64) -> NewRun {
    let mut run = new_of(workflow, id);
    run.events[0].blob = Some("large".into());
    run.approvals = vec![ApprovalRow { id: format!("a-{id}"), run: Some(id.into()), ..ApprovalRow::default() }];
    NewRun { head: Some(RunHead { status: "succeeded".into(), ended: Some(at), ..RunHead::default() }), ..run }
}

async fn ids(store: &Store) -> Vec<String> {
    let mut ids: Vec<String> = store.list_runs(RunFilter::default(), None, 99).await.unwrap().into_iter().map(|line| line.id).collect();
    ids.sort();
    ids
}

async fn finished_runs_go_by_age_a_few_at_a_time(bed: Bed) {
    let store = bed.store;
    for place in 1..=6 {
        store.create_run(ended(if place % 2 == 0 { "even" } else { "odd" }, &format!("r{place}"), place * 10)).await.unwrap();
    }
    store.create_run(new_of("odd", "r0")).await.unwrap();
    assert_eq!(store.prune_runs(50, 0, 3).await.unwrap(), 3);
    assert_eq!(store.prune_runs(50, 0, 3).await.unwrap(), 1);
    assert_eq!(store.prune_runs(50, 0, 3).await.unwrap(), 0);
    assert_eq!(ids(&store).await, ["r0", "r5", "r6"]);
    assert_eq!(store.run_events("r1", 0, 9).await.unwrap(), Vec::<EventRow>::new());
    assert_eq!(store.approvals_of("r1").await.unwrap(), []);
    assert_eq!(store.run_events("r5", 0, 9).await.unwrap()[0].blob.as_deref(), Some("large"));
}

async fn the_newest_runs_of_each_workflow_stay(bed: Bed) {
    let store = bed.store;
    for place in 1..=4 {
        store.create_run(ended("a", &format!("a{place}"), place)).await.unwrap();
    }
    store.create_run(ended("b", "b1", 1)).await.unwrap();
    store.create_run(new_of("a", "a5")).await.unwrap();
    assert_eq!(store.prune_runs(i64::MAX, 2, 99).await.unwrap(), 2);
    assert_eq!(ids(&store).await, ["a3", "a4", "a5", "b1"]);
}

async fn a_run_that_somebody_must_be_told_of_stays(bed: Bed) {
    let store = bed.store;
    let mut run = ended("a", "a1", 1);
    run.head.as_mut().unwrap().announce = true;
    store.create_run(run).await.unwrap();
    assert_eq!(store.prune_runs(i64::MAX, 0, 9).await.unwrap(), 0);
    store.mark_announced(vec!["a1".into()]).await.unwrap();
    assert_eq!(store.prune_runs(i64::MAX, 0, 9).await.unwrap(), 1);
}

async fn a_delivery_outlives_its_run_for_thirty_days(bed: Bed) {
    let store = bed.store;
    let delivered = |id: &str, key: &str, at| NewRun {
        delivery: Some(DeliveryRow { workflow: "a".into(), key: key.into(), at }),
        ..ended("a", id, at)
    };
    store.create_run(delivered("a1", "old", DAY)).await.unwrap();
    store.create_run(delivered("a2", "recent", 2 * DAY)).await.unwrap();
    store.create_run(delivered("a3", "new", 31 * DAY + 1)).await.unwrap();
    assert_eq!(store.prune_runs(i64::MAX, 0, 9).await.unwrap(), 3);
    assert_eq!(store.create_run(delivered("a4", "recent", 2 * DAY)).await.unwrap(), Created::Duplicate { run: "a2".into() });
    assert_eq!(store.create_run(delivered("a5", "old", 32 * DAY)).await.unwrap(), Created::New);
}

async fn a_document_that_no_run_uses_can_come_back(bed: Bed) {
    let store = bed.store;
    store.create_run(ended("a", "a1", 1)).await.unwrap();
    assert_eq!(store.prune_runs(i64::MAX, 0, 9).await.unwrap(), 1);
    store.create_run(ended("a", "a2", 1)).await.unwrap();
    assert_eq!(store.run("a2").await.unwrap().unwrap().document, "{}");
}
