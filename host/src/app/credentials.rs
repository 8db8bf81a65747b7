//! Accounts.

use super::App;
use crate::error::AppError;
use crate::principal::{Command, Principal};
use sayflow_protocol::api::credential::CredentialList;
use sayflow_protocol::api::{CredentialInfo, SetCredential};

#[allow(clippy::missing_errors_doc, reason = "see AppError")]
impl App {
    /// The accounts by name, without their secrets.
    pub async fn credentials(&self, principal: &Principal) -> Result<CredentialList, AppError> {
        self.allow(principal, Command::ReadCredentials)?;
        Ok(CredentialList { credentials: self.parts.vault.list().await? })
    }

    /// Keeps an account.
    pub async fn set_credential(&self, principal: &Principal, name: &str, request: SetCredential) -> Result<CredentialInfo, AppError> {
        self.allow(principal, Command::ChangeCredential)?;
        Ok(self.parts.vault.set(name, request, &self.parts.catalogue).await?)
    }

    /// Removes an account.
    pub async fn delete_credential(&self, principal: &Principal, name: &str) -> Result<(), AppError> {
        self.allow(principal, Command::ChangeCredential)?;
        Ok(self.parts.vault.remove(name).await?)
    }
}
