//! Why a name gives no address that steps may connect to.

use std::net::IpAddr;

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
    pub(super) host: String,
    pub(super) why: String,
}
