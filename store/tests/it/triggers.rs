//! Triggers of active workflows.

use crate::bed::Bed;
use crate::stories;
use sayflow_store::{Activated, TriggerAdvance, TriggerRow};

stories!(
    activating_puts_the_triggers_of_the_version_in_the_place_of_those_before,
    a_route_belongs_to_one_trigger,
    what_is_due_is_found_by_time,
    an_advance_for_another_version_changes_nothing,
    listeners_are_found_by_whom_they_listen_to,
    triggers_go_with_their_workflow,
);

fn trigger(place: i64, kind: &str) -> TriggerRow {
    TriggerRow {
        workflow: "news".into(),
        place,
        version: 1,
        kind: kind.into(),
        body: "{}".into(),
        state: "{}".into(),
        ..TriggerRow::default()
    }
}

fn hook(place: i64, route: &str) -> TriggerRow {
    TriggerRow { route: Some(route.into()), ..trigger(place, "webhook") }
}

async fn saved(bed: &Bed, name: &str) {
    for version in 1..=2 {
        bed.store.save_workflow(name, &format!("{{\"v\":{version}}}"), "/w", version).await.unwrap();
    }
}

async fn activating_puts_the_triggers_of_the_version_in_the_place_of_those_before(bed: Bed) {
    saved(&bed, "news").await;
    let store = bed.store;
    assert_eq!(store.activate("news", 1, vec![trigger(0, "schedule"), hook(1, "POST /a")]).await.unwrap(), Activated::Done);
    assert_eq!(store.workflow("news").await.unwrap().unwrap().active, Some(1));
    assert_eq!(store.triggers_of("news").await.unwrap(), [trigger(0, "schedule"), hook(1, "POST /a")]);
    // The same route again is no conflict with itself.
    assert_eq!(store.activate("news", 2, vec![hook(0, "POST /a")]).await.unwrap(), Activated::Done);
    assert_eq!(store.triggers_of("news").await.unwrap(), [TriggerRow { version: 2, ..hook(0, "POST /a") }]);
    assert_eq!(store.activate("news", 3, vec![]).await.unwrap(), Activated::NoSuchVersion);
    assert_eq!(store.triggers_of("news").await.unwrap().len(), 1);
    assert!(store.deactivate("news").await.unwrap());
    assert!(!store.deactivate("nobody").await.unwrap());
    assert_eq!(store.triggers_of("news").await.unwrap(), []);
    assert_eq!(store.workflow("news").await.unwrap().unwrap().active, None);
}

async fn a_route_belongs_to_one_trigger(bed: Bed) {
    saved(&bed, "news").await;
    saved(&bed, "other").await;
    let store = bed.store;
    store.activate("news", 1, vec![hook(0, "POST /a")]).await.unwrap();
    let taken = |by: &str| Activated::RouteTaken { route: "POST /a".into(), by: by.into() };
    assert_eq!(store.activate("other", 1, vec![hook(0, "GET /a"), hook(1, "POST /a")]).await.unwrap(), taken("news"));
    assert_eq!(store.workflow("other").await.unwrap().unwrap().active, None);
    assert_eq!(store.trigger_at_route("GET /a").await.unwrap(), None);
    assert_eq!(store.activate("news", 1, vec![hook(0, "POST /a"), hook(1, "POST /a")]).await.unwrap(), taken("news"));
    assert_eq!(store.trigger_at_route("POST /a").await.unwrap(), Some(hook(0, "POST /a")));
}

async fn what_is_due_is_found_by_time(bed: Bed) {
    saved(&bed, "news").await;
    let store = bed.store;
    let at = |place, next_at| TriggerRow { next_at, ..trigger(place, "schedule") };
    store.activate("news", 1, vec![at(0, Some(30)), at(1, None), at(2, Some(10)), at(3, Some(50))]).await.unwrap();
    let places = |rows: Vec<TriggerRow>| rows.into_iter().map(|row| row.place).collect::<Vec<_>>();
    assert_eq!(store.next_trigger().await.unwrap(), Some(10));
    assert_eq!(places(store.due_triggers(30, 9).await.unwrap()), [2, 0]);
    assert_eq!(places(store.due_triggers(30, 1).await.unwrap()), [2]);
    let advance = TriggerAdvance {
        workflow: "news".into(),
        place: 2,
        version: 1,
        next_at: None,
        last_at: Some(10),
        trouble: Some("no answer".into()),
        fired: 2,
        ..TriggerAdvance::default()
    };
    assert!(store.advance_trigger(advance).await.unwrap());
    assert_eq!(store.next_trigger().await.unwrap(), Some(30));
    let row = store.triggers_of("news").await.unwrap().remove(2);
    let wanted = TriggerRow { last_at: Some(10), fired: 2, trouble: Some("no answer".into()), ..trigger(2, "schedule") };
    assert_eq!(row, wanted);
}

async fn an_advance_for_another_version_changes_nothing(bed: Bed) {
    saved(&bed, "news").await;
    let store = bed.store;
    store.activate("news", 2, vec![trigger(0, "schedule")]).await.unwrap();
    let stale = TriggerAdvance { workflow: "news".into(), version: 1, next_at: Some(7), fired: 1, ..TriggerAdvance::default() };
    assert!(!store.advance_trigger(stale).await.unwrap());
    assert_eq!(store.triggers_of("news").await.unwrap(), [TriggerRow { version: 2, ..trigger(0, "schedule") }]);
}

async fn listeners_are_found_by_whom_they_listen_to(bed: Bed) {
    saved(&bed, "news").await;
    saved(&bed, "other").await;
    let store = bed.store;
    let listening = |place, to: &str| TriggerRow { listens_to: Some(to.into()), ..trigger(place, "event") };
    store.activate("news", 1, vec![listening(0, "a"), listening(1, "b"), trigger(2, "schedule")]).await.unwrap();
    store.activate("other", 1, vec![listening(0, "a")]).await.unwrap();
    assert_eq!(store.listened_workflows().await.unwrap(), ["a", "b"]);
    let of_a = store.triggers_listening_to("a").await.unwrap();
    assert_eq!(of_a.iter().map(|row| row.workflow.as_str()).collect::<Vec<_>>(), ["news", "other"]);
    assert_eq!(store.triggers_listening_to("c").await.unwrap(), []);
}

async fn triggers_go_with_their_workflow(bed: Bed) {
    saved(&bed, "news").await;
    let store = bed.store;
    store.activate("news", 1, vec![hook(0, "POST /a")]).await.unwrap();
    assert!(store.delete_workflow("news").await.unwrap());
    assert_eq!(store.trigger_at_route("POST /a").await.unwrap(), None);
}
