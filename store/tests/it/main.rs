//! The store's promises, each on a real database: SQLite in a temporary folder, and a PostgreSQL that the test starts.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests panic, as tests do")]

mod approvals;
mod bed;
mod copies;
mod opening;
mod retention;
mod runs;
mod server;
mod spending;
mod starts;
mod tables;
mod triggers;

use sayflow_store::{EventRow, NewRun, RunCommit, RunHead, RunRow};

/// The same stories on both databases: `story!(name, …)` makes the tests `sqlite::name` and `postgres::name` of the
/// function `name(bed)`.
macro_rules! stories {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test] async fn $name() { super::$name($crate::bed::Bed::sqlite().await).await; })*
        }
        mod postgres {
            $(#[tokio::test] async fn $name() { super::$name($crate::bed::Bed::postgres().await).await; })*
        }
    };
}
pub(crate) use stories;

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
        trigger: "manual".into(),
        ..RunRow::default()
    }
}

/// A run with events 1 to `last`.
pub(crate) fn new(id: &str, last: i64) -> NewRun {
    NewRun::new(run(id), events(1..=last))
}

/// A run of a workflow.
pub(crate) fn new_of(workflow: &str, id: &str) -> NewRun {
    NewRun::new(RunRow { workflow: workflow.into(), ..run(id) }, events(1..=1))
}

/// More events of a run.
pub(crate) fn more(id: &str, events: Vec<EventRow>) -> RunCommit {
    RunCommit { run: id.into(), events, ..RunCommit::default() }
}

/// A run that has this status from now on, with event 2.
pub(crate) fn stands(id: &str, status: &str) -> RunCommit {
    let ended = ["succeeded", "failed", "cancelled"].contains(&status).then_some(9);
    RunCommit { head: RunHead { status: status.into(), ended, ..RunHead::default() }, ..more(id, events(2..=2)) }
}

pub(crate) fn events(numbers: std::ops::RangeInclusive<i64>) -> Vec<EventRow> {
    numbers.map(|seq| EventRow { seq, at: seq * 10, body: format!("{{\"n\":{seq}}}"), blob: None }).collect()
}
