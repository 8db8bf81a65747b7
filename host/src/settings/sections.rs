//! The sections of `config.toml`.

use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;

/// `[server]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerSettings {
    /// Where `sayflow serve` listens.
    pub listen: SocketAddr,
    /// Names under which it is reached besides the loopback ones, as in a `Host` header.
    #[serde(deserialize_with = "super::list::read")]
    pub hosts: Vec<String>,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8787)), hosts: Vec::new() }
    }
}

/// `[egress]`
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EgressSettings {
    /// `host:port` pairs that are reachable although they are loopback or private.
    #[serde(deserialize_with = "super::list::read")]
    pub allow: Vec<String>,
}

/// `[vault]`
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VaultSettings {
    /// The file that holds the key of the vault; a file in the data folder when left out.
    pub key_file: Option<PathBuf>,
}

/// `[retention]`: finished runs are removed when they are older or when a workflow has more of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetentionSettings {
    /// Days that a finished run is kept.
    pub days: NonZeroU32,
    /// Finished runs that are kept of each workflow.
    pub runs_per_workflow: NonZeroU32,
}

impl Default for RetentionSettings {
    fn default() -> Self {
        Self { days: at_least_one(30), runs_per_workflow: at_least_one(10_000) }
    }
}

/// `[limits]`: what is beyond is refused with a hint when to try again, so that the server stays well under load.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitSettings {
    /// Webhooks that are answered at once.
    pub hooks: NonZeroU32,
    /// Other requests that are answered at once.
    pub requests: NonZeroU32,
    /// Event streams that are open at once.
    pub streams: NonZeroU32,
    /// Connections that are open at once.
    pub connections: NonZeroU32,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self { hooks: at_least_one(256), requests: at_least_one(256), streams: at_least_one(256), connections: at_least_one(768) }
    }
}

fn at_least_one(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN)
}
