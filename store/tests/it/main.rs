//! The store's promises, each on a real database in a temporary folder.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests panic, as tests do")]

mod opening;
mod runs;
mod tables;

use sayflow_store::{EventRow, NewRun, RunCommit, RunRow};

pub(crate) fn run(id: &str) -> RunRow {
    RunRow {
        id: id.into(),
        workflow: "demo".into(),
        version: None,
        dry_run: false,
        document: "{}".into(),
        workspace: "/w".into(),
        status: "queued".into(),
        created: 1,
        started: None,
        ended: None,
        error: None,
        trigger: "manual".into(),
        ..RunRow::default()
    }
}

/// A run with events 1 to `last`.
pub(crate) fn new(id: &str, last: i64) -> NewRun {
    NewRun::new(run(id), events(1..=last))
}

/// More events of a run.
pub(crate) fn more(id: &str, events: Vec<EventRow>) -> RunCommit {
    RunCommit { run: id.into(), events, ..RunCommit::default() }
}

pub(crate) fn events(numbers: std::ops::RangeInclusive<i64>) -> Vec<EventRow> {
    numbers.map(|seq| EventRow { seq, at: seq * 10, body: format!("{{\"n\":{seq}}}"), blob: None }).collect()
}
