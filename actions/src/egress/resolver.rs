//! Names to addresses, each checked before it is connected to. The check and the connection use the same answer, so
//! that a name cannot resolve to one address for the check and to another for the connection.

use super::policy::EgressPolicy;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Resolves for one port, which the policy's exceptions depend on.
pub(super) struct CheckedResolver {
    pub(super) policy: Arc<EgressPolicy>,
    pub(super) port: u16,
}

/// All addresses of a name are refused.
#[derive(Debug, thiserror::Error)]
#[error("{host} resolves to {address}, which is not public")]
pub(super) struct Refused {
    pub(super) host: String,
    pub(super) address: IpAddr,
    pub(super) port: u16,
}

/// A name that has no address.
#[derive(Debug, thiserror::Error)]
#[error("{host} has no address: {why}")]
pub(super) struct DnsFailed {
    host: String,
    why: String,
}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let policy = self.policy.clone();
        let port = self.port;
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let found = tokio::net::lookup_host((host.as_str(), port)).await.map(Vec::from_iter);
            let addresses: Vec<SocketAddr> = match found {
                Ok(addresses) => addresses,
                Err(why) => return Err(DnsFailed { host, why: why.to_string() }.into()),
            };
            let permitted: Vec<SocketAddr> = addresses.iter().copied().filter(|at| policy.permits(&host, at.ip(), port)).collect();
            match (permitted.is_empty(), addresses.first()) {
                (false, _) => Ok(Box::new(permitted.into_iter()) as Addrs),
                (true, Some(first)) => Err(Refused { host, address: first.ip(), port }.into()),
                (true, None) => Err(DnsFailed { host, why: "the answer is empty".to_owned() }.into()),
            }
        })
    }
}
