//! What is kept with a new run: its document once, its delivery once, and how its trigger goes on.

use crate::bed::Bed;
use crate::{events, new, new_of, stories};
use futures::future::join_all;
use sayflow_store::RunFilter;
use sayflow_store::{Created, DeliveryRow, NewRun, RunHead, TriggerAdvance, TriggerRow};

stories!(
    the_second_start_with_a_delivery_gives_the_first_run,
    of_many_starts_at_once_with_one_delivery_one_counts,
    the_same_key_is_another_delivery_for_another_workflow,
    a_run_may_begin_where_its_head_says,
    a_trigger_goes_on_with_the_run_that_it_started,
    documents_are_kept_once_and_read_back_with_each_run,
);

fn delivered(workflow: &str, id: &str, key: &str) -> NewRun {
    NewRun { delivery: Some(DeliveryRow { workflow: workflow.into(), key: key.into(), at: 1 }), ..new_of(workflow, id) }
}

async fn the_second_start_with_a_delivery_gives_the_first_run(bed: Bed) {
    let store = bed.store;
    assert_eq!(store.create_run(delivered("w", "r1", "k")).await.unwrap(), Created::New);
    assert_eq!(store.create_run(delivered("w", "r2", "k")).await.unwrap(), Created::Duplicate { run: "r1".into() });
    assert_eq!(store.run("r2").await.unwrap(), None);
    assert_eq!(store.run_events("r2", 0, 9).await.unwrap(), []);
}

async fn of_many_starts_at_once_with_one_delivery_one_counts(bed: Bed) {
    let store = bed.store;
    let ids: Vec<String> = (0..50).map(|place| format!("r{place:02}")).collect();
    let ends = join_all(ids.iter().map(|id| store.create_run(delivered("w", id, "k")))).await;
    let kept: Vec<&String> = ids.iter().zip(&ends).filter(|(_, end)| **end == Ok(Created::New)).map(|(id, _)| id).collect();
    assert_eq!(kept.len(), 1, "{ends:?}");
    let duplicate = Ok(Created::Duplicate { run: kept[0].clone() });
    assert_eq!(ends.iter().filter(|end| **end == duplicate).count(), 49, "{ends:?}");
    assert_eq!(store.list_runs(RunFilter::default(), None, 99).await.unwrap().len(), 1);
}

async fn the_same_key_is_another_delivery_for_another_workflow(bed: Bed) {
    let store = bed.store;
    assert_eq!(store.create_run(delivered("w", "r1", "k")).await.unwrap(), Created::New);
    assert_eq!(store.create_run(delivered("v", "r2", "k")).await.unwrap(), Created::New);
    assert_eq!(store.create_run(delivered("w", "r3", "l")).await.unwrap(), Created::New);
}

async fn a_run_may_begin_where_its_head_says(bed: Bed) {
    let store = bed.store;
    let head = RunHead { status: "succeeded".into(), started: Some(2), ended: Some(3), announce: true, ..RunHead::default() };
    store.create_run(NewRun { head: Some(head), ..new("r1", 4) }).await.unwrap();
    let row = store.run("r1").await.unwrap().unwrap();
    assert_eq!((row.status.as_str(), row.started, row.ended, row.seq), ("succeeded", Some(2), Some(3), 4));
    assert_eq!(store.unannounced_runs(9).await.unwrap().len(), 1);
}

async fn a_trigger_goes_on_with_the_run_that_it_started(bed: Bed) {
    let store = bed.store;
    store.save_workflow("w", "{}", "/w", 1).await.unwrap();
    store.activate("w", 1, vec![TriggerRow { next_at: Some(10), state: "{}".into(), ..TriggerRow::default() }]).await.unwrap();
    let advance = |next_at, state: Option<&str>| TriggerAdvance {
        workflow: "w".into(),
        version: 1,
        next_at: Some(next_at),
        last_at: Some(next_at - 10),
        state: state.map(str::to_owned),
        fired: 1,
        ..TriggerAdvance::default()
    };
    let start = |id: &str, key: &str, advance| NewRun { trigger: Some(advance), ..delivered("w", id, key) };
    // Three of one trigger in one group: the last one says how it goes on, and all count.
    let ends = futures::join!(
        store.create_run(start("r1", "a", advance(20, Some("[1]")))),
        store.create_run(start("r2", "a", advance(30, None))),
        store.create_run(start("r3", "b", advance(40, None))),
    );
    assert_eq!(ends, (Ok(Created::New), Ok(Created::Duplicate { run: "r1".into() }), Ok(Created::New)));
    let row = store.triggers_of("w").await.unwrap().remove(0);
    assert_eq!((row.next_at, row.last_at, row.state.as_str(), row.fired), (Some(40), Some(30), "[1]", 3));

    // A refused run leaves its trigger as it was.
    store.create_run(start("r1", "c", advance(99, None))).await.unwrap_err();
    assert_eq!(store.triggers_of("w").await.unwrap(), [row]);
}

async fn documents_are_kept_once_and_read_back_with_each_run(bed: Bed) {
    let text = |place: usize| format!("{{\"n\":{}}}", place % 3);
    for place in 0..9 {
        let mut start = new(&format!("r{place}"), 1);
        start.run.document = text(place);
        bed.store.create_run(start).await.unwrap();
    }
    let ends = join_all((10..40).map(|place| {
        let mut start = new(&format!("r{place}"), 1);
        start.run.document = text(place);
        bed.store.create_run(start)
    }));
    assert!(ends.await.iter().all(Result::is_ok));
    let bed = bed.reopened().await;
    for place in (0..9).chain(10..40) {
        assert_eq!(bed.store.run(&format!("r{place}")).await.unwrap().unwrap().document, text(place));
    }
    // Nothing of the runs that share a document goes with the first of them.
    bed.store.commit_run(crate::stands("r0", "succeeded")).await.unwrap();
    assert_eq!(bed.store.prune_runs(i64::MAX, 0, 10).await.unwrap(), 1);
    assert_eq!(bed.store.run("r3").await.unwrap().unwrap().document, text(3));
    assert_eq!(bed.store.run_events("r3", 0, 9).await.unwrap(), events(1..=1));
}
