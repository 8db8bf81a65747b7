//! Who follows which run. Only followed runs have a channel, so that runs cost nothing for being there.

use sayflow_protocol::{RecordedEvent, RunId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::broadcast;

/// Events that a slow follower may be behind before it has to read the store again.
const BUFFER: usize = 256;

type Channels = HashMap<RunId, broadcast::Sender<RecordedEvent>>;

/// The channels of followed runs. A cheap handle.
#[derive(Clone, Default)]
pub(super) struct Hub {
    channels: Arc<Mutex<Channels>>,
}

impl Hub {
    /// What is published of a run from now on.
    pub(super) fn subscribe(&self, run: &RunId) -> broadcast::Receiver<RecordedEvent> {
        let mut channels = self.lock();
        channels.entry(run.clone()).or_insert_with(|| broadcast::channel(BUFFER).0).subscribe()
    }

    /// Tells the followers what has become durable.
    pub(super) fn publish(&self, run: &RunId, events: Vec<RecordedEvent>) {
        let mut channels = self.lock();
        let Some(channel) = channels.get(run) else { return };
        if channel.receiver_count() == 0 {
            channels.remove(run);
            return;
        }
        for event in events {
            // Somebody who just left is fine.
            let _ = channel.send(event);
        }
    }

    /// Lets go of a run that somebody stopped following.
    pub(super) fn leave(&self, run: &RunId) {
        let mut channels = self.lock();
        if channels.get(run).is_some_and(|channel| channel.receiver_count() == 0) {
            channels.remove(run);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Channels> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
