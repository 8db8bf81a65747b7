//! Accounts and their secrets. Secrets are opaque: only the egress client and the mail and SQL dialers may open
//! one, which `clippy.toml` enforces.

mod credential;
mod kind;
mod secret;

pub use credential::Credential;
pub use kind::{CredentialField, CredentialType, HostRule};
pub use secret::Secret;
