//! Runs and their journals: how they are handed in and read. How they are written is in `group`.

use crate::changes::wake;
use crate::error::{StoreError, WriteError};
use crate::job::{Hashed, Item, Write};
use crate::numbering::in_order;
use crate::open::Store;
use crate::rows::run::{Created, EventRow, NewRun, RunCommit, RunLine, RunRow};
use crate::sql::{Connection, Value, values};
use sha2::{Digest, Sha256};

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

    /// How many runs of a workflow began at `since` or later, dry runs not counted. A queued run has not begun.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_started_since(&self, workflow: &str, since: i64) -> Result<i64, StoreError> {
        let count = self
            .number(
                "SELECT COUNT(*) FROM runs WHERE workflow = $1 AND started IS NOT NULL AND started >= $2 AND NOT dry_run",
                values![workflow, since],
            )
            .await?;
        Ok(count.unwrap_or(0))
    }

    /// When the first of those runs began.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn oldest_start_since(&self, workflow: &str, since: i64) -> Result<Option<i64>, StoreError> {
        self.number(
            "SELECT started FROM runs WHERE workflow = $1 AND started IS NOT NULL AND started >= $2 AND NOT dry_run
             ORDER BY started LIMIT 1",
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

    /// Runs that somebody still has to be told of, oldest first, at most `limit`: see [`RunHead::announce`](crate::RunHead::announce).
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
