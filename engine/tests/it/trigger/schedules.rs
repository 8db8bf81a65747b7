//! Schedules over a real store: misfire and overlap, clocks that jump, zones that go away, stores that fail.

use super::bench::{HandClock, Process, START, World, bench};
use sayflow_store::TriggerRow;
use sayflow_store::testing::Fault;
use tokio_util::sync::CancellationToken;

fn hourly(extra: &str) -> String {
    format!("name: w\ntriggers: [{{ type: schedule, cron: \"0 * * * *\"{extra} }}]\nsteps: [{{ id: a, uses: test.echo }}]")
}

#[tokio::test]
async fn a_schedule_fires_at_its_times_and_says_so() {
    let (process, _folder) = bench().await;
    let states = process.activate(&hourly("")).await;
    let hours: Vec<String> = states[0].next.iter().map(|at| at.to_string()[11..16].to_owned()).collect();
    assert_eq!(hours, ["09:00", "10:00", "11:00", "12:00", "13:00"]);
    assert_eq!(states[0].description, "every hour (UTC)");

    assert_eq!(process.tick().await.due, 0);
    for hour in ["09:00:00", "10:00:03", "11:00:00"] {
        process.clock.set(&format!("2026-05-01T{hour}Z"));
        assert_eq!(process.tick().await.due, 1, "{hour}");
        assert_eq!(process.tick().await.due, 0, "{hour}");
    }
    assert_eq!(process.fired("w").await, ["09:00:00", "10:00:00", "11:00:00"]);
    let workflow = crate::support::workflow(&hourly(""));
    let state = &process.service.triggers(&workflow, Some(1)).await.unwrap()[0];
    assert_eq!((state.fired, state.last_fired.unwrap().to_string().as_str()), (3, "2026-05-01T11:00:00Z"));
    assert_eq!(state.next[0].to_string(), "2026-05-01T12:00:00Z");
    assert!(process.notices().await.is_empty());
}

#[tokio::test]
async fn missed_times_follow_the_misfire_policy_and_are_told_once() {
    for (extra, fired) in [
        ("", vec!["13:00:00"]),
        (", misfire: run_once", vec!["13:00:00"]),
        (", misfire: skip", vec![]),
        (", misfire: \"run_all:2\"", vec!["12:00:00", "13:00:00"]),
        (", misfire: \"run_all:99\"", vec!["09:00:00", "10:00:00", "11:00:00", "12:00:00", "13:00:00"]),
    ] {
        let (process, _folder) = bench().await;
        process.activate(&hourly(extra)).await;
        process.clock.set("2026-05-01T13:30:00Z");
        process.tick().await;
        process.tick().await;
        assert_eq!(process.fired("w").await, fired, "{extra}");
        let notices = process.notices().await;
        assert_eq!(notices.len(), 1, "{extra}");
        assert_eq!(notices[0].kind, "trigger_late");
        assert!(notices[0].text.contains("09:00:00Z") && notices[0].text.contains("5 times"), "{}", notices[0].text);
        process.clock.set("2026-05-01T14:00:00Z");
        process.tick().await;
        assert_eq!(process.fired("w").await.last().map(String::as_str), Some("14:00:00"), "{extra}");
    }
}

#[tokio::test]
async fn a_clock_that_jumps_back_fires_no_time_twice() {
    let (process, _folder) = bench().await;
    process.activate(&hourly(", misfire: \"run_all:99\"")).await;
    for time in ["09:00:00", "10:00:00", "08:30:00", "09:00:00", "10:30:00", "08:00:00", "11:00:00", "09:59:00", "12:00:00"] {
        process.clock.set(&format!("2026-05-01T{time}Z"));
        process.tick().await;
    }
    assert_eq!(process.fired("w").await, ["09:00:00", "10:00:00", "11:00:00", "12:00:00"]);
}

#[tokio::test]
async fn a_run_that_goes_on_holds_the_next_back_where_the_policy_says_so() {
    for (overlap, begun, in_all) in [("parallel", 3, 3), ("queue", 1, 3), ("skip", 1, 1)] {
        let (process, _folder) = bench().await;
        let yaml = hourly(&format!(", overlap: {overlap}")).replace("test.echo", "test.hang");
        process.activate(&yaml).await;
        for hour in ["09", "10", "11"] {
            process.clock.set(&format!("2026-05-01T{hour}:00:00Z"));
            process.tick().await;
        }
        let runs = process.runs(Some("w")).await;
        let queued = runs.iter().filter(|run| run.status == "queued").count();
        assert_eq!((runs.len() - queued, runs.len()), (begun, in_all), "{overlap}");
        process.engine.cancel(&runs[0].id.as_str().into(), "test").await.unwrap();
        process.engine.wait(&runs[0].id.as_str().into()).await;
        // What was held back begins, and is in progress in its turn.
        let left = process.runs(Some("w")).await.iter().filter(|run| run.status == "queued").count();
        assert_eq!(left, queued.saturating_sub(1), "{overlap}");
        process.clock.set("2026-05-01T12:00:00Z");
        process.tick().await;
        assert_eq!(process.runs(Some("w")).await.len(), in_all + 1, "{overlap}");
    }
}

#[tokio::test]
async fn a_distance_does_not_drift_however_late_it_is_asked() {
    let (process, _folder) = bench().await;
    process.activate("name: w\ntriggers: [{ type: schedule, every: 10m }]\nsteps: [{ id: a, uses: test.echo }]").await;
    for time in ["08:10:07", "08:20:31", "08:30:00", "09:45:00", "09:50:02"] {
        process.clock.set(&format!("2026-05-01T{time}Z"));
        process.tick().await;
    }
    assert_eq!(process.fired("w").await, ["08:10:00", "08:20:00", "08:30:00", "09:40:00", "09:50:00"]);
}

#[tokio::test]
async fn a_single_moment_fires_once() {
    let (process, _folder) = bench().await;
    process.activate("name: w\ntriggers: [{ type: schedule, at: \"2026-05-01T09:00:00Z\" }]\nsteps: [{ id: a, uses: test.echo }]").await;
    for time in ["08:59:59", "09:00:01", "10:00:00", "08:00:00", "09:00:00"] {
        process.clock.set(&format!("2026-05-01T{time}Z"));
        process.tick().await;
    }
    assert_eq!(process.fired("w").await, ["09:00:00"]);
    assert_eq!(process.store.next_trigger().await.unwrap(), None);
}

#[tokio::test]
async fn a_zone_that_ceased_to_exist_is_told_and_asked_about_again() {
    let (process, _folder) = bench().await;
    process.activate(&hourly("")).await;
    // As it was stored when the zone was known.
    let old = process.store.triggers_of("w").await.unwrap().remove(0);
    let gone = TriggerRow { body: old.body.replace("UTC", "Asia/Atlantis"), ..old };
    process.store.activate("w", 1, vec![gone]).await.unwrap();
    for minute in [0, 5, 10] {
        process.clock.set(&format!("2026-05-01T09:{minute:02}:00Z"));
        assert_eq!(process.tick().await.due, 1);
        assert_eq!(process.tick().await.due, 0);
    }
    assert!(process.fired("w").await.is_empty());
    let notices = process.notices().await;
    assert_eq!((notices.len(), notices[0].kind.as_str()), (1, "trigger_failed"));
    assert!(notices[0].text.contains("Asia/Atlantis"), "{}", notices[0].text);
    let state = &process.service.triggers(&crate::support::workflow(&hourly("")), Some(1)).await.unwrap()[0];
    assert!(state.alarm.as_deref().is_some_and(|alarm| alarm.contains("Asia/Atlantis")), "{state:?}");

    // Activated anew with a zone that exists, the time that was due is made up for.
    process.activate(&hourly(", timezone: Europe/Lisbon")).await;
    process.clock.set("2026-05-01T10:00:00Z");
    process.tick().await;
    assert_eq!(process.fired("w").await, ["10:00:00"]);
}

#[tokio::test]
async fn another_version_with_the_same_schedule_goes_on_where_it_stood() {
    let (process, _folder) = bench().await;
    process.activate(&hourly("")).await;
    process.clock.set("2026-05-01T10:30:00Z");
    // Nobody has ticked since nine; the new version makes up for it.
    process.activate(&hourly("").replace("id: a", "id: b")).await;
    process.tick().await;
    assert_eq!(process.fired("w").await, ["10:00:00"]);
    assert_eq!(process.runs(Some("w")).await[0].version, Some(2));
}

#[tokio::test]
async fn what_was_deactivated_starts_nothing() {
    let (process, _folder) = bench().await;
    process.activate(&hourly("")).await;
    assert!(process.service.deactivate("w").await.unwrap());
    assert!(!process.service.deactivate("unknown").await.unwrap());
    process.clock.set("2026-05-01T12:00:00Z");
    assert_eq!(process.tick().await.due, 0);
    assert!(process.runs(None).await.is_empty());
}

#[tokio::test]
async fn a_workflow_that_cannot_be_started_is_told_once_and_its_time_stays_due() {
    let (process, _folder) = bench().await;
    let needy = "name: w\ninputs: { who: { type: string } }\ntriggers: [{ type: schedule, cron: \"0 * * * *\" }]\nsteps: [{ id: a, uses: test.echo }]";
    process.activate(needy).await;
    for minute in [0, 5, 10, 15] {
        process.clock.set(&format!("2026-05-01T09:{minute:02}:00Z"));
        process.tick().await;
    }
    let notices = process.notices().await;
    assert_eq!(notices.len(), 1, "{notices:#?}");
    assert!(notices[0].text.contains("who"), "{}", notices[0].text);
    process.activate(&needy.replace("type: string", "type: string, default: you")).await;
    process.tick().await;
    assert_eq!(process.fired("w").await, ["09:00:00"]);
}

#[tokio::test]
async fn a_store_without_room_loses_no_time() {
    let (process, _folder) = bench().await;
    process.activate(&hourly("")).await;
    process.store.faults().arm(Fault::Full);
    process.clock.set("2026-05-01T09:00:00Z");
    assert!(process.service.tick().await.is_err());
    assert!(process.service.tick().await.is_err());
    process.store.faults().disarm();
    process.tick().await;
    assert_eq!(process.fired("w").await, ["09:00:00"]);
}

#[tokio::test]
async fn an_engine_that_is_about_to_stop_leaves_the_time_to_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let (clock, world) = (HandClock::at(START), World::default());
    let process = Process::open(folder.path(), &clock, &world).await;
    process.activate(&hourly("")).await;
    process.engine.drain(std::time::Duration::from_secs(5)).await;
    clock.set("2026-05-01T09:00:00Z");
    process.tick().await;
    assert!(process.runs(None).await.is_empty());
    process.store.close().await;
    drop(process);
    let next = Process::open(folder.path(), &clock, &world).await;
    clock.turn(30);
    next.tick().await;
    assert_eq!(next.fired("w").await, ["09:00:00"]);
}

#[tokio::test]
async fn the_loop_sleeps_until_something_is_due_and_ends_when_told() {
    let (process, _folder) = bench().await;
    let stop = CancellationToken::new();
    let service = process.service.clone();
    let token = stop.clone();
    let running = tokio::spawn(async move { service.run(token).await });
    process.activate(&hourly("")).await;
    process.clock.set("2026-05-01T09:00:00Z");
    while process.runs(Some("w")).await.is_empty() {
        tokio::task::yield_now().await;
    }
    stop.cancel();
    running.await.unwrap();
    assert_eq!(process.fired("w").await, ["09:00:00"]);
}
