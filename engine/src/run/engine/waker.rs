//! Wakes what waits in the store when its time has come. One task and one moment are all that is in memory, however much
//! waits.

use super::Engine;
use super::take_up::TakenUp;
use futures::stream::{self, StreamExt};
use jiff::Timestamp;
use sayflow_protocol::RunId;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio::sync::Notify;

/// Runs that are woken with one question to the store.
const BATCH: i64 = 500;
/// How many of them are read at once.
const AT_ONCE: usize = 16;
/// The pause after a look that moved nothing, so that nobody spins.
const PAUSE: Duration = Duration::from_millis(50);
/// The pause after the store could not be read.
const AFTER_FAILURE: Duration = Duration::from_secs(1);
/// How often it is looked without being told to: a clock may have been set.
const AT_LEAST_EVERY: jiff::SignedDuration = jiff::SignedDuration::from_secs(60);

/// Tells the waker that something is due earlier than it knows.
pub(super) struct Bell {
    notify: Notify,
    /// When the waker looks next, in microseconds.
    next: AtomicI64,
}

impl Default for Bell {
    fn default() -> Self {
        Self { notify: Notify::new(), next: AtomicI64::new(i64::MAX) }
    }
}

impl Bell {
    /// Something has to be woken at a time.
    pub(super) fn ring_at(&self, at: Timestamp) {
        if at.as_microsecond() < self.next.load(Ordering::Relaxed) {
            self.notify.notify_one();
        }
    }

    /// Something has to be woken now.
    pub(super) fn ring_now(&self) {
        self.notify.notify_one();
    }
}

impl Engine {
    /// Wakes what is due until the engine drains.
    pub(super) fn keep_waking(&self) {
        let engine = self.clone();
        tokio::spawn(async move {
            let stopping = engine.stopping();
            tokio::select! {
                () = engine.wake_for_ever() => {}
                () = stopping => {}
            }
        });
    }

    async fn wake_for_ever(&self) {
        loop {
            match self.wake_due().await {
                Ok(Moved::Some) => {}
                Ok(Moved::None) => tokio::time::sleep(PAUSE).await,
                Ok(Moved::NothingDue(next)) => self.sleep_until(next).await,
                Err(why) => {
                    tracing::warn!(%why, "the store could not be asked what is due");
                    tokio::time::sleep(AFTER_FAILURE).await;
                }
            }
        }
    }

    async fn wake_due(&self) -> Result<Moved, sayflow_store::StoreError> {
        let now = self.parts().clock.now();
        let due = self.store().due_runs(now.as_microsecond(), BATCH).await?;
        if due.is_empty() {
            return Ok(Moved::NothingDue(self.store().next_wake().await?));
        }
        let taken = stream::iter(due)
            .map(|id| async move {
                let id = RunId(id);
                match self.take_up(&id, None).await {
                    Ok(taken) => taken == TakenUp::Driven,
                    Err(why) => {
                        tracing::error!(run = %id, %why, "a run cannot be woken");
                        self.leave_alone(&id, now).await;
                        false
                    }
                }
            })
            .buffer_unordered(AT_ONCE)
            .fold(false, async |any, taken| any | taken)
            .await;
        Ok(if taken { Moved::Some } else { Moved::None })
    }

    /// A run that cannot be read is not tried again at once.
    async fn leave_alone(&self, id: &RunId, now: Timestamp) {
        let later = now.checked_add(AT_LEAST_EVERY).unwrap_or(now);
        if let Err(why) = self.store().wake_run(id.as_str(), later.as_microsecond()).await {
            tracing::warn!(run = %id, %why, "it will be tried again at once");
        }
    }

    async fn sleep_until(&self, next: Option<i64>) {
        let clock = &self.parts().clock;
        let latest = clock.now().checked_add(AT_LEAST_EVERY).unwrap_or(Timestamp::MAX);
        let at = next.and_then(|micros| Timestamp::from_microsecond(micros).ok()).unwrap_or(Timestamp::MAX);
        let until = at.min(latest);
        self.inner.waker.next.store(until.as_microsecond(), Ordering::Relaxed);
        tokio::select! {
            () = clock.sleep_until(until) => {}
            () = self.inner.waker.notify.notified() => {}
        }
        self.inner.waker.next.store(i64::MAX, Ordering::Relaxed);
    }
}

/// What a look has moved.
enum Moved {
    /// Some runs are driven again.
    Some,
    /// Something is due and could not be driven just now.
    None,
    /// Nothing is due before this time, in microseconds.
    NothingDue(Option<i64>),
}
