//! Opening the store: the folder, the lock, the checked connections and the migrations.

use crate::writer::{self, Job, Write};
use crate::{StoreError, lock};
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// The database's file in the data folder.
const DATABASE: &str = "sayflow.db";

/// Reads are short and the machine small; more connections would only wait for each other's pages.
const READERS: u32 = 4;

/// How long a connection waits for another one's lock. Only a backup tool or a person's `sqlite3` could hold it.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// A cheap handle of the store. The data lock is given back after [`Store::close`], or when the last handle is gone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    folder: PathBuf,
    readers: SqlitePool,
    jobs: Mutex<Option<mpsc::Sender<Box<dyn Job>>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    // Declared last: dropped when the connections above are gone.
    lock: Arc<File>,
}

impl Store {
    /// Opens the store in a folder, which is made (mode 0700) if it is not there, and brings its tables up to date.
    ///
    /// # Errors
    /// [`StoreError::Locked`] while another process (or another handle that was not closed) has it open;
    /// [`StoreError::ReadOnly`], [`StoreError::DiskFull`], [`StoreError::NewerVersion`] and [`StoreError::Corrupt`].
    pub async fn open(folder: &Path) -> Result<Self, StoreError> {
        lock::create_folder(folder)?;
        let lock = Arc::new(lock::take(folder)?);
        let fail = |why: sqlx::Error| StoreError::from_sqlx(folder, &why);
        let options = SqliteConnectOptions::new()
            .filename(folder.join(DATABASE))
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .disable_statement_logging();
        let writing = options.clone().create_if_missing(true).journal_mode(SqliteJournalMode::Wal);
        let mut connection = SqliteConnection::connect_with(&writing).await.map_err(fail)?;
        assert_durable(&mut connection).await.map_err(fail)?;
        migrate(folder, &mut connection).await?;

        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .after_connect(|connection, _| Box::pin(assert_durable(connection)))
            .connect_lazy_with(options.read_only(true));
        let (jobs, queue) = writer::queue();
        let writer = tokio::spawn(writer::work(connection, queue, folder.to_owned(), Arc::clone(&lock)));
        Ok(Self {
            inner: Arc::new(Inner {
                folder: folder.to_owned(),
                readers,
                jobs: Mutex::new(Some(jobs)),
                writer: Mutex::new(Some(writer)),
                lock,
            }),
        })
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        &self.inner.folder
    }

    /// Finishes the writes that wait, closes the connections and gives the data lock back. Later calls fail.
    pub async fn close(&self) {
        // The writer closes last: only a connection that may write can fold the write-ahead log into the database.
        self.inner.readers.close().await;
        let jobs = self.inner.jobs.lock().ok().and_then(|mut jobs| jobs.take());
        drop(jobs);
        let writer = self.inner.writer.lock().ok().and_then(|mut writer| writer.take());
        if let Some(writer) = writer {
            // It ends by itself once the queue is closed and empty.
            let _ = writer.await;
        }
        if let Err(why) = self.inner.lock.unlock() {
            tracing::warn!("the data lock could not be given back: {why}");
        }
    }

    /// The connections for reading.
    pub(crate) fn readers(&self) -> &SqlitePool {
        &self.inner.readers
    }

    /// What an error of the driver means here.
    pub(crate) fn explain(&self, why: &sqlx::Error) -> StoreError {
        StoreError::from_sqlx(&self.inner.folder, why)
    }

    /// Hands a write to the writer and waits until it is durable. Once handed over, it is carried out even when
    /// the caller stops waiting.
    pub(crate) async fn write<W: Write>(&self, write: W) -> Result<W::Output, StoreError> {
        let jobs = self.inner.jobs.lock().ok().and_then(|jobs| jobs.clone());
        let Some(jobs) = jobs else { return Err(closed()) };
        let (job, answer) = writer::job(write);
        jobs.send(job).await.map_err(|_| closed())?;
        drop(jobs);
        answer.await.unwrap_or_else(|_| Err(closed()))
    }
}

fn closed() -> StoreError {
    StoreError::Other("it is closed".into())
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

/// Brings the tables up to date. `user_version` holds the newest migration that was applied, so that opening a
/// store that is up to date asks one question only.
async fn migrate(folder: &Path, connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let fail = |why: sqlx::Error| StoreError::from_sqlx(folder, &why);
    let known = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0);
    let found: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *connection).await.map_err(fail)?;
    if found == known {
        return Ok(());
    }
    if found > known {
        return Err(StoreError::NewerVersion { folder: folder.to_owned(), found, known });
    }
    MIGRATIONS.run(&mut *connection).await.map_err(|why| explain_migration(folder, known, why))?;
    let mark = sqlx::AssertSqlSafe(format!("PRAGMA user_version = {known}"));
    sqlx::query(mark).execute(connection).await.map_err(fail)?;
    Ok(())
}

fn explain_migration(folder: &Path, known: i64, why: sqlx::migrate::MigrateError) -> StoreError {
    use sqlx::migrate::MigrateError;
    match why {
        MigrateError::Execute(why) | MigrateError::ExecuteMigration(why, _) => StoreError::from_sqlx(folder, &why),
        MigrateError::VersionMissing(found) if found > known => StoreError::NewerVersion { folder: folder.to_owned(), found, known },
        other => StoreError::Other(other.to_string()),
    }
}
