//! Ctrl-C as something that is awaited: the first one asks, the second one leaves.

use crate::failure::Failure;
use std::future::Future;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The person's wish to stop.
///
/// From the moment it exists the process no longer dies of SIGINT by itself, so whoever holds it must listen.
pub struct Interrupts {
    signal: Signal,
    heard: u32,
}

impl Interrupts {
    /// Begins to listen.
    pub fn listen() -> Result<Self, Failure> {
        Ok(Self { signal: signal(SignalKind::interrupt())?, heard: 0 })
    }

    /// The next Ctrl-C.
    pub async fn next(&mut self) {
        // `None` would mean that the runtime's signal driver is gone; then nothing can be awaited any more.
        if self.signal.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
        self.heard += 1;
    }

    /// Whether the person has asked more than once: then nothing is waited for any more.
    pub fn insist(&self) -> bool {
        self.heard > 1
    }

    /// Does some work unless Ctrl-C comes first. Dropping the work must leave nothing half-done.
    pub async fn guard<T>(&mut self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        tokio::select! {
            result = work => result,
            () = self.next() => Err(Failure::interrupted()),
        }
    }
}
