//! Runs and their journals.

use crate::error::WriteError;
use crate::writer::Write;
use crate::{Store, StoreError};
use sqlx::sqlite::SqliteConnection;
use sqlx::{QueryBuilder, Sqlite};

/// Rows of one `INSERT`: four values each, far below the limit on bound values.
const ROWS_A_STATEMENT: usize = 200;

/// One run.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct RunRow {
    /// Its id; sorts by age.
    pub id: String,
    /// The workflow's name.
    pub workflow: String,
    /// The activated version.
    pub version: Option<i64>,
    /// Whether writes are simulated.
    pub dry_run: bool,
    /// The document that it runs, in canonical JSON.
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
}

/// One line of a journal or of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct EventRow {
    /// From 1, without gaps.
    pub seq: i64,
    /// Microseconds.
    pub at: i64,
    /// JSON.
    pub body: String,
}

/// What changes of a run while it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
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
}

/// Which runs are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunFilter {
    /// Those of one workflow.
    pub workflow: Option<String>,
    /// Those with one status.
    pub status: Option<String>,
}

impl Store {
    /// Keeps a new run with its first events.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when its id is taken or the events do not count from 1.
    pub async fn create_run(&self, run: RunRow, events: Vec<EventRow>) -> Result<(), StoreError> {
        self.write(CreateRun { run, events }).await
    }

    /// Appends to a run's journal and, where `head` is given, says where the run stands now. Durable on return.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when there is no such run or the numbers do not go on where the journal ends.
    pub async fn append_events(&self, run: &str, events: Vec<EventRow>, head: Option<RunHead>) -> Result<(), StoreError> {
        self.write(AppendEvents { run: run.to_owned(), events, head }).await
    }

    /// A run by id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn run(&self, id: &str) -> Result<Option<RunRow>, StoreError> {
        sqlx::query_as("SELECT * FROM runs WHERE id = $1").bind(id).fetch_optional(self.readers()).await.map_err(|why| self.explain(&why))
    }

    /// A run's events behind number `after`, in order, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn run_events(&self, id: &str, after: i64, limit: i64) -> Result<Vec<EventRow>, StoreError> {
        sqlx::query_as("SELECT seq, at, body FROM run_events WHERE run = $1 AND seq > $2 ORDER BY seq LIMIT $3")
            .bind(id)
            .bind(after)
            .bind(limit)
            .fetch_all(self.readers())
            .await
            .map_err(|why| self.explain(&why))
    }

    /// Runs, newest first, at most `limit`; with `before`, those older than that id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_runs(&self, filter: RunFilter, before: Option<&str>, limit: i64) -> Result<Vec<RunRow>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new("SELECT * FROM runs WHERE true");
        if let Some(workflow) = &filter.workflow {
            query.push(" AND workflow = ").push_bind(workflow);
        }
        if let Some(status) = &filter.status {
            query.push(" AND status = ").push_bind(status);
        }
        if let Some(before) = before {
            query.push(" AND id < ").push_bind(before);
        }
        query.push(" ORDER BY id DESC LIMIT ").push_bind(limit);
        query.build_query_as().fetch_all(self.readers()).await.map_err(|why| self.explain(&why))
    }

    /// Runs that have not ended, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unfinished_runs(&self) -> Result<Vec<RunRow>, StoreError> {
        sqlx::query_as("SELECT * FROM runs WHERE ended IS NULL ORDER BY id")
            .fetch_all(self.readers())
            .await
            .map_err(|why| self.explain(&why))
    }
}

struct CreateRun {
    run: RunRow,
    events: Vec<EventRow>,
}

impl Write for CreateRun {
    type Output = ();

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<(), WriteError> {
        let run = &self.run;
        sqlx::query(
            "INSERT INTO runs (id, workflow, version, dry_run, document, workspace, status, created, started, ended, error, thread)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind(&run.id)
        .bind(&run.workflow)
        .bind(run.version)
        .bind(run.dry_run)
        .bind(&run.document)
        .bind(&run.workspace)
        .bind(&run.status)
        .bind(run.created)
        .bind(run.started)
        .bind(run.ended)
        .bind(&run.error)
        .bind(&run.thread)
        .execute(&mut *connection)
        .await?;
        append(connection, Journal::Run, &run.id, &self.events).await
    }
}

struct AppendEvents {
    run: String,
    events: Vec<EventRow>,
    head: Option<RunHead>,
}

impl Write for AppendEvents {
    type Output = ();

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<(), WriteError> {
        append(connection, Journal::Run, &self.run, &self.events).await?;
        let Some(head) = &self.head else { return Ok(()) };
        sqlx::query("UPDATE runs SET status = $2, started = $3, ended = $4, error = $5, wake_at = $6 WHERE id = $1")
            .bind(&self.run)
            .bind(&head.status)
            .bind(head.started)
            .bind(head.ended)
            .bind(&head.error)
            .bind(head.wake_at)
            .execute(connection)
            .await?;
        Ok(())
    }
}

/// The two tables of numbered lines.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Journal {
    Run,
    Thread,
}

impl Journal {
    fn newest(self) -> &'static str {
        match self {
            Self::Run => "SELECT COALESCE(MAX(seq), 0) FROM run_events WHERE run = $1",
            Self::Thread => "SELECT COALESCE(MAX(seq), 0) FROM thread_items WHERE thread = $1",
        }
    }

    fn insert(self) -> &'static str {
        match self {
            Self::Run => "INSERT INTO run_events (run, seq, at, body) ",
            Self::Thread => "INSERT INTO thread_items (thread, seq, at, body) ",
        }
    }
}

/// Appends numbered lines. A gap is refused like a number that is taken: a reader that resumes by number would
/// miss something.
pub(crate) async fn append(connection: &mut SqliteConnection, journal: Journal, of: &str, rows: &[EventRow]) -> Result<(), WriteError> {
    let Some(first) = rows.first() else { return Ok(()) };
    let newest: i64 = sqlx::query_scalar(journal.newest()).bind(of).fetch_one(&mut *connection).await?;
    let expected = newest + 1;
    if first.seq != expected || rows.windows(2).any(|pair| pair[1].seq != pair[0].seq + 1) {
        return Err(WriteError::OutOfOrder { of: of.to_owned(), expected, found: first.seq });
    }
    for part in rows.chunks(ROWS_A_STATEMENT) {
        let mut insert = QueryBuilder::<Sqlite>::new(journal.insert());
        insert.push_values(part, |mut row, event| {
            row.push_bind(of).push_bind(event.seq).push_bind(event.at).push_bind(event.body.as_str());
        });
        insert.build().execute(&mut *connection).await?;
    }
    Ok(())
}
