//! `/credentials`: accounts that steps use. Secrets go in and never come out.

use indexmap::IndexMap;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What may be said of a credential.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CredentialInfo {
    /// Its name.
    pub name: String,
    /// Its type, such as `slack` or `http-bearer`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The hosts that it may be sent to (`host` or `host:port`).
    pub hosts: Vec<String>,
    /// The fields that are not secret, with their values.
    pub fields: IndexMap<String, String>,
    /// The names of the secret fields.
    pub secret_fields: Vec<String>,
    /// When it was last set.
    pub updated: Timestamp,
}

/// `PUT /credentials/{name}`.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetCredential {
    /// The type; the name when left out.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    /// All fields, secret ones too.
    pub fields: IndexMap<String, String>,
    /// Hosts it may be sent to, for types that are bound to none by themselves.
    #[serde(default)]
    pub hosts: Vec<String>,
}

impl std::fmt::Debug for SetCredential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&String> = self.fields.keys().collect();
        f.debug_struct("SetCredential").field("kind", &self.kind).field("fields", &names).finish()
    }
}

/// `GET /credentials`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CredentialList {
    /// By name.
    pub credentials: Vec<CredentialInfo>,
}

/// `GET /credential-types`: what there is to fill in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CredentialTypeList {
    /// By id.
    pub types: Vec<CredentialTypeInfo>,
}

/// A type of credential, as a form shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CredentialTypeInfo {
    /// Such as `slack` or `http-bearer`.
    pub id: String,
    /// A few words.
    pub title: String,
    /// Its fields, in the order of a form.
    pub fields: Vec<CredentialFieldInfo>,
}

/// A field of a credential type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CredentialFieldInfo {
    /// Its name.
    pub name: String,
    /// What belongs there.
    pub help: String,
    /// Whether it must not be seen.
    pub secret: bool,
    /// Whether it must be given.
    pub required: bool,
    /// What stands there when it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// The values that it may have; empty for any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
}
