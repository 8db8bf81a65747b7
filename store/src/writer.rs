//! The one writer. It drains a queue of writes into one transaction and acknowledges each after the commit, so
//! that many waiting writes share one sync of the disk.

use crate::StoreError;
use crate::error::WriteError;
use crate::group::{self, Duplicates, Part};
use crate::link::{Link, Stopped};
use crate::open::Context;
use crate::runs::{Created, NewRun, RunCommit};
use crate::sql::Connection;
use std::collections::{HashSet, VecDeque};
use std::fs::File;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// How many writes may wait. Beyond it, callers wait for room: they would wait for the disk anyway.
const QUEUE: usize = 1024;

/// How many writes share a transaction. Larger groups gain nothing (the sync is amortised by then) and make the
/// first in the group wait longer.
const GROUP: usize = 256;

/// How many documents are remembered as stored.
const DOCUMENTS: usize = 4096;

/// How often a quiet connection to a server is looked at: routers forget quiet ones, and with it the lock is lost.
const HEARTBEAT: Duration = Duration::from_secs(20);

/// A change of the database. It may be carried out more than once, each time on a database without it: a group
/// that fails is rolled back and its halves are tried alone.
pub(crate) trait Write: Send + Sync + 'static {
    /// What the caller gets.
    type Output: Send + 'static;

    /// Whether it may remove documents that nothing refers to any more.
    const DROPS_DOCUMENTS: bool = false;

    /// Makes the change inside a transaction.
    fn apply(&self, connection: &mut Connection) -> impl Future<Output = Result<Self::Output, WriteError>> + Send;
}

/// A write with its caller, without its types.
pub(crate) trait Job: Send {
    fn apply<'a>(&'a mut self, connection: &'a mut Connection) -> Pin<Box<dyn Future<Output = Result<(), WriteError>> + Send + 'a>>;

    /// See [`Write::DROPS_DOCUMENTS`].
    fn drops_documents(&self) -> bool;

    /// Tells the caller: the change is durable, or it was not made.
    fn answer(self: Box<Self>, end: Result<(), StoreError>);
}

struct Typed<W: Write> {
    write: W,
    output: Option<W::Output>,
    caller: Caller<W::Output>,
}

impl<W: Write> Job for Typed<W> {
    fn apply<'a>(&'a mut self, connection: &'a mut Connection) -> Pin<Box<dyn Future<Output = Result<(), WriteError>> + Send + 'a>> {
        Box::pin(async move {
            self.output = Some(self.write.apply(connection).await?);
            Ok(())
        })
    }

    fn drops_documents(&self) -> bool {
        W::DROPS_DOCUMENTS
    }

    fn answer(self: Box<Self>, end: Result<(), StoreError>) {
        let answer = match (end, self.output) {
            (Ok(()), Some(output)) => Ok(output),
            (Ok(()), None) => Err(StoreError::Other("a write was acknowledged that was not made".into())),
            (Err(why), _) => Err(why),
        };
        // The caller may have stopped waiting.
        let _ = self.caller.send(answer);
    }
}

/// Where a caller waits.
pub(crate) type Caller<T> = oneshot::Sender<Result<T, StoreError>>;

/// One write in the queue. The changes of runs are known by kind, so that a group needs few statements.
pub(crate) enum Item {
    Create(Box<Hashed>, Caller<Created>),
    Commit(Box<RunCommit>, Caller<()>),
    Other(Box<dyn Job>),
}

/// A new run with the hash of its document.
pub(crate) struct Hashed {
    pub(crate) new: NewRun,
    pub(crate) hash: String,
}

impl Item {
    /// Any other write.
    pub(crate) fn other<W: Write>(write: W, caller: Caller<W::Output>) -> Self {
        Self::Other(Box::new(Typed { write, output: None, caller }))
    }

    /// The run whose row it writes.
    fn run(&self) -> Option<&str> {
        match self {
            Self::Create(hashed, _) => Some(&hashed.new.run.id),
            Self::Commit(commit, _) => Some(&commit.run),
            Self::Other(_) => None,
        }
    }

    fn part(&mut self) -> Part<'_> {
        match self {
            Self::Create(hashed, _) => Part::Create(hashed),
            Self::Commit(commit, _) => Part::Commit(commit),
            Self::Other(job) => Part::Other(job.as_mut()),
        }
    }

    fn answer(self, end: Result<Option<String>, StoreError>) {
        // The caller may have stopped waiting.
        match self {
            Self::Create(_, caller) => {
                let created = |duplicate| match duplicate {
                    Some(run) => Created::Duplicate { run },
                    None => Created::New,
                };
                let _ = caller.send(end.map(created));
            }
            Self::Commit(_, caller) => {
                let _ = caller.send(end.map(|_| ()));
            }
            Self::Other(job) => job.answer(end.map(|_| ())),
        }
    }
}

/// The way to the writer.
pub(crate) fn queue() -> (mpsc::Sender<Item>, mpsc::Receiver<Item>) {
    mpsc::channel(QUEUE)
}

/// The writer's end of the queue.
pub(crate) struct Writer {
    pub(crate) link: Link,
    pub(crate) queue: mpsc::Receiver<Item>,
    pub(crate) context: Context,
    /// Hashes of documents that are stored for sure.
    pub(crate) documents: HashSet<String>,
    #[cfg(feature = "testing")]
    pub(crate) faults: crate::testing::Faults,
}

impl Writer {
    /// Works until the queue is closed and empty. `lock` is held as long as there may be something to write.
    pub(crate) async fn work(mut self, lock: Arc<File>) {
        let mut waiting = VecDeque::with_capacity(GROUP);
        let mut arrived = Vec::with_capacity(GROUP);
        loop {
            if waiting.is_empty() {
                match timeout(self.quiet(), self.queue.recv_many(&mut arrived, GROUP)).await {
                    Ok(0) => break,
                    Ok(_) => waiting.extend(arrived.drain(..)),
                    Err(_) => {
                        self.link.look().await;
                        continue;
                    }
                }
            }
            let group = next_group(&mut waiting);
            self.settle(group).await;
        }
        self.link.close().await;
        drop(lock);
    }

    /// After how much quiet the connection is looked at.
    fn quiet(&self) -> Duration {
        if self.link.is_remote() { HEARTBEAT } else { Duration::MAX }
    }

    /// Carries a group out. When it fails, its halves are tried, so that one bad write does not take its neighbours
    /// along.
    async fn settle(&mut self, group: Vec<Item>) {
        let mut parts = vec![group];
        while let Some(mut part) = parts.pop() {
            match self.commit(&mut part).await {
                Ok(mut duplicates) => {
                    for (place, item) in part.into_iter().enumerate() {
                        item.answer(Ok(duplicates.remove(&place)));
                    }
                }
                Err(why) if part.len() == 1 || why.concerns_all() => {
                    for item in part {
                        item.answer(Err(why.clone()));
                    }
                }
                Err(_) => {
                    let later = part.split_off(part.len() / 2);
                    parts.push(later);
                    parts.push(part);
                }
            }
        }
    }

    /// One transaction; all or nothing. When its connection was lost before the commit, it is tried once more.
    async fn commit(&mut self, items: &mut [Item]) -> Result<Duplicates, StoreError> {
        let mut again = true;
        loop {
            self.link.connect().await?;
            let end = self.attempt(items).await;
            if drops_documents(items) {
                self.documents.clear();
            }
            match end {
                Ok(duplicates) => {
                    self.remember_documents(items, &duplicates);
                    return Ok(duplicates);
                }
                Err(why @ Stopped::Lost(_)) if again => {
                    tracing::warn!("the connection to {} was lost: {}", self.context.place, why.explain(&self.context));
                    again = false;
                }
                Err(why) => return Err(why.explain(&self.context)),
            }
        }
    }

    async fn attempt(&mut self, items: &mut [Item]) -> Result<Duplicates, Stopped> {
        #[cfg(feature = "testing")]
        if let Err(why) = self.faults.before_transaction(self.link.connection().map_err(Stopped::Lost)?).await {
            return Err(Stopped::Refused(why));
        }
        let limit = self.link.limit();
        let work = timeout(limit, async {
            let begun = self.link.begin().await?;
            let parts = items.iter_mut().map(Item::part).collect();
            let duplicates = group::carry_out(self.link.connection()?, &self.documents, parts).await?;
            Ok((begun, duplicates))
        });
        let (begun, duplicates) = match work.await {
            Ok(Ok(done)) => done,
            Ok(Err(why)) => return Err(self.link.refuse(why).await),
            Err(_) => return Err(self.link.give_up()),
        };
        #[cfg(feature = "testing")]
        if let Err(why) = self.faults.before_commit().await {
            return Err(self.link.refuse(why).await);
        }
        self.link.commit(begun).await?;
        #[cfg(feature = "testing")]
        self.faults.after_commit().await;
        Ok(duplicates)
    }

    fn remember_documents(&mut self, items: &[Item], duplicates: &Duplicates) {
        if drops_documents(items) {
            return;
        }
        for (place, item) in items.iter().enumerate() {
            let Item::Create(hashed, _) = item else { continue };
            if duplicates.contains_key(&place) {
                continue;
            }
            if self.documents.len() >= DOCUMENTS {
                self.documents.clear();
            }
            if !self.documents.contains(&hashed.hash) {
                self.documents.insert(hashed.hash.clone());
            }
        }
    }
}

fn drops_documents(items: &[Item]) -> bool {
    items.iter().any(|item| matches!(item, Item::Other(job) if job.drops_documents()))
}

/// Takes the writes that can be carried out together: no two of them write the row of one run.
fn next_group(waiting: &mut VecDeque<Item>) -> Vec<Item> {
    let mut runs = HashSet::with_capacity(waiting.len());
    let together = waiting.iter().take_while(|item| item.run().is_none_or(|run| runs.insert(run))).count();
    waiting.drain(..together).collect()
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

        async fn apply(&self, connection: &mut Connection) -> Result<(), WriteError> {
            connection.execute(self.0, &[]).await?;
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

    const FROZEN: Disk = Disk("PRAGMA query_only = 1");

    #[tokio::test]
    async fn a_database_that_cannot_be_written_is_named_and_can_still_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        store.set_meta("k", "before").await.unwrap();
        store.write(FROZEN).await.unwrap();
        for _ in 0..2 {
            let refused = store.set_meta("k", "after").await.err().unwrap();
            assert!(matches!(&refused, StoreError::ReadOnly { .. }), "{refused:?}");
            assert!(refused.to_string().contains(folder.path().to_str().unwrap()), "{refused}");
        }
        assert_eq!(store.meta("k").await.unwrap().as_deref(), Some("before"));
        store.close().await;
        let store = Store::open(folder.path()).await.unwrap();
        store.set_meta("k", "after").await.unwrap();
    }

    #[tokio::test]
    async fn on_a_full_disk_a_small_write_that_fits_is_made_beside_one_that_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        store.set_meta("k", "v").await.unwrap();
        store.write(FULL).await.unwrap();
        let big = "x".repeat(1 << 20);
        let (small, large) = futures::join!(store.set_meta("k", "w"), store.set_meta("big", &big));
        assert_eq!(small, Ok(()));
        assert!(matches!(large, Err(StoreError::DiskFull { .. })), "{large:?}");
        assert_eq!(store.meta("k").await.unwrap().as_deref(), Some("w"));
    }
}
