//! Runs and journals: order, durability, and writes that fail next to writes that do not.

use crate::bed::Bed;
use crate::{events, more, new, new_of, run, stands, stories};
use futures::future::join_all;
use sayflow_store::{Created, EventRow, NewRun, RunCommit, RunFilter, RunHead, RunLine, RunRow, StoreError};

stories!(
    events_are_read_in_order_behind_a_number,
    a_gap_and_a_repeat_in_a_journal_are_refused,
    a_run_can_be_created_once,
    events_of_a_run_that_is_not_there_are_refused,
    a_bad_write_does_not_take_its_neighbours_along,
    many_writers_get_each_their_own_answer,
    runs_are_listed_newest_first_page_by_page_and_filtered,
    a_run_is_interrupted_until_it_has_an_end,
    a_closed_store_that_is_opened_again_has_everything,
    large_parts_are_kept_apart_and_read_back_with_their_events,
    runs_that_begin_together_and_those_that_go_on_share_a_group,
    a_run_and_its_next_events_may_wait_together,
    a_commit_without_events_says_where_the_run_stands,
    what_is_due_is_found_by_time_and_a_finished_run_is_never_due,
    a_commit_wakes_the_run_that_waits_for_this_one,
    runs_are_counted_by_where_they_stand,
    starts_and_costs_are_counted_from_a_time_on,
    ended_runs_stay_on_the_list_until_somebody_has_looked_at_them,
);

async fn events_are_read_in_order_behind_a_number(bed: Bed) {
    let store = bed.store;
    store.create_run(new("r1", 3)).await.unwrap();
    store.commit_run(more("r1", events(4..=900))).await.unwrap();
    assert_eq!(store.run_events("r1", 2, 5).await.unwrap(), events(3..=7));
    assert_eq!(store.run_events("r1", 0, 10_000).await.unwrap(), events(1..=900));
}

async fn a_gap_and_a_repeat_in_a_journal_are_refused(bed: Bed) {
    let store = bed.store;
    store.create_run(new("r1", 2)).await.unwrap();
    for wrong in [events(2..=2), events(4..=4), vec![events(3..=3)[0].clone(), events(5..=5)[0].clone()]] {
        let refused = store.commit_run(more("r1", wrong)).await.err().unwrap();
        assert!(matches!(refused, StoreError::Conflict { .. }), "{refused:?}");
    }
    assert_eq!(store.run_events("r1", 0, 10).await.unwrap(), events(1..=2));
}

async fn a_run_can_be_created_once(bed: Bed) {
    let store = bed.store;
    store.create_run(new("r1", 1)).await.unwrap();
    let refused = store.create_run(new("r1", 1)).await.err().unwrap();
    assert!(matches!(refused, StoreError::Conflict { .. }), "{refused:?}");
}

async fn events_of_a_run_that_is_not_there_are_refused(bed: Bed) {
    let store = bed.store;
    let refused = store.commit_run(more("nobody", events(1..=1))).await.err().unwrap();
    assert!(matches!(refused, StoreError::Conflict { .. }), "{refused:?}");
}

async fn a_bad_write_does_not_take_its_neighbours_along(bed: Bed) {
    let store = bed.store;
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

async fn many_writers_get_each_their_own_answer(bed: Bed) {
    let store = bed.store;
    store.create_run(new("r1", 1)).await.unwrap();
    let ends = join_all((0..50).map(|_| store.commit_run(more("r1", events(2..=2))))).await;
    assert_eq!(ends.iter().filter(|end| end.is_ok()).count(), 1);
    assert_eq!(store.run_events("r1", 0, 10).await.unwrap(), events(1..=2));
}

async fn runs_are_listed_newest_first_page_by_page_and_filtered(bed: Bed) {
    let store = bed.store;
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

async fn a_run_is_interrupted_until_it_has_an_end(bed: Bed) {
    let store = bed.store;
    store.create_run(new("r1", 1)).await.unwrap();
    store.create_run(new("r2", 1)).await.unwrap();
    let head = RunHead { status: "succeeded".into(), started: Some(2), ended: Some(3), ..RunHead::default() };
    store.commit_run(RunCommit { head, ..more("r1", events(2..=2)) }).await.unwrap();
    let left: Vec<String> = store.interrupted_runs().await.unwrap();
    assert_eq!(left, ["r2"]);
    let done = store.run("r1").await.unwrap().unwrap();
    assert_eq!((done.status.as_str(), done.started, done.ended), ("succeeded", Some(2), Some(3)));
}

async fn a_closed_store_that_is_opened_again_has_everything(bed: Bed) {
    let error = Some("{\"code\":\"x\"}".to_owned());
    let row = RunRow {
        id: "r1".into(),
        workflow: "demo".into(),
        version: Some(3),
        dry_run: true,
        document: "{\"name\":\"demo\"}".into(),
        workspace: "/w".into(),
        status: "failed".into(),
        created: 5,
        started: Some(6),
        ended: Some(7),
        error: error.clone(),
        thread: Some("t1".into()),
        parent: Some("r0".into()),
        depth: 2,
        trigger: "call".into(),
        wake_at: Some(8),
        seq: 2,
        bytes: 7,
        cost_micros: 8,
    };
    bed.store.create_run(NewRun::new(row.clone(), events(1..=2))).await.unwrap();
    let bed = bed.reopened().await;
    assert_eq!(bed.store.run("r1").await.unwrap(), Some(row.clone()));
    assert_eq!(bed.store.run_events("r1", 0, 10).await.unwrap(), events(1..=2));
    let line = bed.store.list_runs(RunFilter::default(), None, 1).await.unwrap().remove(0);
    assert_eq!((line.error, line.parent, line.depth, line.trigger.as_str(), line.seq), (error, row.parent, 2, "call", 2));
}

async fn large_parts_are_kept_apart_and_read_back_with_their_events(bed: Bed) {
    let store = bed.store;
    let mut first = new("r1", 2);
    first.events[1].blob = Some("x".repeat(1 << 20));
    store.create_run(first.clone()).await.unwrap();
    let mut second = more("r1", events(3..=4));
    second.events[0].blob = Some("y".repeat(70_000));
    store.commit_run(second.clone()).await.unwrap();
    let wanted: Vec<EventRow> = first.events.into_iter().chain(second.events).collect();
    assert_eq!(store.run_events("r1", 0, 10).await.unwrap(), wanted);
}

async fn runs_that_begin_together_and_those_that_go_on_share_a_group(bed: Bed) {
    let store = bed.store;
    let ids: Vec<String> = (0..300).map(|place| format!("r{place:03}")).collect();
    join_all(ids.iter().map(|id| store.create_run(new(id, 2)))).await.into_iter().for_each(|end| assert_eq!(end, Ok(Created::New)));
    for at in 3..6 {
        let ends = join_all(ids.iter().map(|id| {
            let head = RunHead { status: "running".into(), started: Some(at), bytes: at, ..RunHead::default() };
            store.commit_run(RunCommit { head, ..more(id, events(at..=at)) })
        }));
        assert!(ends.await.iter().all(Result::is_ok));
    }
    for id in &ids {
        assert_eq!(store.run_events(id, 0, 10).await.unwrap(), events(1..=5));
        let row = store.run(id).await.unwrap().unwrap();
        assert_eq!((row.seq, row.started, row.status.as_str()), (5, Some(5), "running"));
    }
}

async fn a_run_and_its_next_events_may_wait_together(bed: Bed) {
    let store = bed.store;
    let (created, second, third) = futures::join!(
        store.create_run(new("r1", 1)),
        store.commit_run(more("r1", events(2..=2))),
        store.commit_run(more("r1", events(3..=3)))
    );
    assert_eq!((created, second, third), (Ok(Created::New), Ok(()), Ok(())));
    assert_eq!(store.run_events("r1", 0, 10).await.unwrap(), events(1..=3));
}

async fn a_commit_without_events_says_where_the_run_stands(bed: Bed) {
    let store = bed.store;
    store.create_run(new("r1", 2)).await.unwrap();
    let head = RunHead { status: "waiting".into(), wake_at: Some(77), ..RunHead::default() };
    store.commit_run(RunCommit { run: "r1".into(), head, ..RunCommit::default() }).await.unwrap();
    let row = store.run("r1").await.unwrap().unwrap();
    assert_eq!((row.status.as_str(), row.wake_at, row.seq), ("waiting", Some(77), 2));
}

async fn what_is_due_is_found_by_time_and_a_finished_run_is_never_due(bed: Bed) {
    let store = bed.store;
    for (id, wake_at) in [("r1", Some(30)), ("r2", Some(10)), ("r3", None), ("r4", Some(50)), ("r5", Some(5))] {
        store.create_run(new(id, 1)).await.unwrap();
        let ended = (id == "r5").then_some(4);
        let head = RunHead { status: "waiting".into(), wake_at, ended, ..RunHead::default() };
        store.commit_run(RunCommit { head, ..more(id, events(2..=2)) }).await.unwrap();
    }
    assert_eq!(store.next_wake().await.unwrap(), Some(10));
    assert_eq!(store.due_runs(30, 10).await.unwrap(), ["r2", "r1"]);
    assert_eq!(store.due_runs(30, 1).await.unwrap(), ["r2"]);
    assert!(store.wake_run("r3", 0).await.unwrap());
    assert_eq!(store.due_runs(9, 10).await.unwrap(), ["r3"]);
    assert!(!store.wake_run("r5", 0).await.unwrap(), "it has ended");
    assert!(!store.wake_run("nobody", 0).await.unwrap());
}

async fn a_commit_wakes_the_run_that_waits_for_this_one(bed: Bed) {
    let store = bed.store;
    store.create_run(new("parent", 1)).await.unwrap();
    store.create_run(new("child", 1)).await.unwrap();
    // The parent parks itself in the same group in which the child ends.
    let parked = RunHead { status: "waiting".into(), ..RunHead::default() };
    let wake = vec!["parent".to_owned(), "nobody".to_owned()];
    let ends = futures::join!(
        store.commit_run(RunCommit { wake, ..stands("child", "succeeded") }),
        store.commit_run(RunCommit { head: parked, ..more("parent", events(2..=2)) }),
    );
    assert_eq!(ends, (Ok(()), Ok(())));
    assert_eq!(store.due_runs(0, 10).await.unwrap(), ["parent"]);
}

async fn runs_are_counted_by_where_they_stand(bed: Bed) {
    let store = bed.store;
    for (id, status) in [("r1", "running"), ("r2", "queued"), ("r3", "waiting"), ("r4", "succeeded"), ("r5", "queued"), ("r6", "paused")] {
        store.create_run(new_of("busy", id)).await.unwrap();
        store.commit_run(stands(id, status)).await.unwrap();
    }
    store.create_run(new_of("other", "r7")).await.unwrap();
    assert_eq!(store.count_running("busy").await.unwrap(), 3);
    assert_eq!(store.queued_runs("busy", 10).await.unwrap(), ["r2", "r5"]);
    assert_eq!(store.queued_runs("busy", 1).await.unwrap(), ["r2"]);
    assert_eq!(store.interrupted_runs().await.unwrap(), ["r1", "r2", "r5", "r7"]);
}

async fn starts_and_costs_are_counted_from_a_time_on(bed: Bed) {
    let store = bed.store;
    for (id, created, dry_run) in [("r1", 10, false), ("r2", 20, false), ("r3", 30, true), ("r4", 40, false)] {
        let mut start = new_of("busy", id);
        start.run.created = created;
        start.run.dry_run = dry_run;
        start.head = Some(RunHead { status: "running".into(), started: Some(created), cost_micros: created * 1000, ..RunHead::default() });
        store.create_run(start).await.unwrap();
    }
    assert_eq!(store.count_started_since("busy", 20).await.unwrap(), 2);
    assert_eq!(store.oldest_start_since("busy", 11).await.unwrap(), Some(20));
    assert_eq!(store.oldest_start_since("busy", 41).await.unwrap(), None);
    assert_eq!(store.spent_since("busy", 20).await.unwrap(), 90_000);
    assert_eq!(store.spent_since("idle", 0).await.unwrap(), 0);
}

async fn ended_runs_stay_on_the_list_until_somebody_has_looked_at_them(bed: Bed) {
    let store = bed.store;
    for id in ["r1", "r2", "r3"] {
        store.create_run(new(id, 1)).await.unwrap();
        let mut end = stands(id, "failed");
        end.head.announce = id != "r2";
        store.commit_run(end).await.unwrap();
    }
    let ids = |lines: Vec<RunLine>| lines.into_iter().map(|line| line.id).collect::<Vec<_>>();
    assert_eq!(ids(store.unannounced_runs(10).await.unwrap()), ["r1", "r3"]);
    store.mark_announced(vec!["r1".into(), "nobody".into()]).await.unwrap();
    assert_eq!(ids(store.unannounced_runs(10).await.unwrap()), ["r3"]);
}
