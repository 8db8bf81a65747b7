//! The one writer. It drains a queue of writes into one transaction and acknowledges each after the commit, so
//! that many waiting writes share one sync of the disk.

use crate::StoreError;
use crate::error::WriteError;
use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;
use std::fs::File;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// How many writes may wait. Beyond it, callers wait for room: they would wait for the disk anyway.
const QUEUE: usize = 1024;

/// How many writes share a transaction. Larger groups gain nothing (the sync is amortised by then) and make the
/// first in the group wait longer.
const GROUP: usize = 256;

/// A change of the database. It may be carried out more than once, each time on a database without it: a group
/// that fails is rolled back and its members are tried alone.
pub(crate) trait Write: Send + Sync + 'static {
    /// What the caller gets.
    type Output: Send + 'static;

    /// Makes the change inside a transaction.
    fn apply(&self, connection: &mut SqliteConnection) -> impl Future<Output = Result<Self::Output, WriteError>> + Send;
}

/// A write with its caller, without its types.
pub(crate) trait Job: Send {
    fn apply<'a>(&'a mut self, connection: &'a mut SqliteConnection) -> Pin<Box<dyn Future<Output = Result<(), WriteError>> + Send + 'a>>;

    /// Tells the caller: the change is durable, or it was not made.
    fn answer(self: Box<Self>, end: Result<(), StoreError>);
}

struct Typed<W: Write> {
    write: W,
    output: Option<W::Output>,
    caller: oneshot::Sender<Result<W::Output, StoreError>>,
}

impl<W: Write> Job for Typed<W> {
    fn apply<'a>(&'a mut self, connection: &'a mut SqliteConnection) -> Pin<Box<dyn Future<Output = Result<(), WriteError>> + Send + 'a>> {
        Box::pin(async move {
            self.output = Some(self.write.apply(connection).await?);
            Ok(())
        })
    }

    fn answer(self: Box<Self>, end: Result<(), StoreError>) {
        let answer = match (end, self.output) {
            (Ok(()), Some(output)) => Ok(output),
            (Ok(()), None) => Err(StoreError::Other("the write was not carried out".into())),
            (Err(why), _) => Err(why),
        };
        // A caller that stopped waiting needs no answer.
        let _ = self.caller.send(answer);
    }
}

/// The writes that wait, as the writer sees them.
type Queue = mpsc::Receiver<Box<dyn Job>>;

/// Where a caller's answer arrives.
type Answer<T> = oneshot::Receiver<Result<T, StoreError>>;

/// The way to the writer.
pub(crate) fn queue() -> (mpsc::Sender<Box<dyn Job>>, Queue) {
    mpsc::channel(QUEUE)
}

/// A write with the place where its answer arrives.
pub(crate) fn job<W: Write>(write: W) -> (Box<dyn Job>, Answer<W::Output>) {
    let (caller, answer) = oneshot::channel();
    (Box::new(Typed { write, output: None, caller }), answer)
}

/// Works until the queue is closed and empty. `lock` is held as long as there may be something to write.
pub(crate) async fn work(mut connection: SqliteConnection, mut queue: Queue, folder: PathBuf, lock: Arc<File>) {
    let mut group = Vec::with_capacity(GROUP);
    while queue.recv_many(&mut group, GROUP).await > 0 {
        match commit(&mut connection, &mut group).await {
            Ok(()) => group.drain(..).for_each(|job| job.answer(Ok(()))),
            Err(why) if group.len() == 1 => group.drain(..).for_each(|job| job.answer(Err(StoreError::from_write(&folder, &why)))),
            Err(_) => one_by_one(&mut connection, &mut group, &folder).await,
        }
    }
    if let Err(why) = connection.close().await {
        tracing::warn!("the database was not closed cleanly: {why}");
    }
    drop(lock);
}

/// Carries a group out in one transaction; all or nothing.
///
/// The transaction is spelled out: on a full disk SQLite rolls back by itself, after which the driver's own bookkeeping
/// believes for ever that a transaction is open.
async fn commit(connection: &mut SqliteConnection, group: &mut [Box<dyn Job>]) -> Result<(), WriteError> {
    let end = attempt(connection, group).await;
    if end.is_err() {
        // It fails where SQLite has rolled back by itself.
        let _ = sqlx::query("ROLLBACK").execute(connection).await;
    }
    end
}

async fn attempt(connection: &mut SqliteConnection, group: &mut [Box<dyn Job>]) -> Result<(), WriteError> {
    sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
    for job in group {
        job.apply(connection).await?;
    }
    sqlx::query("COMMIT").execute(connection).await?;
    Ok(())
}

/// After a group failed: each in its own transaction, so that one bad write does not take its neighbours along.
async fn one_by_one(connection: &mut SqliteConnection, group: &mut Vec<Box<dyn Job>>, folder: &Path) {
    for mut job in group.drain(..) {
        let end = commit(connection, std::slice::from_mut(&mut job)).await;
        job.answer(end.map_err(|why| StoreError::from_write(folder, &why)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Store;

    /// How much room the disk seems to have, in pages; never less than the database takes now.
    struct Disk(&'static str);

    const FULL: Disk = Disk("PRAGMA max_page_count = 1");
    const ROOMY: Disk = Disk("PRAGMA max_page_count = 1000000");

    impl Write for Disk {
        type Output = ();

        async fn apply(&self, connection: &mut SqliteConnection) -> Result<(), WriteError> {
            sqlx::query(self.0).execute(connection).await?;
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_full_disk_is_reported_what_was_there_stays_and_with_room_it_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        store.set_meta("before", "yes").await.unwrap();
        store.write(FULL).await.unwrap();
        let refused = store.set_meta("big", &"x".repeat(1 << 20)).await.err().unwrap();
        assert!(matches!(&refused, StoreError::DiskFull { .. }), "{refused:?}");
        assert_eq!(store.meta("before").await.unwrap().as_deref(), Some("yes"));
        assert_eq!(store.meta("big").await.unwrap(), None);
        store.write(ROOMY).await.unwrap();
        store.set_meta("big", &"x".repeat(1 << 20)).await.unwrap();
    }
}
