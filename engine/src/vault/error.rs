//! Why an account cannot be set or used. No message ever holds a secret.

use crate::action::StepError;
use std::fmt;

/// The kinds of failure, for those who branch on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VaultErrorKind {
    /// What was given makes no account: an unknown type or field, a missing field, a bad value.
    Invalid,
    /// There is no such account, or none of the type.
    Missing,
    /// There are several of the type and none was named.
    Ambiguous,
    /// The key is not there, cannot be read, or is not the one that the accounts were sealed with.
    Key,
    /// A record was changed behind the vault's back, or is from a newer version.
    Damaged,
    /// The store failed.
    Store,
}

/// A failure of the vault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct VaultError {
    /// What kind.
    pub kind: VaultErrorKind,
    /// What happened.
    pub message: String,
    /// The way out.
    pub help: Option<String>,
}

impl VaultErrorKind {
    /// The stable word.
    pub fn code(self) -> &'static str {
        match self {
            Self::Invalid => "invalid_credential",
            Self::Missing => "no_credential",
            Self::Ambiguous => "ambiguous_credential",
            Self::Key => "vault_key",
            Self::Damaged => "vault_damaged",
            Self::Store => "store_failed",
        }
    }
}

impl fmt::Display for VaultErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl VaultError {
    pub(super) fn new(kind: VaultErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), help: None }
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(VaultErrorKind::Invalid, message)
    }

    pub(super) fn key(message: impl Into<String>) -> Self {
        Self::new(VaultErrorKind::Key, message)
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl From<sayflow_store::StoreError> for VaultError {
    fn from(why: sayflow_store::StoreError) -> Self {
        Self::new(VaultErrorKind::Store, why.to_string())
    }
}

impl From<VaultError> for StepError {
    fn from(why: VaultError) -> Self {
        let error = Self::new(why.kind.code(), why.message);
        match why.help {
            Some(help) => error.help(help),
            None => error,
        }
    }
}
