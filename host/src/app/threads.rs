//! Conversations: reading them, following them, and adding to them.

use super::App;
use crate::error::AppError;
use crate::principal::{Command, Principal};
use jiff::Timestamp;
use sayflow_protocol::ThreadId;
use sayflow_protocol::api::{Item, ItemBody, ThreadEvent, ThreadView};
use sayflow_store::{EventRow, ThreadRow, TurnRows};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;

/// Items read from the store at once.
const PAGE: i64 = 500;

/// Items that a slow reader may be behind before the stream waits for it.
const BUFFER: usize = 16;

/// How to get a conversation.
const SEE_THREADS: &str = "begin one with: sayflow ask …; go on with the newest with --thread last";

#[allow(clippy::missing_errors_doc, reason = "see AppError")]
impl App {
    /// A conversation with all its items.
    pub async fn thread(&self, principal: &Principal, id: &str) -> Result<ThreadView, AppError> {
        self.allow(principal, Command::ReadThread)?;
        let row = self.thread_row(id).await?;
        let created = Timestamp::from_microsecond(row.created).map_err(|why| AppError::Internal(why.to_string()))?;
        let id = ThreadId(row.id);
        let events = self.items(&id, 0).await?;
        Ok(ThreadView { id, created, events })
    }

    /// The items of a conversation behind number `after`, and those to come, for as long as somebody listens.
    pub async fn thread_events(&self, principal: &Principal, id: &str, after: u64) -> Result<mpsc::Receiver<ThreadEvent>, AppError> {
        self.allow(principal, Command::ReadThread)?;
        let id = ThreadId(self.thread_row(id).await?.id);
        let (sender, receiver) = mpsc::channel(BUFFER);
        let app = self.clone();
        tokio::spawn(async move {
            if let Err(why) = app.follow(&id, after, &sender).await {
                tracing::warn!(thread = %id, %why, "a conversation can no longer be followed");
            }
        });
        Ok(receiver)
    }

    async fn follow(&self, id: &ThreadId, mut last: u64, sender: &mpsc::Sender<ThreadEvent>) -> Result<(), AppError> {
        // Subscribed before the store is read, so that nothing falls between the two.
        let mut changed = self.parts.changed.subscribe();
        loop {
            for event in self.items(id, last).await? {
                last = event.seq;
                if sender.send(event).await.is_err() {
                    return Ok(());
                }
            }
            loop {
                tokio::select! {
                    () = sender.closed() => return Ok(()),
                    thread = changed.recv() => match thread {
                        Ok(thread) if thread == *id => break,
                        Ok(_) => {}
                        Err(RecvError::Lagged(_)) => break,
                        Err(RecvError::Closed) => return Ok(()),
                    },
                }
            }
        }
    }

    /// The row of the conversation that is meant: an id, or `last` for the newest.
    pub(super) async fn thread_row(&self, id: &str) -> Result<ThreadRow, AppError> {
        let row = match id {
            "last" => self.parts.store.newest_thread().await?,
            _ => self.parts.store.thread(id).await?,
        };
        row.ok_or_else(|| AppError::not_found("thread", id, SEE_THREADS))
    }

    /// The items behind number `after`.
    pub(super) async fn items(&self, id: &ThreadId, after: u64) -> Result<Vec<ThreadEvent>, AppError> {
        let mut events: Vec<ThreadEvent> = Vec::new();
        loop {
            let last = events.last().map_or(after, |event| event.seq);
            let rows = self.parts.store.thread_items(id.as_str(), i64::try_from(last).unwrap_or(i64::MAX), PAGE).await?;
            if rows.is_empty() {
                return Ok(events);
            }
            for row in &rows {
                events.push(read_item(row).map_err(|why| AppError::Internal(format!("item {} of thread {id}: {why}", row.seq)))?);
            }
        }
    }

    /// Adds items to a conversation outside of a turn.
    pub(super) async fn add_items(&self, id: &ThreadId, bodies: Vec<ItemBody>) -> Result<(), AppError> {
        let _turn = self.turn_lock(id).await;
        let thread = self.thread_row(id.as_str()).await?;
        let seq = self.items(id, 0).await?.last().map_or(0, |event| event.seq);
        let now = self.parts.clock.now();
        let mut items = Vec::with_capacity(bodies.len());
        for (body, seq) in bodies.into_iter().zip(seq + 1..) {
            items.push(item_row(seq, Item { at: now, body })?);
        }
        self.save_items(TurnRows { thread: ThreadRow { updated: now.as_microsecond(), ..thread }, items, drafts: Vec::new() }).await
    }

    /// Keeps what a turn left behind, then tells those who follow.
    pub(super) async fn save_items(&self, rows: TurnRows) -> Result<(), AppError> {
        let id = ThreadId(rows.thread.id.clone());
        self.parts.store.save_turn(rows).await?;
        // Nobody following is fine.
        let _ = self.parts.changed.send(id);
        Ok(())
    }

    /// Everything that the person said in a conversation.
    pub(super) async fn own_words(&self, id: &ThreadId) -> Result<String, AppError> {
        Ok(words_of(&self.items(id, 0).await?))
    }
}

/// Everything that the person said, line by line.
pub(super) fn words_of(items: &[ThreadEvent]) -> String {
    let said = items.iter().filter_map(|event| match &event.item.body {
        ItemBody::Message { role, text } if role == "user" => Some(text.as_str()),
        ItemBody::Answer(answer) => Some(answer.value.as_str()),
        _ => None,
    });
    said.collect::<Vec<_>>().join("\n")
}

/// The row of an item.
pub(super) fn item_row(seq: u64, item: Item) -> Result<EventRow, AppError> {
    let at = item.at.as_microsecond();
    let body = serde_json::to_string(&item.body).map_err(|why| AppError::Internal(format!("an item cannot be written: {why}")))?;
    Ok(EventRow { seq: i64::try_from(seq).unwrap_or(i64::MAX), at, body, blob: None })
}

fn read_item(row: &EventRow) -> Result<ThreadEvent, String> {
    let body = serde_json::from_str(&row.body).map_err(|why| why.to_string())?;
    let at = Timestamp::from_microsecond(row.at).map_err(|why| why.to_string())?;
    Ok(ThreadEvent { seq: u64::try_from(row.seq).unwrap_or_default(), item: Item { at, body } })
}
