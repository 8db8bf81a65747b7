//! Where a run's events go: the store, or nowhere for a dry run. Events reach followers only after they are durable, so
//! that a number once seen is never given to another event.

use super::hub::Hub;
use jiff::Timestamp;
use sayflow_protocol::event::ApprovalDecision;
use sayflow_protocol::{ApprovalId, Event, RecordedEvent, RunId};
use sayflow_store::{ApprovalRow, Created, EventRow, NewRun, RunCommit, RunHead, Store, StoreError};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Events above this size are split: their largest part is kept apart, so that reading a journal does not drag it along.
/// In bytes of JSON.
const INLINE: usize = 64 * 1024;

/// The member of a split event that names the part that is kept apart.
const APART: &str = "$apart";

/// The writing end of one run's journal.
pub(super) struct Journal {
    run: RunId,
    workflow: String,
    sink: Sink,
    seq: u64,
    /// The time of the newest event.
    newest: Timestamp,
    pending: Vec<RecordedEvent>,
    hub: Hub,
    /// The rows that are made with the first events, while the run is not stored yet.
    birth: Option<Box<NewRun>>,
    /// Approvals that were asked for and not answered.
    asked: BTreeSet<ApprovalId>,
    /// Whether the last commit may have been made although it was reported as failed.
    unsure: bool,
}

enum Sink {
    Store(Store),
    /// A dry run: its state is all that is looked at.
    Nowhere,
}

/// What came of a flush.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Flushed {
    /// Everything is durable.
    Done,
    /// The run was not made: what started it has started another one before.
    Duplicate(RunId),
}

impl Journal {
    /// One in the store that goes on after the events that are there.
    pub(super) fn in_store(run: RunId, workflow: String, store: Store, hub: Hub, before: &[RecordedEvent]) -> Self {
        let mut journal = Self {
            run,
            workflow,
            sink: Sink::Store(store),
            seq: before.last().map_or(0, |event| event.seq),
            newest: before.last().map_or(Timestamp::MIN, |event| event.at),
            pending: Vec::new(),
            hub,
            birth: None,
            asked: BTreeSet::new(),
            unsure: false,
        };
        before.iter().for_each(|event| journal.note_approval(&event.event));
        journal
    }

    /// The run is stored with its first events.
    #[must_use]
    pub(super) fn with_birth(mut self, rows: NewRun) -> Self {
        self.birth = Some(Box::new(rows));
        self
    }

    /// One that keeps nothing, for a run that is not kept either.
    pub(super) fn discarding(run: RunId) -> Self {
        Self {
            run,
            workflow: String::new(),
            sink: Sink::Nowhere,
            seq: 0,
            newest: Timestamp::MIN,
            pending: Vec::new(),
            hub: Hub::default(),
            birth: None,
            asked: BTreeSet::new(),
            unsure: false,
        }
    }

    /// Numbers an event and keeps it until the next [`Self::flush`].
    pub(super) fn add(&mut self, now: Timestamp, event: Event) -> &RecordedEvent {
        self.seq += 1;
        // A clock may be set back; a journal that went back in time could not be folded again.
        let at = now.max(self.newest);
        self.newest = at;
        self.note_approval(&event);
        self.pending.push(RecordedEvent { seq: self.seq, run: self.run.clone(), at, event });
        &self.pending[self.pending.len() - 1]
    }

    /// Nothing is recorded with an earlier time from now on: what was done because of this time comes after it.
    pub(super) fn not_before(&mut self, at: Timestamp) {
        self.newest = self.newest.max(at);
    }

    /// Whether there are events that are not durable yet.
    pub(super) fn is_dirty(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Whether the run is not stored yet.
    pub(super) fn is_unborn(&self) -> bool {
        self.birth.is_some()
    }

    /// Makes all events durable together with where the run stands, then tells the followers. `wake` are runs that have
    /// something to do because of it.
    ///
    /// # Errors
    /// When the store cannot write; the events stay pending.
    pub(super) async fn flush(&mut self, head: RunHead, wake: Vec<String>) -> Result<Flushed, StoreError> {
        let Sink::Store(store) = &self.sink else {
            self.pending.clear();
            return Ok(Flushed::Done);
        };
        let store = store.clone();
        let mut rows = Vec::with_capacity(self.pending.len());
        for event in &self.pending {
            rows.push(event_row(event)?);
        }
        let approvals = self.pending.iter().filter_map(|event| self.approval_row(event)).collect();
        if let Some(birth) = &self.birth {
            let new = NewRun { events: rows, head: Some(head), approvals, ..(**birth).clone() };
            if let Created::Duplicate { run } = store.create_run(new).await? {
                return Ok(Flushed::Duplicate(RunId(run)));
            }
            self.birth = None;
        } else if !self.made_before(&store).await? {
            let closed = self.closed();
            let commit = RunCommit { run: self.run.0.clone(), events: rows, head, approvals, closed, wake };
            if let Err(why) = store.commit_run(commit).await {
                self.unsure = matches!(why, StoreError::Unavailable { .. });
                return Err(why);
            }
        }
        self.hub.publish(&self.run, std::mem::take(&mut self.pending));
        Ok(Flushed::Done)
    }

    /// Whether a commit that was reported as failed was made after all.
    async fn made_before(&mut self, store: &Store) -> Result<bool, StoreError> {
        if !std::mem::take(&mut self.unsure) {
            return Ok(false);
        }
        let row = store.run(self.run.as_str()).await.inspect_err(|_| self.unsure = true)?;
        Ok(row.is_some_and(|row| u64::try_from(row.seq) == Ok(self.seq)))
    }

    fn note_approval(&mut self, event: &Event) {
        match event {
            Event::ApprovalRequested { approval, .. } => {
                self.asked.insert(approval.clone());
            }
            Event::ApprovalDecided { approval, .. } => {
                self.asked.remove(approval);
            }
            _ => {}
        }
    }

    /// The approvals that nobody can decide any more because of the pending events.
    fn closed(&self) -> Vec<(String, String)> {
        let mut closed: Vec<(String, String)> = Vec::new();
        for recorded in &self.pending {
            match &recorded.event {
                Event::ApprovalDecided { approval, decision: ApprovalDecision::Expired, .. } => {
                    closed.push((approval.0.clone(), ApprovalDecision::Expired.as_str().to_owned()));
                }
                Event::RunFinished { .. } => closed.extend(self.asked.iter().map(|id| (id.0.clone(), "withdrawn".to_owned()))),
                _ => {}
            }
        }
        closed
    }

    fn approval_row(&self, recorded: &RecordedEvent) -> Option<ApprovalRow> {
        let Event::ApprovalRequested { key, approval, question, .. } = &recorded.event else { return None };
        let payload = json!({ "message": question.message, "place": question.place });
        Some(ApprovalRow {
            id: approval.0.clone(),
            run: Some(self.run.0.clone()),
            step: Some(key.to_string()),
            workflow: self.workflow.clone(),
            kind: if question.place.is_some() { "footprint" } else { "step" }.to_owned(),
            what: question.message.clone(),
            payload_hash: question.payload_hash.clone(),
            payload: payload.to_string(),
            deciders: serde_json::to_string(&question.approvers).unwrap_or_else(|_| "[]".to_owned()),
            created: recorded.at.as_microsecond(),
            expires: question.expires.map(Timestamp::as_microsecond),
            decision: None,
            decided_by: None,
            decided_via: None,
            comment: None,
            decided_at: None,
        })
    }
}

/// The row of an event.
pub(super) fn event_row(recorded: &RecordedEvent) -> Result<EventRow, StoreError> {
    let unwritable = |why: serde_json::Error| StoreError::Other(format!("an event cannot be written: {why}"));
    let mut body = serde_json::to_string(&recorded.event).map_err(unwritable)?;
    let mut blob = None;
    if body.len() > INLINE
        && let Value::Object(mut event) = serde_json::to_value(&recorded.event).map_err(unwritable)?
        && let Some((name, part)) = largest_part(&event)
    {
        blob = Some(part);
        event.remove(&name);
        event.insert(APART.to_owned(), Value::String(name));
        body = Value::Object(event).to_string();
    }
    Ok(EventRow { seq: i64::try_from(recorded.seq).unwrap_or(i64::MAX), at: recorded.at.as_microsecond(), body, blob })
}

fn largest_part(event: &serde_json::Map<String, Value>) -> Option<(String, String)> {
    event.iter().map(|(name, value)| (name.clone(), value.to_string())).max_by_key(|(_, text)| text.len())
}

/// Reads an event's row back.
pub(super) fn read_row(run: &RunId, row: &EventRow) -> Result<RecordedEvent, StoreError> {
    let damaged = |why: String| StoreError::unreadable(format!("event {} of run {run}: {why}", row.seq));
    let event = match &row.blob {
        None => serde_json::from_str(&row.body),
        Some(part) => whole(&row.body, part).and_then(serde_json::from_value),
    };
    let event = event.map_err(|why| damaged(why.to_string()))?;
    let at = Timestamp::from_microsecond(row.at).map_err(|why| damaged(why.to_string()))?;
    Ok(RecordedEvent { seq: u64::try_from(row.seq).unwrap_or_default(), run: run.clone(), at, event })
}

/// Puts the part that was kept apart back into its event.
fn whole(body: &str, part: &str) -> serde_json::Result<Value> {
    let mut event: Value = serde_json::from_str(body)?;
    if let Some(object) = event.as_object_mut()
        && let Some(Value::String(name)) = object.remove(APART)
    {
        object.insert(name, serde_json::from_str(part)?);
    }
    Ok(event)
}

/// Whether the last of these events ends the run.
pub(super) fn ends(events: &[RecordedEvent]) -> bool {
    events.last().is_some_and(|recorded| matches!(recorded.event, Event::RunFinished { .. }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sayflow_protocol::InstanceKey;

    fn succeeded(output: Value) -> RecordedEvent {
        let event = Event::StepSucceeded { key: InstanceKey::default().child("a"), attempt: 1, output, simulated: false };
        RecordedEvent { seq: 1, run: "r".into(), at: Timestamp::UNIX_EPOCH, event }
    }

    #[test]
    fn a_large_output_is_kept_apart_and_comes_back_whole() {
        let event = succeeded(json!({ "text": "x".repeat(INLINE) }));
        let row = event_row(&event).unwrap();
        assert!(row.body.len() < 200 && row.blob.as_ref().is_some_and(|blob| blob.len() > INLINE));
        assert_eq!(read_row(&"r".into(), &row), Ok(event));
    }

    #[test]
    fn a_small_event_is_one_row() {
        let event = succeeded(json!({ "$apart": "output" }));
        let row = event_row(&event).unwrap();
        assert_eq!(row.blob, None);
        assert_eq!(read_row(&"r".into(), &row), Ok(event));
    }
}
