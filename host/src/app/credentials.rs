//! Accounts.

use super::App;
use crate::error::AppError;
use crate::principal::{Command, Principal};
use sayflow_protocol::api::credential::{CredentialFieldInfo, CredentialList, CredentialTypeInfo, CredentialTypeList};
use sayflow_protocol::api::{CredentialInfo, SetCredential};

#[allow(clippy::missing_errors_doc, reason = "see AppError")]
impl App {
    /// The accounts by name, without their secrets.
    pub async fn credentials(&self, principal: &Principal) -> Result<CredentialList, AppError> {
        self.allow(principal, Command::ReadCredentials)?;
        Ok(CredentialList { credentials: self.parts.vault.list().await? })
    }

    /// The types of accounts, with what there is to fill in.
    pub fn credential_types(&self, principal: &Principal) -> Result<CredentialTypeList, AppError> {
        self.allow(principal, Command::ReadCatalogue)?;
        let field = |field: &sayflow_engine::vault::CredentialField| CredentialFieldInfo {
            name: field.name.clone(),
            help: field.help.clone(),
            secret: field.secret,
            required: field.required,
            default: field.default.clone(),
            choices: field.choices.clone(),
        };
        let types = self.parts.catalogue.credential_types().map(|kind| CredentialTypeInfo {
            id: kind.id.clone(),
            title: kind.title.clone(),
            fields: kind.fields.iter().map(field).collect(),
        });
        Ok(CredentialTypeList { types: types.collect() })
    }

    /// Keeps an account.
    pub async fn set_credential(&self, principal: &Principal, name: &str, request: SetCredential) -> Result<CredentialInfo, AppError> {
        self.allow(principal, Command::ChangeCredential)?;
        let info = self.parts.vault.set(name, request, &self.parts.catalogue).await?;
        self.parts.models.refresh().await;
        Ok(info)
    }

    /// Removes an account.
    pub async fn delete_credential(&self, principal: &Principal, name: &str) -> Result<(), AppError> {
        self.allow(principal, Command::ChangeCredential)?;
        self.parts.vault.remove(name).await?;
        self.parts.models.refresh().await;
        Ok(())
    }
}
