//! Where a run's events go: the store, or nowhere for a dry run. Events reach subscribers only after they are durable,
//! so that a number once seen is never given to another event.

use super::state::RunState;
use super::view::is_ending;
use jiff::Timestamp;
use sayflow_protocol::{Event, RecordedEvent, RunId};
use sayflow_store::{EventRow, RunCommit, RunHead, Store, StoreError};
use tokio::sync::broadcast;

/// The writing end of one run's journal.
pub(super) struct Journal {
    run: RunId,
    sink: Sink,
    seq: u64,
    pending: Vec<RecordedEvent>,
    live: broadcast::Sender<RecordedEvent>,
}

enum Sink {
    Store(Store),
    /// A dry run: its state is all that is looked at.
    Nowhere,
}

impl Journal {
    /// One in the store that goes on after event `seq`.
    pub(super) fn in_store(run: RunId, store: Store, seq: u64, live: broadcast::Sender<RecordedEvent>) -> Self {
        Self { run, sink: Sink::Store(store), seq, pending: Vec::new(), live }
    }

    /// One that keeps nothing, for a run that is not kept either.
    pub(super) fn discarding(run: RunId) -> Self {
        Self { run, sink: Sink::Nowhere, seq: 0, pending: Vec::new(), live: broadcast::channel(1).0 }
    }

    /// Numbers an event and keeps it until the next [`Self::flush`].
    pub(super) fn add(&mut self, at: Timestamp, event: Event) -> RecordedEvent {
        self.seq += 1;
        let recorded = RecordedEvent { seq: self.seq, run: self.run.clone(), at, event };
        self.pending.push(recorded.clone());
        recorded
    }

    /// Whether there are events that are not durable yet.
    pub(super) fn is_dirty(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Makes all events durable, then tells the subscribers.
    ///
    /// # Errors
    /// When the store cannot write; the events stay pending.
    pub(super) async fn flush(&mut self, state: &RunState) -> Result<(), StoreError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        match &mut self.sink {
            Sink::Nowhere => self.pending.clear(),
            Sink::Store(store) => {
                let mut rows = Vec::with_capacity(self.pending.len());
                for event in &self.pending {
                    rows.push(event_row(event)?);
                }
                let commit = RunCommit { run: self.run.0.clone(), events: rows, head: head(state), ..RunCommit::default() };
                store.commit_run(commit).await?;
                for event in self.pending.drain(..) {
                    // Nobody listening is fine.
                    let _ = self.live.send(event);
                }
            }
        }
        Ok(())
    }
}

/// The row of an event.
pub(super) fn event_row(recorded: &RecordedEvent) -> Result<EventRow, StoreError> {
    let body = serde_json::to_string(&recorded.event).map_err(|why| StoreError::Other(format!("an event cannot be written: {why}")))?;
    Ok(EventRow { seq: i64::try_from(recorded.seq).unwrap_or(i64::MAX), at: recorded.at.as_microsecond(), body, blob: None })
}

/// Reads an event's row back.
pub(super) fn read_row(run: &RunId, row: &EventRow) -> Result<RecordedEvent, StoreError> {
    let damaged = |why: String| StoreError::unreadable(format!("event {} of run {run}: {why}", row.seq));
    let event = serde_json::from_str(&row.body).map_err(|why| damaged(why.to_string()))?;
    let at = Timestamp::from_microsecond(row.at).map_err(|why| damaged(why.to_string()))?;
    Ok(RecordedEvent { seq: u64::try_from(row.seq).unwrap_or_default(), run: run.clone(), at, event })
}

/// What the list of runs shows of a run.
fn head(state: &RunState) -> RunHead {
    let (_, started, ended) = state.times();
    RunHead {
        status: state.status().as_str().to_owned(),
        started: started.map(Timestamp::as_microsecond),
        ended: ended.map(Timestamp::as_microsecond),
        error: state.error().filter(|_| ended.is_some()).and_then(|error| serde_json::to_string(error).ok()),
        wake_at: state.next_wake().map(Timestamp::as_microsecond),
        ..RunHead::default()
    }
}

/// Whether the last of these events ends the run.
pub(super) fn ends(events: &[RecordedEvent]) -> bool {
    events.last().is_some_and(|recorded| is_ending(&recorded.event))
}
