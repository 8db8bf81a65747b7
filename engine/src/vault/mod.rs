//! Accounts and their secrets. Secrets are opaque: only the egress client and the mail and SQL dialers may open
//! one, which `clippy.toml` enforces. At rest they are sealed with AES-256-GCM; see [`Vault`].

mod credential;
mod error;
mod form;
mod handle;
mod key;
mod kind;
mod proof;
mod record;
mod rows;
mod seal;
mod secret;
mod source;
#[cfg(test)]
mod tests;

pub use credential::Credential;
pub use error::{VaultError, VaultErrorKind};
pub use handle::Vault;
pub use key::{KeySource, VaultKey};
pub use kind::{CredentialField, CredentialType, HostRule};
pub use rows::{MemoryRows, VaultRows};
pub use secret::Secret;
pub use source::{CredentialSource, NoCredentials};
