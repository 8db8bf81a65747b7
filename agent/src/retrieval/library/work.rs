//! Whether the background has something to do.

use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::watch;

/// Whether work goes on.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) busy: watch::Sender<bool>,
    pub(super) again: AtomicBool,
    /// Whether a search has waited for the first round.
    waited: AtomicBool,
}

impl Default for Work {
    fn default() -> Self {
        Self { busy: watch::Sender::new(false), again: AtomicBool::new(false), waited: AtomicBool::new(false) }
    }
}

impl Work {
    /// Whether this is the first time that somebody asks.
    pub(super) fn is_first(&self) -> bool {
        !self.waited.swap(true, Ordering::AcqRel)
    }
}
