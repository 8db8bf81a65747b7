//! Conversations, drafts, workflows, accounts and single values.

use crate::bed::Bed;
use crate::{events, stories};
use sayflow_store::{Activated, CredentialRow, DraftRow, StoreError, ThreadRow, TurnRows};

stories!(
    a_turn_is_kept_whole,
    of_two_turns_at_once_the_second_is_refused_whole,
    the_newest_thread_is_the_one_in_which_something_was_said_last,
    saving_a_changed_document_makes_a_version_and_saving_the_same_does_not,
    only_a_version_that_exists_becomes_active,
    a_deleted_workflow_is_gone_with_its_versions,
    accounts_are_replaced_listed_and_removed,
    a_single_value_is_replaced,
    an_answer_is_kept_until_its_time_and_then_removed,
);

fn turn(thread: &str, updated: i64, numbers: std::ops::RangeInclusive<i64>) -> TurnRows {
    TurnRows {
        thread: ThreadRow { id: thread.into(), created: 1, updated, workspace: "/w".into(), state: format!("{{\"at\":{updated}}}") },
        items: events(numbers),
        drafts: Vec::new(),
    }
}

async fn a_turn_is_kept_whole(bed: Bed) {
    let store = bed.store;
    let draft = DraftRow {
        id: "d1".into(),
        thread: Some("t1".into()),
        created: 5,
        workspace: "/w".into(),
        document: "{}".into(),
        body: "{\"summary\":\"\"}".into(),
    };
    let mut first = turn("t1", 5, 1..=3);
    first.drafts.push(draft.clone());
    store.save_turn(first).await.unwrap();
    store.save_turn(turn("t1", 9, 4..=4)).await.unwrap();

    assert_eq!(store.draft("d1").await.unwrap(), Some(draft));
    assert_eq!(store.thread_items("t1", 1, 10).await.unwrap(), events(2..=4));
    let thread = store.thread("t1").await.unwrap().unwrap();
    assert_eq!((thread.created, thread.updated, thread.state.as_str()), (1, 9, "{\"at\":9}"));
}

async fn of_two_turns_at_once_the_second_is_refused_whole(bed: Bed) {
    let store = bed.store;
    store.save_turn(turn("t1", 5, 1..=2)).await.unwrap();
    let refused = store.save_turn(turn("t1", 6, 2..=3)).await.err().unwrap();
    assert!(matches!(refused, StoreError::Conflict { .. }), "{refused:?}");
    assert_eq!(store.thread("t1").await.unwrap().unwrap().updated, 5);
}

async fn the_newest_thread_is_the_one_in_which_something_was_said_last(bed: Bed) {
    let store = bed.store;
    assert_eq!(store.newest_thread().await.unwrap(), None);
    store.save_turn(turn("t1", 5, 1..=1)).await.unwrap();
    store.save_turn(turn("t2", 6, 1..=1)).await.unwrap();
    store.save_turn(turn("t1", 7, 2..=2)).await.unwrap();
    assert_eq!(store.newest_thread().await.unwrap().unwrap().id, "t1");
    let ids: Vec<String> = store.list_threads(10).await.unwrap().into_iter().map(|row| row.id).collect();
    assert_eq!(ids, ["t1", "t2"]);
}

async fn saving_a_changed_document_makes_a_version_and_saving_the_same_does_not(bed: Bed) {
    let store = bed.store;
    assert_eq!(store.save_workflow("news", "{\"v\":1}", "/w", 1).await.unwrap(), 1);
    assert_eq!(store.save_workflow("news", "{\"v\":1}", "/w", 2).await.unwrap(), 1);
    assert_eq!(store.save_workflow("news", "{\"v\":2}", "/w", 3).await.unwrap(), 2);
    let row = store.workflow("news").await.unwrap().unwrap();
    assert_eq!((row.latest, row.updated, row.document.as_str(), row.active), (2, 3, "{\"v\":2}", None));
    assert_eq!(store.workflow_version("news", 1).await.unwrap().unwrap().document, "{\"v\":1}");
}

async fn only_a_version_that_exists_becomes_active(bed: Bed) {
    let store = bed.store;
    store.save_workflow("news", "{}", "/w", 1).await.unwrap();
    assert_eq!(store.activate("news", 7, vec![]).await.unwrap(), Activated::NoSuchVersion);
    assert_eq!(store.activate("other", 1, vec![]).await.unwrap(), Activated::NoSuchVersion);
    assert_eq!(store.activate("news", 1, vec![]).await.unwrap(), Activated::Done);
    assert_eq!(store.workflow("news").await.unwrap().unwrap().active, Some(1));
    assert!(store.deactivate("news").await.unwrap());
    assert_eq!(store.workflow("news").await.unwrap().unwrap().active, None);
}

async fn a_deleted_workflow_is_gone_with_its_versions(bed: Bed) {
    let store = bed.store;
    store.save_workflow("news", "{}", "/w", 1).await.unwrap();
    assert!(store.delete_workflow("news").await.unwrap());
    assert!(!store.delete_workflow("news").await.unwrap());
    assert_eq!(store.workflow_version("news", 1).await.unwrap(), None);
    assert!(store.list_workflows().await.unwrap().is_empty());
}

async fn accounts_are_replaced_listed_and_removed(bed: Bed) {
    let store = bed.store;
    let row = |name: &str, updated| CredentialRow {
        name: name.into(),
        kind: "slack".into(),
        body: "{}".into(),
        sealed: vec![0, 255, 7],
        updated,
    };
    store.put_credential(row("slack", 1)).await.unwrap();
    store.put_credential(row("slack", 2)).await.unwrap();
    store.put_credential(row("other", 1)).await.unwrap();
    assert_eq!(store.credential("slack").await.unwrap(), Some(row("slack", 2)));
    assert_eq!(store.list_credentials().await.unwrap(), [row("other", 1), row("slack", 2)]);
    assert!(store.delete_credential("slack").await.unwrap());
    assert!(!store.delete_credential("slack").await.unwrap());
}

async fn a_single_value_is_replaced(bed: Bed) {
    let store = bed.store;
    assert_eq!(store.meta("k").await.unwrap(), None);
    store.set_meta("k", "a").await.unwrap();
    store.set_meta("k", "b").await.unwrap();
    assert_eq!(store.meta("k").await.unwrap().as_deref(), Some("b"));
}

async fn an_answer_is_kept_until_its_time_and_then_removed(bed: Bed) {
    let store = bed.store;
    store.keep_answer("a", "1", 10).await.unwrap();
    store.keep_answer("a", "2", 20).await.unwrap();
    store.keep_answer("b", "3", 30).await.unwrap();
    assert_eq!(store.answer("a", 19).await.unwrap().as_deref(), Some("2"));
    assert_eq!((store.answer("a", 20).await.unwrap(), store.answer("c", 0).await.unwrap()), (None, None));
    assert_eq!((store.prune_answers(20, 9).await.unwrap(), store.prune_answers(20, 9).await.unwrap()), (1, 0));
    assert_eq!(store.answer("b", 20).await.unwrap().as_deref(), Some("3"));
}
