//! Opening the store: the folder, the lock, the database, the writer and the readers.

use crate::context::Context;
use crate::error::{Place, StoreError};
use crate::job::{Caller, Item, Write};
use crate::link::Link;
use crate::sql::{Readers, Row, Value};
use crate::writer::{self, Writer};
use crate::{lock, postgres, sqlite};
use sqlx::SqlSafeStr;
use std::collections::HashSet;
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// A cheap handle of the store. The data lock is given back after [`Store::close`], or when the last handle is gone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    context: Context,
    readers: Readers,
    jobs: Mutex<Option<mpsc::Sender<Item>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    #[cfg(feature = "testing")]
    faults: crate::testing::Faults,
    // Declared last: dropped when the connections above are gone.
    lock: Arc<File>,
}

impl Store {
    /// Opens the SQLite store in a folder, which is made (mode 0700) if it is not there, and brings its tables up to date.
    ///
    /// # Errors
    /// Those of [`Self::open_at`].
    pub async fn open(folder: &Path) -> Result<Self, StoreError> {
        Self::open_at(folder, None).await
    }

    /// The same with the rows in a PostgreSQL database (`postgresql://USER:PASSWORD@HOST:PORT/NAME`), where one is named.
    /// The folder's lock is taken in either case; the database has a lock of its own, which other machines see.
    ///
    /// # Errors
    /// [`StoreError::Locked`] while another process (or another handle that was not closed) has it open;
    /// [`StoreError::ReadOnly`], [`StoreError::DiskFull`], [`StoreError::NewerVersion`], [`StoreError::Corrupt`] and
    /// [`StoreError::Unavailable`].
    pub async fn open_at(folder: &Path, database_url: Option<&str>) -> Result<Self, StoreError> {
        let server = database_url.map(postgres::parse).transpose()?;
        lock::create_folder(folder)?;
        let lock = Arc::new(lock::take(folder)?);
        let folder = folder.to_owned();
        let (context, readers, link) = match server {
            None => {
                let context = Context { place: Place::Folder(folder.clone()), folder };
                let (connection, readers) = sqlite::open(&context).await?;
                let link = Link::new(context.clone(), connection, None);
                (context, readers, link)
            }
            Some((options, place)) => {
                let context = Context { place, folder };
                let (connection, readers, server) = postgres::open(&context, options).await?;
                let link = Link::new(context.clone(), connection, Some(server));
                (context, readers, link)
            }
        };
        let (jobs, queue) = writer::queue();
        #[cfg(feature = "testing")]
        let faults = crate::testing::Faults::default();
        let writer = Writer {
            link,
            queue,
            context: context.clone(),
            documents: HashSet::new(),
            #[cfg(feature = "testing")]
            faults: faults.clone(),
        };
        let writer = tokio::spawn(writer.work(Arc::clone(&lock)));
        let inner = Inner {
            context,
            readers,
            jobs: Mutex::new(Some(jobs)),
            writer: Mutex::new(Some(writer)),
            #[cfg(feature = "testing")]
            faults,
            lock,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        &self.inner.context.folder
    }

    /// Where the rows are.
    pub fn place(&self) -> &Place {
        &self.inner.context.place
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

    /// What goes wrong on demand.
    #[cfg(feature = "testing")]
    pub fn faults(&self) -> &crate::testing::Faults {
        &self.inner.faults
    }

    pub(crate) fn context(&self) -> &Context {
        &self.inner.context
    }

    /// All rows of a query.
    pub(crate) async fn all<T: Row>(&self, sql: impl SqlSafeStr, values: &[Value<'_>]) -> Result<Vec<T>, StoreError> {
        #[cfg(feature = "testing")]
        let _busy = self.inner.faults.busy();
        self.inner.readers.fetch_all(sql, values).await.map_err(|why| self.context().explain(&why))
    }

    /// The first row of a query.
    pub(crate) async fn one<T: Row>(&self, sql: impl SqlSafeStr, values: &[Value<'_>]) -> Result<Option<T>, StoreError> {
        #[cfg(feature = "testing")]
        let _busy = self.inner.faults.busy();
        self.inner.readers.fetch_optional(sql, values).await.map_err(|why| self.context().explain(&why))
    }

    /// All texts of a query with one column.
    pub(crate) async fn ids(&self, sql: impl SqlSafeStr, values: &[Value<'_>]) -> Result<Vec<String>, StoreError> {
        let rows: Vec<(String,)> = self.all(sql, values).await?;
        Ok(rows.into_iter().map(|(id,)| id).collect())
    }

    /// The number that a query with one column gives first.
    pub(crate) async fn number(&self, sql: impl SqlSafeStr, values: &[Value<'_>]) -> Result<Option<i64>, StoreError> {
        let row: Option<(i64,)> = self.one(sql, values).await?;
        Ok(row.map(|(number,)| number))
    }

    /// Hands a write to the writer and waits until it is durable. Once handed over, it is carried out even when
    /// the caller stops waiting.
    pub(crate) async fn write<W: Write>(&self, write: W) -> Result<W::Output, StoreError> {
        self.send(|caller| Item::other(write, caller)).await
    }

    /// The same for any item of the queue.
    pub(crate) async fn send<T>(&self, item: impl FnOnce(Caller<T>) -> Item) -> Result<T, StoreError> {
        #[cfg(feature = "testing")]
        let _busy = self.inner.faults.busy();
        let jobs = self.inner.jobs.lock().ok().and_then(|jobs| jobs.clone());
        let Some(jobs) = jobs else { return Err(closed()) };
        let (caller, answer) = oneshot::channel();
        jobs.send(item(caller)).await.map_err(|_| closed())?;
        drop(jobs);
        answer.await.unwrap_or_else(|_| Err(closed()))
    }
}

fn closed() -> StoreError {
    StoreError::Other("it is closed".into())
}
