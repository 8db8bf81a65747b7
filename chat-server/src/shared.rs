//! What every handler may use.

use sayflow_host::App;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// The application with what the server knows of itself. A cheap handle.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) app: App,
    pub(crate) token: Arc<str>,
    pub(crate) hosts: Arc<[String]>,
    pub(crate) stopping: CancellationToken,
}
