//! Approvals: asked with what happened in a run, decided once.

use crate::bed::Bed;
use crate::{events, more, new, stories};
use futures::future::join_all;
use sayflow_store::{ApprovalRow, Decided, NewRun, RunCommit, RunHead, StoreError, Verdict, Which};

stories!(
    an_approval_is_asked_with_the_events_of_its_run_or_not_at_all,
    of_many_who_decide_the_first_counts_and_the_run_is_woken,
    who_saw_another_payload_decides_nothing,
    nobody_decides_after_the_time_is_over,
    what_a_run_closes_stays_closed,
    an_approval_need_not_belong_to_a_run,
);

fn asked(id: &str, run: Option<&str>) -> ApprovalRow {
    ApprovalRow {
        id: id.into(),
        run: run.map(str::to_owned),
        step: run.map(|_| "ask".to_owned()),
        workflow: "demo".into(),
        kind: "step".into(),
        what: "send it".into(),
        payload_hash: "h1".into(),
        payload: "{}".into(),
        deciders: "[]".into(),
        created: 5,
        expires: Some(100),
        ..ApprovalRow::default()
    }
}

fn verdict(by: &str, approve: bool) -> Verdict {
    Verdict { approve, by: by.into(), via: "cli".into(), comment: Some("fine".into()), at: 50, payload_hash: None }
}

/// A run that waits for approval `a1`.
async fn waiting(bed: &Bed) {
    bed.store.create_run(NewRun { approvals: vec![asked("a1", Some("r1"))], ..new("r1", 1) }).await.unwrap();
    let head = RunHead { status: "waiting".into(), ..RunHead::default() };
    bed.store.commit_run(RunCommit { head, ..more("r1", events(2..=2)) }).await.unwrap();
}

async fn an_approval_is_asked_with_the_events_of_its_run_or_not_at_all(bed: Bed) {
    let store = bed.store;
    store.create_run(new("r1", 1)).await.unwrap();
    let ask = |id: &str, numbers| RunCommit { approvals: vec![asked(id, Some("r1"))], ..more("r1", events(numbers)) };
    store.commit_run(ask("a1", 2..=2)).await.unwrap();
    let refused = store.commit_run(ask("a2", 2..=2)).await.err().unwrap();
    assert!(matches!(refused, StoreError::Conflict { .. }), "{refused:?}");
    assert_eq!(store.approvals_of("r1").await.unwrap(), [asked("a1", Some("r1"))]);
    assert_eq!(store.approval("a2").await.unwrap(), None);
}

async fn of_many_who_decide_the_first_counts_and_the_run_is_woken(bed: Bed) {
    waiting(&bed).await;
    let store = bed.store;
    assert_eq!(store.due_runs(i64::MAX, 9).await.unwrap(), [""; 0]);
    let ends = join_all((0..20).map(|who| store.decide_approval("a1", verdict(&format!("p{who}"), who % 2 == 0)))).await;
    let first: Vec<ApprovalRow> =
        ends.iter().filter_map(|end| if let Ok(Decided::First(row)) = end { Some(row.clone()) } else { None }).collect();
    assert_eq!(first.len(), 1, "{ends:?}");
    assert_eq!(ends.iter().filter(|end| **end == Ok(Decided::Already(first[0].clone()))).count(), 19, "{ends:?}");
    assert_eq!(store.approval("a1").await.unwrap().as_ref(), first.first());
    assert_eq!((first[0].decided_at, first[0].comment.as_deref(), first[0].decided_via.as_deref()), (Some(50), Some("fine"), Some("cli")));
    assert_eq!(store.due_runs(0, 9).await.unwrap(), ["r1"]);
    assert_eq!(store.decide_approval("nobody", verdict("p", true)).await.unwrap(), Decided::Missing);
}

async fn who_saw_another_payload_decides_nothing(bed: Bed) {
    waiting(&bed).await;
    let store = bed.store;
    let stale = Verdict { payload_hash: Some("h0".into()), ..verdict("p", true) };
    assert_eq!(store.decide_approval("a1", stale).await.unwrap(), Decided::OtherPayload(asked("a1", Some("r1"))));
    let right = Verdict { payload_hash: Some("h1".into()), ..verdict("p", true) };
    assert!(matches!(store.decide_approval("a1", right).await.unwrap(), Decided::First(_)));
}

async fn nobody_decides_after_the_time_is_over(bed: Bed) {
    waiting(&bed).await;
    let store = bed.store;
    let late = Verdict { at: 100, ..verdict("p", true) };
    for _ in 0..2 {
        let end = store.decide_approval("a1", late.clone()).await.unwrap();
        let Decided::Expired(row) = end else { panic!("{end:?}") };
        assert_eq!((row.decision.as_deref(), row.decided_by), (Some("expired"), None));
    }
    assert_eq!(store.due_runs(0, 9).await.unwrap(), ["r1"], "the run hears of it");
}

async fn what_a_run_closes_stays_closed(bed: Bed) {
    waiting(&bed).await;
    let store = bed.store;
    let closed = vec![("a1".to_owned(), "withdrawn".to_owned()), ("nobody".to_owned(), "expired".to_owned())];
    store.commit_run(RunCommit { closed, ..more("r1", events(3..=3)) }).await.unwrap();
    let row = store.approval("a1").await.unwrap().unwrap();
    assert_eq!((row.decision.as_deref(), row.decided_at), (Some("withdrawn"), Some(30)));
    assert_eq!(store.decide_approval("a1", verdict("p", true)).await.unwrap(), Decided::Already(row.clone()));

    // A verdict that was first is not taken back.
    store.create_run(NewRun { approvals: vec![asked("a2", Some("r2"))], ..new("r2", 1) }).await.unwrap();
    let Decided::First(decided) = store.decide_approval("a2", verdict("p", false)).await.unwrap() else { panic!("it was first") };
    let closed = vec![("a2".to_owned(), "expired".to_owned())];
    store.commit_run(RunCommit { closed, ..more("r2", events(2..=2)) }).await.unwrap();
    assert_eq!(store.approval("a2").await.unwrap(), Some(decided));
}

async fn an_approval_need_not_belong_to_a_run(bed: Bed) {
    let store = bed.store;
    store.add_approval(asked("a1", None)).await.unwrap();
    store.add_approval(asked("a2", None)).await.unwrap();
    assert!(matches!(store.add_approval(asked("a3", Some("nobody"))).await, Err(StoreError::Conflict { .. })));
    assert!(matches!(store.decide_approval("a1", verdict("p", true)).await.unwrap(), Decided::First(_)));
    let ids = |rows: Vec<ApprovalRow>| rows.into_iter().map(|row| row.id).collect::<Vec<_>>();
    assert_eq!(ids(store.list_approvals(Which::Open, 9).await.unwrap()), ["a2"]);
    assert_eq!(ids(store.list_approvals(Which::All, 9).await.unwrap()), ["a2", "a1"]);
    assert_eq!(ids(store.list_approvals(Which::All, 1).await.unwrap()), ["a2"]);
}
