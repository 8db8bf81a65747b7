//! An account as it is stored: what may be seen in the clear, the secrets sealed.

use super::seal::{self, FORMAT};
use super::{Credential, Secret, VaultError, VaultErrorKind, VaultKey};
use indexmap::IndexMap;
use jiff::Timestamp;
use sayflow_protocol::api::CredentialInfo;
use sayflow_store::CredentialRow;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// What stands in the clear. All of it is authenticated with the secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Body {
    /// The format.
    v: u32,
    /// The id of the key that sealed the secrets.
    key: String,
    fields: IndexMap<String, String>,
    secret_fields: Vec<String>,
    hosts: Vec<String>,
}

/// What the secrets are bound to.
#[derive(Serialize)]
struct Context<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    body: &'a Body,
}

/// An account that was checked and can be sealed. Its secrets are wiped when it is dropped.
pub(super) struct Account {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) fields: IndexMap<String, String>,
    pub(super) secrets: IndexMap<String, Secret>,
    pub(super) hosts: Vec<String>,
}

/// A stored account whose clear part was read.
#[derive(Debug, Clone)]
pub(super) struct Record {
    name: String,
    kind: String,
    body: Body,
    sealed: Vec<u8>,
    updated: Timestamp,
}

impl Record {
    /// Seals an account.
    #[allow(clippy::disallowed_methods, reason = "the vault itself is where secrets are sealed")]
    pub(super) fn seal(account: &Account, key: &VaultKey, updated: Timestamp) -> Result<Self, VaultError> {
        let secrets: IndexMap<&str, &str> = account.secrets.iter().map(|(name, secret)| (name.as_str(), secret.reveal())).collect();
        let plain = Zeroizing::new(serde_json::to_vec(&secrets).map_err(|why| VaultError::invalid(why.to_string()))?);
        let body = Body {
            v: FORMAT,
            key: key.id(),
            fields: account.fields.clone(),
            secret_fields: account.secrets.keys().cloned().collect(),
            hosts: account.hosts.clone(),
        };
        let mut record = Self { name: account.name.clone(), kind: account.kind.clone(), body, sealed: Vec::new(), updated };
        record.sealed = seal::seal(key, &plain, &record.context()?)?;
        Ok(record)
    }

    /// Reads the clear part of a row.
    pub(super) fn read(row: CredentialRow) -> Result<Self, VaultError> {
        let damaged = |why: &str| {
            VaultError::new(VaultErrorKind::Damaged, format!("the stored account \"{}\" cannot be read: {why}", row.name))
                .help(format!("set it again: sayflow credentials set {} --type {} --field …", row.name, row.kind))
        };
        let body: Body = serde_json::from_str(&row.body).map_err(|why| damaged(&why.to_string()))?;
        if body.v != FORMAT {
            return Err(damaged("it was written by a newer version of Sayflow"));
        }
        let updated = Timestamp::from_microsecond(row.updated).map_err(|_| damaged("its time is no time"))?;
        Ok(Self { name: row.name, kind: row.kind, body, sealed: row.sealed, updated })
    }

    /// The row that is stored.
    pub(super) fn to_row(&self) -> Result<CredentialRow, VaultError> {
        let body = serde_json::to_string(&self.body).map_err(|why| VaultError::invalid(why.to_string()))?;
        Ok(CredentialRow {
            name: self.name.clone(),
            kind: self.kind.clone(),
            body,
            sealed: self.sealed.clone(),
            updated: self.updated.as_microsecond(),
        })
    }

    /// Opens the secrets.
    pub(super) fn open(&self, key: &VaultKey) -> Result<Credential, VaultError> {
        let damaged = || {
            VaultError::new(
                VaultErrorKind::Damaged,
                format!("the account \"{}\" was changed outside of Sayflow, so it is not used", self.name),
            )
            .help(format!("set it again: sayflow credentials set {} --type {} --field …", self.name, self.kind))
        };
        let plain = seal::open(key, &self.sealed, &self.context()?).ok_or_else(damaged)?;
        // The error of serde_json is not passed on: it could quote what it read.
        let secrets: IndexMap<String, String> = serde_json::from_slice(&plain).map_err(|_| damaged())?;
        let opened = secrets.into_iter().map(|(name, text)| (name, Secret::new(text))).collect();
        Ok(Credential {
            name: self.name.clone(),
            kind: self.kind.clone(),
            hosts: self.body.hosts.clone(),
            fields: self.body.fields.clone(),
            secrets: opened,
        })
    }

    /// Its type.
    pub(super) fn kind(&self) -> &str {
        &self.kind
    }

    /// What may be said of it.
    pub(super) fn info(&self) -> CredentialInfo {
        CredentialInfo {
            name: self.name.clone(),
            kind: self.kind.clone(),
            hosts: self.body.hosts.clone(),
            fields: self.body.fields.clone(),
            secret_fields: self.body.secret_fields.clone(),
            updated: self.updated,
        }
    }

    fn context(&self) -> Result<Vec<u8>, VaultError> {
        serde_json::to_vec(&Context { name: &self.name, kind: &self.kind, body: &self.body })
            .map_err(|why| VaultError::invalid(why.to_string()))
    }
}
