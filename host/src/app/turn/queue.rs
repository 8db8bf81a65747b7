//! The turns of each conversation: one after the other, in the order in which they came, each with a name by which it can
//! be stopped.

use super::super::locked;
use sayflow_protocol::ThreadId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::sync::{OwnedMutexGuard, watch};
use tokio_util::sync::CancellationToken;

/// All conversations in which something goes on.
pub(crate) struct Turns {
    threads: Mutex<HashMap<ThreadId, Arc<Line>>>,
    /// How many turns are under way or wait.
    count: watch::Sender<usize>,
}

/// The turns of one conversation.
#[derive(Default)]
struct Line {
    lock: Arc<tokio::sync::Mutex<()>>,
    /// Those under way or waiting, oldest first.
    names: Mutex<Vec<(String, CancellationToken)>>,
}

/// A turn that may be stopped, for as long as this is kept.
pub(crate) struct Entry {
    turns: Arc<Turns>,
    thread: ThreadId,
    line: Arc<Line>,
    name: String,
    /// Set when somebody wants it to stop.
    pub(crate) cancel: CancellationToken,
}

impl Turns {
    pub(crate) fn new() -> Self {
        Self { threads: Mutex::default(), count: watch::channel(0).0 }
    }

    fn line(&self, thread: &ThreadId) -> Arc<Line> {
        let mut threads = locked(&self.threads);
        threads.retain(|_, line| Arc::strong_count(line) > 1);
        Arc::clone(threads.entry(thread.clone()).or_default())
    }

    /// The lock that keeps a conversation's turns apart. It is given in the order in which it was asked for.
    pub(crate) fn lock(&self, thread: &ThreadId) -> impl Future<Output = OwnedMutexGuard<()>> + Send + use<> {
        Arc::clone(&self.line(thread).lock).lock_owned()
    }

    /// Enters a turn under a name.
    pub(crate) fn enter(self: &Arc<Self>, thread: &ThreadId, name: String) -> Entry {
        let line = self.line(thread);
        let cancel = CancellationToken::new();
        locked(&line.names).push((name.clone(), cancel.clone()));
        self.count.send_modify(|count| *count += 1);
        Entry { turns: Arc::clone(self), thread: thread.clone(), line, name, cancel }
    }

    /// Stops a turn: the named one, else the oldest, which is under way. Says whether there was one.
    pub(crate) fn interrupt(&self, thread: &ThreadId, name: Option<&str>) -> bool {
        let Some(line) = locked(&self.threads).get(thread).cloned() else { return false };
        let names = locked(&line.names);
        let found = match name {
            Some(name) => names.iter().find(|(known, _)| known == name),
            None => names.first(),
        };
        found.inspect(|(_, cancel)| cancel.cancel()).is_some()
    }

    /// Returns when no turn is under way.
    pub(crate) async fn until_none(&self) {
        // An error would mean that the sender is gone, and it is ours.
        let _ = self.count.subscribe().wait_for(|count| *count == 0).await;
    }
}

impl Entry {
    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Its conversation.
    pub(crate) fn thread(&self) -> &ThreadId {
        &self.thread
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        locked(&self.line.names).retain(|(name, _)| *name != self.name);
        self.turns.count.send_modify(|count| *count -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_turn_is_stopped_by_its_name_or_because_it_is_under_way() {
        let turns = Arc::new(Turns::new());
        let thread = ThreadId("t".into());
        let first = turns.enter(&thread, "a".into());
        let second = turns.enter(&thread, "b".into());
        assert!(turns.interrupt(&thread, Some("b")));
        assert!(second.cancel.is_cancelled() && !first.cancel.is_cancelled());
        assert!(turns.interrupt(&thread, None));
        assert!(first.cancel.is_cancelled());
        assert!(!turns.interrupt(&thread, Some("c")));
        drop((first, second));
        assert!(!turns.interrupt(&thread, None));
        turns.until_none().await;
    }
}
