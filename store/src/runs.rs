//! Runs and their journals: the rows, and reading them. How they are written is in `group`.

use crate::approvals::ApprovalRow;
use crate::error::WriteError;
use crate::sql::{Connection, Value, values};
use crate::triggers::TriggerAdvance;
use crate::writer::{Hashed, Item, Write};
use crate::{Store, StoreError};
use sha2::{Digest, Sha256};

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
    /// Whether it is on the list of those that [`Store::unannounced_runs`] gives.
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

/// Which runs are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunFilter {
    /// Those of one workflow.
    pub workflow: Option<String>,
    /// Those with one status.
    pub status: Option<String>,
}

/// The columns of a [`RunLine`].
macro_rules! line {
    ($rest:literal) => {
        concat!(
            "SELECT id, workflow, version, dry_run, status, created, started, ended, error, thread, parent, depth, trigger, wake_at, seq \
             FROM runs ",
            $rest
        )
    };
}

impl Store {
    /// Keeps a new run.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when its id is taken or the events do not count from 1.
    pub async fn create_run(&self, new: NewRun) -> Result<Created, StoreError> {
        in_order(&new.run.id, &new.events, Some(1))?;
        let hash = hex::encode(Sha256::digest(new.run.document.as_bytes()));
        self.send(|caller| Item::Create(Box::new(Hashed { new, hash }), caller)).await
    }

    /// Appends to a run's journal and says where the run stands now. Durable on return.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when there is no such run or the numbers do not go on where the journal ends.
    pub async fn commit_run(&self, commit: RunCommit) -> Result<(), StoreError> {
        in_order(&commit.run, &commit.events, None)?;
        self.send(|caller| Item::Commit(Box::new(commit), caller)).await
    }

    /// A run by id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn run(&self, id: &str) -> Result<Option<RunRow>, StoreError> {
        self.one(
            "SELECT r.id, r.workflow, r.version, r.dry_run, d.body AS document, r.workspace, r.status, r.created, r.started, r.ended,
                    r.error, r.thread, r.parent, r.depth, r.trigger, r.wake_at, r.seq, r.bytes, r.cost_micros
             FROM runs r JOIN documents d ON d.hash = r.document_hash WHERE r.id = $1",
            values![id],
        )
        .await
    }

    /// A run's events behind number `after`, in order, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn run_events(&self, id: &str, after: i64, limit: i64) -> Result<Vec<EventRow>, StoreError> {
        self.all(
            "SELECT e.seq, e.at, e.body, b.body AS blob FROM run_events e LEFT JOIN run_blobs b ON b.run = e.run AND b.seq = e.seq
             WHERE e.run = $1 AND e.seq > $2 ORDER BY e.seq LIMIT $3",
            values![id, after, limit],
        )
        .await
    }

    /// Runs, newest first, at most `limit`; with `before`, those older than that id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_runs(&self, filter: RunFilter, before: Option<&str>, limit: i64) -> Result<Vec<RunLine>, StoreError> {
        let (mut text, mut values) = (line!("WHERE TRUE").to_owned(), Vec::new());
        let mut add = |column: &str, value: &'_ str| {
            text.push_str(" AND ");
            text.push_str(column);
            values.push(value.to_owned());
            text.push_str(&format!(" ${}", values.len()));
        };
        if let Some(workflow) = &filter.workflow {
            add("workflow =", workflow);
        }
        if let Some(status) = &filter.status {
            add("status =", status);
        }
        if let Some(before) = before {
            add("id <", before);
        }
        text.push_str(&format!(" ORDER BY id DESC LIMIT ${}", values.len() + 1));
        let mut bound: Vec<Value<'_>> = values.iter().map(Value::from).collect();
        bound.push(Value::from(limit));
        self.all(sqlx::AssertSqlSafe(text), &bound).await
    }

    /// Unfinished runs that are queued or running, oldest first: what a process leaves that dies.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn interrupted_runs(&self) -> Result<Vec<String>, StoreError> {
        self.ids("SELECT id FROM runs WHERE status IN ('queued', 'running') AND ended IS NULL ORDER BY id", values![]).await
    }

    /// Unfinished runs that have something to do at `now` or had before, at most `limit`, those that are due longest
    /// first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn due_runs(&self, now: i64, limit: i64) -> Result<Vec<String>, StoreError> {
        self.ids(
            "SELECT id FROM runs WHERE ended IS NULL AND wake_at IS NOT NULL AND wake_at <= $1 ORDER BY wake_at, id LIMIT $2",
            values![now, limit],
        )
        .await
    }

    /// When the next unfinished run has something to do, in microseconds.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn next_wake(&self) -> Result<Option<i64>, StoreError> {
        self.number("SELECT wake_at FROM runs WHERE ended IS NULL AND wake_at IS NOT NULL ORDER BY wake_at LIMIT 1", values![]).await
    }

    /// Says when an unfinished run has something to do again (0: at once), and whether there is such a run.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn wake_run(&self, id: &str, at: i64) -> Result<bool, StoreError> {
        self.write(WakeRun { id: id.to_owned(), at }).await
    }

    /// Queued runs of a workflow, oldest first, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn queued_runs(&self, workflow: &str, limit: i64) -> Result<Vec<String>, StoreError> {
        self.ids("SELECT id FROM runs WHERE workflow = $1 AND status = 'queued' ORDER BY id LIMIT $2", values![workflow, limit]).await
    }

    /// How many runs of a workflow have begun and not ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_running(&self, workflow: &str) -> Result<i64, StoreError> {
        let count = self
            .number("SELECT COUNT(*) FROM runs WHERE workflow = $1 AND status IN ('running', 'waiting', 'paused')", values![workflow])
            .await?;
        Ok(count.unwrap_or(0))
    }

    /// How many runs of a workflow were created at `since` or later, dry runs not counted.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_started_since(&self, workflow: &str, since: i64) -> Result<i64, StoreError> {
        let count = self
            .number("SELECT COUNT(*) FROM runs WHERE workflow = $1 AND created >= $2 AND NOT dry_run", values![workflow, since])
            .await?;
        Ok(count.unwrap_or(0))
    }

    /// When the first of those runs was created.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn oldest_start_since(&self, workflow: &str, since: i64) -> Result<Option<i64>, StoreError> {
        self.number(
            "SELECT created FROM runs WHERE workflow = $1 AND created >= $2 AND NOT dry_run ORDER BY created LIMIT 1",
            values![workflow, since],
        )
        .await
    }

    /// What the model calls of a workflow's runs cost that were created at `since` or later, in millionths of a US
    /// dollar.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn spent_since(&self, workflow: &str, since: i64) -> Result<i64, StoreError> {
        let sum = self
            .number(
                "SELECT CAST(COALESCE(SUM(cost_micros), 0) AS BIGINT) FROM runs WHERE workflow = $1 AND created >= $2 AND cost_micros > 0",
                values![workflow, since],
            )
            .await?;
        Ok(sum.unwrap_or(0))
    }

    /// Runs that somebody still has to be told of, oldest first, at most `limit`: see [`RunHead::announce`].
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unannounced_runs(&self, limit: i64) -> Result<Vec<RunLine>, StoreError> {
        self.all(line!("WHERE announce ORDER BY id LIMIT $1"), values![limit]).await
    }

    /// Takes runs off that list.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn mark_announced(&self, ids: Vec<String>) -> Result<(), StoreError> {
        self.write(MarkAnnounced(ids)).await
    }
}

struct WakeRun {
    id: String,
    at: i64,
}

impl Write for WakeRun {
    type Output = bool;

    async fn apply(&self, connection: &mut Connection) -> Result<bool, WriteError> {
        wake(connection, &self.id, self.at).await
    }
}

/// Says when an unfinished run has something to do again, and whether there is such a run.
pub(crate) async fn wake(connection: &mut Connection, id: &str, at: i64) -> Result<bool, WriteError> {
    let changed = connection.execute("UPDATE runs SET wake_at = $2 WHERE id = $1 AND ended IS NULL", values![id, at]).await?;
    Ok(changed > 0)
}

struct MarkAnnounced(Vec<String>);

impl Write for MarkAnnounced {
    type Output = ();

    async fn apply(&self, connection: &mut Connection) -> Result<(), WriteError> {
        for id in &self.0 {
            connection.execute("UPDATE runs SET announce = FALSE WHERE id = $1", values![id]).await?;
        }
        Ok(())
    }
}

/// Refuses lines with a gap: a reader that resumes by number would miss something.
pub(crate) fn in_order(of: &str, rows: &[EventRow], first: Option<i64>) -> Result<(), StoreError> {
    let gap = rows.windows(2).find(|pair| pair[1].seq != pair[0].seq + 1).map(|pair| (pair[0].seq + 1, pair[1].seq));
    let wrong_start = || {
        let (wanted, found) = (first?, rows.first()?.seq);
        (found != wanted).then_some((wanted, found))
    };
    match wrong_start().or(gap) {
        Some((expected, found)) => Err(StoreError::Conflict { why: out_of_order(of, expected, found) }),
        None => Ok(()),
    }
}

/// What is said of a gap.
pub(crate) fn out_of_order(of: &str, expected: i64, found: i64) -> String {
    format!("the lines of {of} go on with number {expected} without gaps, not with {found}")
}
