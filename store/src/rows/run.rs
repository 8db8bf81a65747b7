//! A run, its journal, and what is written of them together.

use crate::rows::approval::ApprovalRow;
use crate::rows::trigger::TriggerAdvance;

/// One run.
#[derive(Debug, Clone, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct RunRow {
    /// Its id; sorts by age.
    pub id: String,
    /// The workflow's name.
    pub workflow: String,
    /// The activated version.
    pub version: Option<i64>,
    /// Whether writes are simulated.
    pub dry_run: bool,
    /// The document that it runs, in canonical JSON. It is kept once, however many runs there are of it.
    pub document: String,
    /// Absolute path of the workspace folder.
    pub workspace: String,
    /// Where it stands.
    pub status: String,
    /// Microseconds.
    pub created: i64,
    /// Microseconds.
    pub started: Option<i64>,
    /// Microseconds; a run without it is unfinished.
    pub ended: Option<i64>,
    /// JSON.
    pub error: Option<String>,
    /// The conversation that it came from.
    pub thread: Option<String>,
    /// The run that waits for this one.
    pub parent: Option<String>,
    /// How many runs called each other to get here; 0 for one that nobody called.
    pub depth: i64,
    /// What started it: `manual`, `schedule`, `webhook`, `feed`, `file`, `event`, `message`, `call` or `retry`.
    pub trigger: String,
    /// When it has something to do again, in microseconds.
    pub wake_at: Option<i64>,
    /// The number of its newest event. A new run takes it from its first events.
    pub seq: i64,
    /// What its steps have handed back, in bytes.
    pub bytes: i64,
    /// What its model calls cost so far, in millionths of a US dollar.
    pub cost_micros: i64,
}

/// What a list of runs needs: a [`RunRow`] without its document and folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, sqlx::FromRow)]
#[allow(missing_docs, reason = "see RunRow")]
pub struct RunLine {
    pub id: String,
    pub workflow: String,
    pub version: Option<i64>,
    pub dry_run: bool,
    pub status: String,
    pub created: i64,
    pub started: Option<i64>,
    pub ended: Option<i64>,
    pub error: Option<String>,
    pub thread: Option<String>,
    pub parent: Option<String>,
    pub depth: i64,
    pub trigger: String,
    pub wake_at: Option<i64>,
    pub seq: i64,
}

/// One line of a journal or of a conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct EventRow {
    /// From 1, without gaps.
    pub seq: i64,
    /// Microseconds.
    pub at: i64,
    /// JSON.
    pub body: String,
    /// A large part of the body, kept in a table of its own. Lines of conversations have none.
    pub blob: Option<String>,
}

/// What changes of a run while it goes on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunHead {
    /// Where it stands.
    pub status: String,
    /// Microseconds.
    pub started: Option<i64>,
    /// Microseconds.
    pub ended: Option<i64>,
    /// JSON.
    pub error: Option<String>,
    /// When it has something to do again, in microseconds.
    pub wake_at: Option<i64>,
    /// Whether it is on the list of those that [`unannounced_runs`](crate::Store::unannounced_runs) gives.
    pub announce: bool,
    /// What its steps have handed back, in bytes.
    pub bytes: i64,
    /// What its model calls cost so far, in millionths of a US dollar.
    pub cost_micros: i64,
}

/// A new run with all that has to be kept with it, or not at all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewRun {
    /// The run.
    pub run: RunRow,
    /// Its first events, from number 1.
    pub events: Vec<EventRow>,
    /// Where it stands after those events; without it, the row says so.
    pub head: Option<RunHead>,
    /// What it was started by, where that may come again.
    pub delivery: Option<DeliveryRow>,
    /// How the trigger that started it goes on. It is kept for a duplicate too.
    pub trigger: Option<TriggerAdvance>,
    /// What is asked in the first events.
    pub approvals: Vec<ApprovalRow>,
}

impl NewRun {
    /// A run with its first events and nothing else.
    pub fn new(run: RunRow, events: Vec<EventRow>) -> Self {
        Self { run, events, ..Self::default() }
    }
}

/// What was taken in once, and is not taken in again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveryRow {
    /// The workflow's name.
    pub workflow: String,
    /// What tells deliveries to the workflow apart.
    pub key: String,
    /// Microseconds.
    pub at: i64,
}

/// What became of a new run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Created {
    /// It is kept.
    New,
    /// Its delivery was taken in before; nothing was kept but the trigger's advance.
    Duplicate {
        /// The run that the delivery started, which may have been removed since.
        run: String,
    },
}

/// What happened in a run, in one transaction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunCommit {
    /// The run's id.
    pub run: String,
    /// Its new events, numbered on from the newest one.
    pub events: Vec<EventRow>,
    /// Where it stands after them.
    pub head: RunHead,
    /// What is asked in these events.
    pub approvals: Vec<ApprovalRow>,
    /// Open approvals that these events close: the id, and how (`expired` or `withdrawn`).
    pub closed: Vec<(String, String)>,
    /// Unfinished runs whose `wake_at` becomes 0, such as the parent that waits for this one. In a group of commits
    /// they are woken after all heads are written, so that a run that parks itself in the same group is not missed.
    pub wake: Vec<String>,
}
