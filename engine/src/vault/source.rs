//! Where steps get their accounts from: the vault, or nothing.

use super::Credential;
use crate::action::StepError;
use async_trait::async_trait;

/// Gives steps their accounts.
#[async_trait]
pub trait CredentialSource: Send + Sync {
    /// The credential with a name, or the only one of a type.
    ///
    /// # Errors
    /// When there is none, or more than one and no name.
    async fn resolve(&self, kind: &str, named: Option<&str>) -> Result<Credential, StepError>;
}

/// A source without credentials, for installations and tests that have none.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoCredentials;

#[async_trait]
impl CredentialSource for NoCredentials {
    async fn resolve(&self, kind: &str, _: Option<&str>) -> Result<Credential, StepError> {
        Err(StepError::new("no_credential", format!("there is no account of type \"{kind}\""))
            .help(format!("set one with: sayflow credentials set {kind} --field token=…")))
    }
}
