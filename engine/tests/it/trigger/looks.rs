//! Triggers that look: what is new starts a run each, once; failures are put up with and told.

use super::bench::{HandClock, Process, START, World, bench};

const FEED: &str = "name: w\ntriggers: [{ type: feed, url: \"https://x.example/feed\", every: 10m }]\nsteps: [{ id: a, uses: test.echo }]";

#[tokio::test]
async fn what_is_new_since_the_activation_starts_a_run_each() {
    let (process, _folder) = bench().await;
    process.world.add(&["old"]);
    process.activate(FEED).await;
    process.tick().await;
    assert!(process.runs(None).await.is_empty());
    process.world.add(&["b", "c"]);
    assert_eq!(process.tick().await.due, 0);
    process.clock.turn(600);
    process.tick().await;
    assert_eq!(process.seen_by("w", "/payload/title").await, ["b", "c"]);
    process.clock.turn(600);
    process.tick().await;
    assert_eq!(process.runs(None).await.len(), 2);
    assert_eq!(process.world.looks(), 3);
}

#[tokio::test]
async fn many_new_things_come_in_portions() {
    let (process, _folder) = bench().await;
    process.activate(FEED).await;
    process.tick().await;
    let things: Vec<String> = (0..120).map(|n| format!("t{n:03}")).collect();
    process.world.add(&things.iter().map(String::as_str).collect::<Vec<_>>());
    process.clock.turn(600);
    for expected in [50, 100, 120, 120] {
        process.tick().await;
        assert_eq!(process.runs(None).await.len(), expected);
        process.clock.turn(1);
    }
    assert_eq!(process.seen_by("w", "/payload/title").await, things);
}

#[tokio::test]
async fn failures_make_the_pauses_longer_and_the_third_is_told() {
    let (process, _folder) = bench().await;
    process.activate(FEED).await;
    process.tick().await;
    process.world.fail(Some("the server answered 503"));
    let mut pauses = Vec::new();
    let state = async |process: &Process| process.service.triggers(&crate::support::workflow(FEED), Some(1)).await.unwrap().remove(0);
    for failures in 1..=5 {
        let due = state(&process).await.looks_at.unwrap();
        process.clock.set(&due.to_string());
        process.tick().await;
        let now = state(&process).await;
        assert_eq!(now.trouble.as_deref(), Some("the server answered 503"));
        assert_eq!(now.alarm.is_some(), failures >= 3, "{failures}");
        pauses.push(now.looks_at.unwrap().duration_since(due).as_mins());
        assert_eq!(process.notices().await.len(), usize::from(failures >= 3), "{failures}");
    }
    assert_eq!(pauses, [20, 40, 60, 60, 60]);

    // What came meanwhile is not lost.
    process.world.add(&["late"]);
    process.world.fail(None);
    process.clock.turn(3600);
    process.tick().await;
    assert_eq!(process.seen_by("w", "/payload/title").await, ["late"]);
    let now = state(&process).await;
    assert_eq!((now.trouble, now.alarm, now.fired), (None, None, 1));
}

#[tokio::test]
async fn another_version_with_the_same_feed_knows_what_was_seen() {
    let (process, _folder) = bench().await;
    process.activate(FEED).await;
    process.tick().await;
    process.world.add(&["a"]);
    process.activate(&FEED.replace("id: a", "id: b")).await;
    process.clock.turn(600);
    process.tick().await;
    assert_eq!(process.seen_by("w", "/payload/title").await, ["a"]);
    process.service.deactivate("w").await.unwrap();
    process.world.add(&["b"]);
    process.activate(FEED).await;
    process.tick().await;
    assert_eq!(process.runs(None).await.len(), 1, "an activation after a break begins anew");
}

#[tokio::test]
async fn what_was_found_while_nothing_ran_is_found_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (clock, world) = (HandClock::at(START), World::default());
    let process = Process::open(folder.path(), &clock, &world).await;
    process.activate(FEED).await;
    process.tick().await;
    process.store.close().await;
    drop(process);
    world.add(&["meanwhile"]);
    clock.turn(7200);
    let next = Process::open(folder.path(), &clock, &world).await;
    next.tick().await;
    assert_eq!(next.seen_by("w", "/payload/title").await, ["meanwhile"]);
}
