//! Names to addresses, each checked before it is connected to. The check and the connection use the same answer, so
//! that a name cannot resolve to one address for the check and to another for the connection.

use super::failure;
use super::no_address::{DnsFailed, Refused};
use super::policy::EgressPolicy;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use sayflow_engine::action::StepError;
use std::net::SocketAddr;
use std::sync::Arc;

/// Resolves for one port, which the policy's exceptions depend on.
pub(super) struct CheckedResolver {
    pub(super) policy: Arc<EgressPolicy>,
    pub(super) port: u16,
}

/// Why a name gives no address to connect to.
#[derive(Debug, thiserror::Error)]
enum NoAddress {
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error(transparent)]
    Dns(#[from] DnsFailed),
}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let policy = self.policy.clone();
        let port = self.port;
        Box::pin(async move {
            match permitted(&policy, name.as_str(), port).await {
                Ok(addresses) => Ok(Box::new(addresses.into_iter()) as Addrs),
                Err(NoAddress::Refused(why)) => Err(why.into()),
                Err(NoAddress::Dns(why)) => Err(why.into()),
            }
        })
    }
}

impl EgressPolicy {
    /// The addresses of a host that steps may connect to, for protocols other than HTTP. Connect to one of these and
    /// do not resolve the name again: it could have another answer by then.
    ///
    /// # Errors
    /// `dns_failed` and `egress_refused`.
    pub async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, StepError> {
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        permitted(self, bare, port).await.map_err(|why| match why {
            NoAddress::Refused(why) => failure::refused(&why),
            NoAddress::Dns(why) => failure::dns_failed(&format!("{host}:{port}"), &why),
        })
    }
}

/// The addresses of a host that the policy permits; at least one.
async fn permitted(policy: &EgressPolicy, host: &str, port: u16) -> Result<Vec<SocketAddr>, NoAddress> {
    let found = tokio::net::lookup_host((host, port)).await;
    let addresses: Vec<SocketAddr> = match found {
        Ok(addresses) => addresses.collect(),
        Err(why) => return Err(DnsFailed { host: host.to_owned(), why: why.to_string() }.into()),
    };
    let permitted: Vec<SocketAddr> = addresses.iter().copied().filter(|at| policy.permits(host, at.ip(), port)).collect();
    match (permitted.is_empty(), addresses.first()) {
        (false, _) => Ok(permitted),
        (true, Some(first)) => Err(Refused { host: host.to_owned(), address: first.ip(), port }.into()),
        (true, None) => Err(DnsFailed { host: host.to_owned(), why: "the answer is empty".to_owned() }.into()),
    }
}
