//! Finding a server and asking how it is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `$SAYFLOW_HOME/server.json` (mode 0600): where the running server listens.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ServerFile {
    /// Such as `http://127.0.0.1:8787`.
    pub address: String,
    /// Sent as `Authorization: Bearer …`.
    pub token: String,
    /// The server's process.
    pub pid: u32,
    /// Its version.
    pub version: String,
    /// Whether it stays after its last client and run have ended.
    pub lasting: bool,
}

impl std::fmt::Debug for ServerFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerFile").field("address", &self.address).field("pid", &self.pid).finish_non_exhaustive()
    }
}

/// `GET /healthz`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Health {
    /// `ok`.
    pub status: String,
    /// The server's version.
    pub version: String,
}
