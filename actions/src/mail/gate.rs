//! Which addresses a mail may be handed to.

use crate::egress::EgressPolicy;
use async_trait::async_trait;
use sayflow_engine::action::StepError;
use std::net::SocketAddr;

/// Resolves a mail server's name to addresses that the egress rules allow. The mailer connects to one of exactly
/// these, so that a name that changes its mind between the check and the connection gains nothing.
#[async_trait]
pub trait Gate: Send + Sync {
    /// The addresses, best first; at least one.
    ///
    /// # Errors
    /// When the name is unknown or an address is not allowed.
    async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, StepError>;
}

#[async_trait]
impl Gate for EgressPolicy {
    async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, StepError> {
        EgressPolicy::addresses(self, host, port).await
    }
}
