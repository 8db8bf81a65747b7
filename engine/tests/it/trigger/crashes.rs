//! Dying before and after every durable write: no time, entry or event is lost, and none starts two runs.

use super::bench::{HandClock, Process, START, World};
use crate::support::request;
use sayflow_store::testing::Fault;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// What a process does until it dies, and what its successor does to the end. Steps are repeated by the successor where the
/// outside world would repeat them.
struct Story {
    name: &'static str,
    first: fn(&Process) -> futures::future::BoxFuture<'_, ()>,
    then: fn(&Process) -> futures::future::BoxFuture<'_, ()>,
    workflows: &'static [&'static str],
    /// What identifies the runs of the workflow that counts, and what they must be.
    seen: (&'static str, &'static str, &'static [&'static str]),
}

const STORIES: &[Story] = &[
    Story {
        name: "a schedule",
        workflows: &[
            "name: w\ntriggers: [{ type: schedule, cron: \"* * * * *\", misfire: \"run_all:99\" }]\nsteps: [{ id: a, uses: test.echo }]",
        ],
        first: |process| {
            Box::pin(async {
                for _ in 0..3 {
                    process.clock.turn(60);
                    process.tick().await;
                }
                process.clock.turn(180);
                process.tick().await;
            })
        },
        then: |process| {
            Box::pin(async {
                process.clock.set("2026-05-01T08:07:20Z");
                process.settle().await;
            })
        },
        seen: (
            "w",
            "/time",
            &[
                "2026-05-01T08:01:00Z",
                "2026-05-01T08:02:00Z",
                "2026-05-01T08:03:00Z",
                "2026-05-01T08:04:00Z",
                "2026-05-01T08:05:00Z",
                "2026-05-01T08:06:00Z",
                "2026-05-01T08:07:00Z",
            ],
        ),
    },
    Story {
        name: "a feed",
        workflows: &["name: w\ntriggers: [{ type: feed, url: \"https://x.example\", every: 1m }]\nsteps: [{ id: a, uses: test.echo }]"],
        first: |process| {
            Box::pin(async {
                process.world.add(&["b", "c", "d"]);
                process.clock.turn(60);
                process.tick().await;
                process.world.add(&["e"]);
                process.clock.turn(60);
                process.tick().await;
            })
        },
        then: |process| {
            Box::pin(async {
                process.world.add(&["f"]);
                process.clock.turn(60);
                process.settle().await;
            })
        },
        seen: ("w", "/payload/title", &["b", "c", "d", "e", "f"]),
    },
    Story {
        name: "an event",
        workflows: &[
            "name: w\ntriggers: [{ type: event, workflow: first, \"on\": succeeded }]\nsteps: [{ id: a, uses: test.echo }]",
            "name: v\ntriggers: [{ type: event, workflow: first, \"on\": succeeded }]\nsteps: [{ id: a, uses: test.echo }]",
            "name: first\ntriggers: [{ type: schedule, every: 1m, misfire: \"run_all:9\" }]\nsteps: [{ id: a, uses: test.echo }]\noutputs: { at: \"${{ trigger.time }}\" }",
        ],
        first: |process| {
            Box::pin(async {
                for _ in 0..2 {
                    process.clock.turn(60);
                    process.settle().await;
                }
            })
        },
        then: |process| {
            Box::pin(async {
                process.clock.set("2026-05-01T08:03:00Z");
                process.settle().await;
            })
        },
        seen: ("w", "/payload/outputs/at", &["2026-05-01T08:01:00Z", "2026-05-01T08:02:00Z", "2026-05-01T08:03:00Z"]),
    },
];

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// Prepares the data folder, arms a fault, and lets the first process go on until it dies or is done. Says whether it died.
fn first_process(story: &Story, folder: &Path, clock: &Arc<HandClock>, world: &World, fault: Option<Fault>) -> (bool, u64) {
    let runtime = runtime();
    let end = runtime.block_on(async {
        let process = Process::open(folder, clock, world).await;
        for yaml in story.workflows {
            process.activate(yaml).await;
        }
        // The first look of a feed only remembers.
        process.settle().await;
        let before = process.store.faults().commits();
        if let Some(fault) = fault {
            process.store.faults().arm(match fault {
                Fault::DieBefore(at) => Fault::DieBefore(before + at),
                Fault::DieAfter(at) => Fault::DieAfter(before + at),
                other => other,
            });
        }
        let whole = async {
            (story.first)(&process).await;
            process.engine.until_idle().await;
            let commits = process.store.faults().commits() - before;
            process.store.close().await;
            commits
        };
        tokio::select! {
            biased;
            () = process.store.faults().dies() => (true, 0),
            commits = whole => (false, commits),
        }
    });
    // Everything of the process goes with its runtime, as with a kill.
    runtime.shutdown_timeout(Duration::from_secs(5));
    end
}

fn successor(story: &Story, folder: &Path, clock: &Arc<HandClock>, world: &World) -> Vec<String> {
    let runtime = runtime();
    let seen = runtime.block_on(async {
        let process = Process::open(folder, clock, world).await;
        (story.then)(&process).await;
        // What a crash put off is asked again.
        process.clock.turn(1);
        process.settle().await;
        let seen = process.seen_by(story.seen.0, story.seen.1).await;
        process.store.close().await;
        seen
    });
    runtime.shutdown_timeout(Duration::from_secs(5));
    seen
}

#[test]
fn a_death_at_any_write_loses_nothing_and_doubles_nothing() {
    for story in STORIES {
        let whole = tempfile::tempdir().unwrap();
        let (clock, world) = (HandClock::at(START), World::default());
        let (_, commits) = first_process(story, whole.path(), &clock, &world, None);
        assert!(commits >= 4, "{}: {commits}", story.name);
        assert_eq!(successor(story, whole.path(), &clock, &world), story.seen.2, "{} without a fault", story.name);

        let mut deaths = 0;
        for at in 1..=commits {
            for fault in [Fault::DieBefore(at), Fault::DieAfter(at)] {
                let folder = tempfile::tempdir().unwrap();
                let (clock, world) = (HandClock::at(START), World::default());
                let (died, _) = first_process(story, folder.path(), &clock, &world, Some(fault));
                deaths += usize::from(died);
                complete_world(story, &world);
                assert_eq!(successor(story, folder.path(), &clock, &world), story.seen.2, "{}: {fault:?}", story.name);
            }
        }
        assert!(deaths >= 4, "{}: {deaths}", story.name);
    }
}

/// The outside world goes on whether or not anybody looks.
fn complete_world(story: &Story, world: &World) {
    if story.name == "a feed" {
        world.complete(&["b", "c", "d", "e"]);
    }
}

#[tokio::test]
async fn an_event_of_a_run_that_ended_under_another_process_is_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    let (clock, world) = (HandClock::at(START), World::default());
    let process = Process::open(folder.path(), &clock, &world).await;
    process.activate("name: w\ntriggers: [{ type: event, workflow: first, \"on\": succeeded }]\nsteps: [{ id: a, uses: test.echo }]").await;
    let run = "name: first\nsteps: [{ id: a, uses: test.echo }]";
    process.engine.start(request(&process.engine, run)).await.unwrap();
    process.engine.until_idle().await;
    process.store.close().await;
    drop(process);
    let next = Process::open(folder.path(), &clock, &world).await;
    next.settle().await;
    assert_eq!(next.runs(Some("w")).await.len(), 1);
}
