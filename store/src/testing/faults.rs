//! Faults on demand at the writer's commits: dying before or after one, and a disk without room.
//!
//! A store that has died never answers again, as a process that was killed does not: whoever waits for it waits until it
//! is dropped. What it had made durable by then is there for the next one.

use crate::error::{StoreError, WriteError};
use crate::sql::Connection;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// What goes wrong. Commits count from 1 since the store was opened; one commit may hold the writes of many callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The process dies when this commit is about to be made: it is not.
    DieBefore(u64),
    /// The process dies when this commit has been made, before anybody hears of it.
    DieAfter(u64),
    /// Every commit finds the disk full in the middle of its work, and is rolled back.
    Full,
    /// The database file may not grow: SQLite itself says that the disk is full.
    NoGrowth,
}

/// The faults of one store. A cheap handle.
#[derive(Debug, Clone)]
pub struct Faults {
    state: Arc<Mutex<State>>,
    died: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct State {
    armed: Option<Fault>,
    commits: u64,
    waiting: u64,
    asked: u64,
    /// Whether the database may not grow now.
    cramped: bool,
}

/// See [`Faults::busy`].
pub(crate) struct Busy(Faults);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.lock().waiting -= 1;
    }
}

impl Default for Faults {
    fn default() -> Self {
        Self { state: Arc::default(), died: watch::channel(false).0 }
    }
}

impl Faults {
    /// From now on this goes wrong, and nothing else.
    pub fn arm(&self, fault: Fault) {
        self.lock().armed = Some(fault);
    }

    /// From now on nothing goes wrong.
    pub fn disarm(&self) {
        self.lock().armed = None;
    }

    /// How many commits were made.
    pub fn commits(&self) -> u64 {
        self.lock().commits
    }

    /// How many callers wait for the database now, and how many have waited so far.
    pub fn activity(&self) -> (u64, u64) {
        let state = self.lock();
        (state.waiting, state.asked)
    }

    /// Whether the store has died.
    pub fn has_died(&self) -> bool {
        *self.died.borrow()
    }

    /// Returns when the store has died.
    pub async fn dies(&self) {
        // The sender is in our hands.
        let _ = self.died.subscribe().wait_for(|died| *died).await;
    }

    /// Somebody waits for the database as long as this is there.
    pub(crate) fn busy(&self) -> Busy {
        let mut state = self.lock();
        state.waiting += 1;
        state.asked += 1;
        drop(state);
        Busy(self.clone())
    }

    /// Before a transaction begins: how much room there is.
    pub(crate) async fn before_transaction(&self, connection: &mut Connection) -> Result<(), WriteError> {
        let wanted = self.lock().armed == Some(Fault::NoGrowth);
        if !matches!(connection, Connection::Sqlite(_)) || wanted == self.lock().cramped {
            return Ok(());
        }
        // The limit is never below what the database takes now; the large one is SQLite's own default.
        let room = if wanted { "PRAGMA max_page_count = 1" } else { "PRAGMA max_page_count = 4294967294" };
        connection.execute(room, &[]).await?;
        self.lock().cramped = wanted;
        Ok(())
    }

    /// Between the last change and the commit.
    pub(crate) async fn before_commit(&self) -> Result<(), WriteError> {
        let (armed, number) = {
            let state = self.lock();
            (state.armed, state.commits + 1)
        };
        match armed {
            Some(Fault::DieBefore(at)) if number >= at => self.die().await,
            Some(Fault::Full) => Err(WriteError::Injected(StoreError::DiskFull { why: "a fault on demand".into() })),
            _ => Ok(()),
        }
    }

    /// After the commit, before anybody is answered.
    pub(crate) async fn after_commit(&self) {
        let (armed, number) = {
            let mut state = self.lock();
            state.commits += 1;
            (state.armed, state.commits)
        };
        if let Some(Fault::DieAfter(at)) = armed
            && number >= at
        {
            self.die().await
        }
    }

    async fn die<T>(&self) -> T {
        self.died.send_replace(true);
        std::future::pending().await
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
