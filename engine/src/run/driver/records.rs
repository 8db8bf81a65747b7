//! Making a run durable: when, with what, and what happens while the store cannot write.

use super::{Driver, Left, Stopped};
use crate::run::Answer;
use crate::run::journal::Flushed;
use jiff::Timestamp;
use sayflow_protocol::RunStatus;
use sayflow_store::{RunHead, StoreError};
use std::sync::PoisonError;
use std::time::Duration;

/// The pause before the store is tried again, at first and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

impl Driver {
    /// Makes everything durable while the run goes on.
    pub(super) async fn flush_midway(&mut self) -> Result<(), Stopped> {
        if !self.journal.is_dirty() {
            return Ok(());
        }
        let head = self.head(None);
        self.write(head).await
    }

    /// Makes everything durable, and that the run is left as it is.
    pub(super) async fn flush(&mut self, left: Left) -> Result<(), Stopped> {
        let head = self.head(Some(left));
        self.write(head).await?;
        if left == Left::Ended {
            self.tell_answer();
        }
        Ok(())
    }

    /// Whoever waits for the run to be stored, or to answer, hears of it as soon as it is durable.
    pub(super) async fn satisfy_waiters(&mut self) -> Result<(), Stopped> {
        let answered = self.waiters.answer.is_some() && self.state.response().is_some();
        let born = self.waiters.born.is_some();
        if born || answered {
            self.flush_midway().await?;
        }
        if answered {
            self.tell_answer();
        }
        Ok(())
    }

    /// Tells whoever waits for an answer how the run stands.
    pub(super) fn tell_answer(&mut self) {
        if let Some(waiter) = self.waiters.answer.take() {
            let answer =
                Answer { run: self.run.clone(), duplicate: false, response: self.state.response().cloned(), status: self.state.status() };
            // Somebody who stopped waiting is fine.
            let _ = waiter.send(answer);
        }
    }

    /// Writes; where the store cannot just now, waits and tries again. Nothing new happens meanwhile, and nothing that
    /// was acknowledged is lost.
    async fn write(&mut self, head: RunHead) -> Result<(), Stopped> {
        let mut pause = FIRST_PAUSE;
        loop {
            let wake = self.who_waits(&head);
            match self.journal.flush(head.clone(), wake).await {
                Ok(Flushed::Done) => {
                    self.set_trouble(None);
                    if let Some(waiter) = self.waiters.born.take() {
                        // Somebody who stopped waiting is fine.
                        let _ = waiter.send(Ok(()));
                    }
                    return Ok(());
                }
                Ok(Flushed::Duplicate(run)) => return Err(Stopped::Duplicate(run)),
                // Nobody was told that the run exists, so it does not.
                Err(why) if self.journal.is_unborn() || !why.is_transient() => return Err(self.give_up(why)),
                Err(why) => {
                    let Some(engine) = self.engine.clone() else { return Err(self.give_up(why)) };
                    tracing::warn!(run = %self.run, %why, "the run rests until the store can write again");
                    self.set_trouble(Some(why.to_string()));
                    tokio::select! {
                        () = tokio::time::sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
                        () = engine.stopping() => return Err(self.give_up(why)),
                    }
                }
            }
        }
    }

    fn give_up(&mut self, why: StoreError) -> Stopped {
        if let Some(waiter) = self.waiters.born.take() {
            let _ = waiter.send(Err(why.clone()));
        }
        Stopped::Store(why)
    }

    fn set_trouble(&self, why: Option<String>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }

    /// Where the run stands, for lists and for whoever takes it up again. A run that is driven is `running` whatever it
    /// waits for: only one that nobody drives has a time at which it is to be woken.
    fn head(&self, left: Option<Left>) -> RunHead {
        let (_, started, ended) = self.state.times();
        let parked = left == Some(Left::Parked);
        let status = if ended.is_some() || parked { self.state.status() } else { RunStatus::Running };
        let meter = &self.executor.meter;
        RunHead {
            status: status.as_str().to_owned(),
            started: started.map(Timestamp::as_microsecond),
            ended: ended.map(Timestamp::as_microsecond),
            error: self.state.error().filter(|_| ended.is_some()).and_then(|error| serde_json::to_string(error).ok()),
            wake_at: self.state.next_wake().filter(|_| parked).map(Timestamp::as_microsecond),
            announce: ended.is_some() && self.engine.as_ref().is_some_and(|engine| engine.is_of_interest(&self.state)),
            bytes: i64::try_from(meter.bytes()).unwrap_or(i64::MAX),
            cost_micros: i64::try_from(meter.cost_micros()).unwrap_or(i64::MAX),
        }
    }

    /// The run that waits for this one to end.
    fn who_waits(&self, head: &RunHead) -> Vec<String> {
        let parent = self.state.lineage().parent.as_ref().filter(|_| head.ended.is_some());
        parent.map(|(run, _)| run.0.clone()).into_iter().collect()
    }
}
