//! The one writer. It drains a queue of writes into one transaction and acknowledges each after the commit, so
//! that many waiting writes share one sync of the disk.

use crate::context::Context;
use crate::error::StoreError;
use crate::group::{self, Duplicates};
use crate::job::Item;
use crate::link::{Link, Stopped};
use std::collections::{HashSet, VecDeque};
use std::fs::File;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
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
