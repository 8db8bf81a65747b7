//! SQLite: one file in the data folder, a write-ahead log, and connections that are checked before they are used.

use crate::context::Context;
use crate::error::{Place, StoreError};
use crate::snapshot;
use crate::sql::{Connection, Readers, Sqlite};
use sqlx::ConnectOptions;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The database's file in the data folder.
const DATABASE: &str = "sayflow.db";

/// Reads are short and the machine small; more connections would only wait for each other's pages.
const READERS: u32 = 4;

/// How long a connection waits for another one's lock. Only a backup tool or a person's `sqlite3` could hold it.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How many prepared statements the writer keeps. Those of large groups take some hundred kilobytes each.
const STATEMENTS: usize = 32;

/// The pages that a reader keeps, in KiB: lists and journals are read in order, each page once.
const READER_CACHE: &str = "-1024";

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// Where the database's file is.
pub(crate) fn file(folder: &Path) -> PathBuf {
    folder.join(DATABASE)
}

/// The newest format that this program knows.
pub(crate) fn newest_format() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// How every connection to a database file is opened.
pub(crate) fn options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .disable_statement_logging()
}

/// Opens the database of a folder whose lock is held, and brings its tables up to date.
pub(crate) async fn open(context: &Context) -> Result<(Connection, Readers), StoreError> {
    let options = options(&file(&context.folder));
    let writing = options.clone().create_if_missing(true).journal_mode(SqliteJournalMode::Wal).statement_cache_capacity(STATEMENTS);
    let mut connection = writing.connect().await.map_err(|why| context.explain(&why))?;
    assert_durable(&mut connection).await.map_err(|why| context.explain(&why))?;
    migrate(context, &mut connection).await?;
    let readers = SqlitePoolOptions::new()
        .max_connections(READERS)
        .after_connect(|connection, _| Box::pin(assert_durable(connection)))
        .connect_lazy_with(options.read_only(true).pragma("cache_size", READER_CACHE));
    Ok((Connection::Sqlite(Sqlite::new(connection)), Readers::Sqlite(readers)))
}

/// Refuses a connection that could lose an acknowledged commit, or on which rows could lose what they refer to.
async fn assert_durable(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let (synchronous, foreign_keys): (i64, i64) =
        sqlx::query_as("SELECT s.synchronous, f.foreign_keys FROM pragma_synchronous s, pragma_foreign_keys f")
            .fetch_one(&mut *connection)
            .await?;
    let journal: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(connection).await?;
    // 2 is FULL, 3 is EXTRA: https://sqlite.org/pragma.html#pragma_synchronous
    if journal != "wal" || synchronous < 2 || foreign_keys != 1 {
        return Err(sqlx::Error::Configuration(
            format!("the database does not keep its promises here: journal_mode={journal}, synchronous={synchronous}, foreign_keys={foreign_keys}")
                .into(),
        ));
    }
    Ok(())
}

/// Brings the tables up to date, after a copy of what is there. `user_version` holds the newest migration that was
/// applied, so that opening a store that is up to date asks one question only.
async fn migrate(context: &Context, connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let fail = |why: sqlx::Error| context.explain(&why);
    let known = newest_format();
    let found: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *connection).await.map_err(fail)?;
    if found == known {
        return Ok(());
    }
    if found > known {
        return Err(newer(&context.folder, found));
    }
    if found > 0 {
        snapshot::before_migration(context, connection, found).await?;
    }
    MIGRATIONS.run(&mut *connection).await.map_err(|why| explain_migration(context, why))?;
    let mark = sqlx::AssertSqlSafe(format!("PRAGMA user_version = {known}"));
    sqlx::query(mark).execute(connection).await.map_err(fail)?;
    Ok(())
}

pub(crate) fn newer(folder: &Path, found: i64) -> StoreError {
    StoreError::NewerVersion { place: Place::Folder(folder.to_owned()), found, known: newest_format() }
}

fn explain_migration(context: &Context, why: MigrateError) -> StoreError {
    match why {
        MigrateError::Execute(why) | MigrateError::ExecuteMigration(why, _) => context.explain(&why),
        MigrateError::VersionMissing(found) if found > newest_format() => newer(&context.folder, found),
        other => StoreError::Other(other.to_string()),
    }
}
