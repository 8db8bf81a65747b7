//! What every handler may use.

use sayflow_host::{App, Reach};
use std::sync::Arc;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

/// The application with what the server knows of itself. A cheap handle.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) app: App,
    pub(crate) token: Arc<str>,
    pub(crate) hosts: Arc<[String]>,
    /// Such as `http://127.0.0.1:8787`.
    pub(crate) address: Arc<str>,
    /// Whether it stays after its last client and run have ended.
    pub(crate) lasting: bool,
    /// Set when nothing new is taken in any more.
    pub(crate) draining: CancellationToken,
    /// Set when the last answers are being given.
    pub(crate) stopping: CancellationToken,
    /// Places for event streams.
    pub(crate) streams: Arc<Semaphore>,
    /// How many there are in all.
    pub(crate) most_streams: usize,
    /// How many connections are open.
    pub(crate) connections: watch::Receiver<usize>,
}

impl Shared {
    /// How the outside reaches this server.
    pub(crate) fn reach(&self) -> Reach<'_> {
        Reach { address: &self.address, lasting: self.lasting }
    }
}
