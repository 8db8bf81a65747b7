//! The production port: SQLite files in one workspace folder.

use super::guard::{self, Statement};
use super::place::{self, Place};
use super::{failure, value};
use crate::files::PrivateFiles;
use async_trait::async_trait;
use futures::TryStreamExt;
use sayflow_engine::action::StepError;
use sayflow_engine::ports::{Sql, SqlRows};
use serde_json::Value;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The most that the rows of a query may take, in bytes.
const MAX_ROWS_BYTES: usize = 16 * 1024 * 1024;
/// How long a statement waits for another program's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// After how many instructions of SQLite's machine it is asked whether the step still waits.
const INSTRUCTIONS_PER_LOOK: i32 = 10_000;

/// Opens SQLite files of a workspace folder, one connection for each statement.
#[derive(Debug, Clone)]
pub struct WorkspaceSql {
    folder: PathBuf,
    busy_timeout: Duration,
    private: PrivateFiles,
}

/// What a statement may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    Change,
}

/// Stops a statement that nobody waits for any more: SQLite would go on in its thread.
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl WorkspaceSql {
    /// The databases of a folder.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), busy_timeout: BUSY_TIMEOUT, private: PrivateFiles::default() }
    }

    /// Waits this long for another program's lock instead of five seconds.
    #[must_use]
    pub fn with_busy_timeout(self, busy_timeout: Duration) -> Self {
        Self { busy_timeout, ..self }
    }

    /// The same, without files that belong to Sayflow itself.
    #[must_use]
    pub fn without(self, private: PrivateFiles) -> Self {
        Self { private, ..self }
    }

    fn place(&self, database: &str, sql: &str, access: Access) -> Result<Place, StepError> {
        let place = place::find(&self.folder, database)?;
        self.private.check(&place.file, database)?;
        if place.exists || (access == Access::Change && creates(sql)) {
            return Ok(place);
        }
        let help = match access {
            Access::Read => format!("check the name; the workspace folder is {}", self.folder.display()),
            Access::Change => "check the name, or create the database with a CREATE TABLE statement in sql.execute".to_owned(),
        };
        Err(StepError::new("database_not_found", format!("there is no database \"{database}\"")).help(help))
    }

    async fn change(&self, database: &str, place: &Place, sql: &str, params: &[Value]) -> Result<u64, StepError> {
        let mut connection = connect(database, place, Access::Change, self.busy_timeout).await?;
        let stop = admit(&mut connection, database, sql, Access::Change, params).await?;
        let mut query = sqlx::query(AssertSqlSafe(sql.to_owned())).persistent(false);
        for param in params {
            query = value::bind(query, param)?;
        }
        let done = query.execute(&mut connection).await.map_err(|why| failure::driver(database, &why))?;
        drop(stop);
        // The change is committed; how the connection closes does not change that.
        let _ = connection.close().await;
        Ok(done.rows_affected())
    }
}

/// Whether a statement may bring a database into being. Any other has nothing to work on in an empty file.
fn creates(sql: &str) -> bool {
    let mut rest = sql.trim_start();
    loop {
        rest = match (rest.strip_prefix("--"), rest.strip_prefix("/*")) {
            (Some(comment), _) => comment.split_once('\n').map_or("", |(_, rest)| rest).trim_start(),
            (_, Some(comment)) => comment.split_once("*/").map_or("", |(_, rest)| rest).trim_start(),
            (None, None) => return rest.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("create")),
        };
    }
}

async fn connect(database: &str, place: &Place, access: Access, busy_timeout: Duration) -> Result<SqliteConnection, StepError> {
    let options =
        SqliteConnectOptions::new().filename(&place.file).busy_timeout(busy_timeout).foreign_keys(true).disable_statement_logging();
    let options = match access {
        Access::Read => options.read_only(true).pragma("query_only", "on"),
        Access::Change => options.create_if_missing(!place.exists),
    };
    SqliteConnection::connect_with(&options).await.map_err(|why| failure::driver(database, &why))
}

/// Locks the connection down and has SQLite look at the statement.
async fn admit(
    connection: &mut SqliteConnection,
    database: &str,
    sql: &str,
    access: Access,
    params: &[Value],
) -> Result<StopOnDrop, StepError> {
    let stop = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&stop);
    let looked = {
        let mut handle = connection.lock_handle().await.map_err(|why| failure::driver(database, &why))?;
        guard::restrict(&mut handle);
        handle.set_progress_handler(INSTRUCTIONS_PER_LOOK, move || !seen.load(Ordering::Relaxed));
        guard::inspect(&mut handle, sql)
    };
    let statement = match looked {
        Ok(statement) => statement,
        Err(why) => return Err(with_tables(failure::refusal(database, why), connection).await),
    };
    check(database, statement, access, params)?;
    Ok(StopOnDrop(stop))
}

fn check(database: &str, statement: Statement, access: Access, params: &[Value]) -> Result<(), StepError> {
    if access == Access::Read && !statement.read_only {
        return Err(StepError::new("sql_refused", format!("database \"{database}\": the statement changes something"))
            .help("sql.query only reads; use sql.execute"));
    }
    if statement.placeholders != params.len() {
        return Err(StepError::new(
            "invalid_parameters",
            format!("the statement has {} placeholders, and \"params\" has {} values", statement.placeholders, params.len()),
        )
        .help("give one value in \"params\" for each ?"));
    }
    Ok(())
}

/// Names the tables where the statement named one that is not there.
async fn with_tables(error: StepError, connection: &mut SqliteConnection) -> StepError {
    if !error.message.contains("no such table") {
        return error;
    }
    let listed = sqlx::query(
        "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name LIMIT 20",
    )
    .fetch_all(connection)
    .await;
    let names: Vec<String> = listed.unwrap_or_default().iter().filter_map(|row| row.try_get(0).ok()).collect();
    if names.is_empty() { error.help("the database has no tables") } else { error.help(format!("the tables are {}", names.join(", "))) }
}

#[async_trait]
impl Sql for WorkspaceSql {
    async fn query(&self, database: &str, sql: &str, params: &[Value]) -> Result<SqlRows, StepError> {
        let place = self.place(database, sql, Access::Read)?;
        let mut connection = connect(database, &place, Access::Read, self.busy_timeout).await?;
        let stop = admit(&mut connection, database, sql, Access::Read, params).await?;
        let mut query = sqlx::query(AssertSqlSafe(sql.to_owned())).persistent(false);
        for param in params {
            query = value::bind(query, param)?;
        }
        let mut stream = query.fetch(&mut connection);
        let mut rows = Vec::new();
        let mut left = MAX_ROWS_BYTES;
        while let Some(row) = stream.try_next().await.map_err(|why| failure::driver(database, &why))? {
            let (row, bytes) = value::object(&row).map_err(|why| StepError::new("sql_error", format!("database \"{database}\": {why}")))?;
            left = left.checked_sub(bytes).ok_or_else(|| too_large(database))?;
            rows.push(row);
        }
        drop(stream);
        drop(stop);
        // The rows are here; a connection that does not close well takes nothing from them.
        let _ = connection.close().await;
        Ok(rows)
    }

    async fn execute(&self, database: &str, sql: &str, params: &[Value]) -> Result<u64, StepError> {
        let place = self.place(database, sql, Access::Change)?;
        let done = self.change(database, &place, sql, params).await;
        if done.is_err() && !place.exists && place.file.metadata().is_ok_and(|file| file.len() == 0) {
            // A failed CREATE leaves nothing behind, not even the empty file.
            let _ = std::fs::remove_file(&place.file);
        }
        done
    }
}

fn too_large(database: &str) -> StepError {
    StepError::new("output_too_large", format!("database \"{database}\": the rows take more than {} MiB", MAX_ROWS_BYTES / (1024 * 1024)))
        .help("select fewer columns, or fewer rows with WHERE or LIMIT")
}
