//! Types of credentials: which fields they have and where they may be sent.

/// A type of credential, such as `slack` or `smtp`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialType {
    /// Its id.
    pub id: String,
    /// A few words.
    pub title: String,
    /// Its fields in the order of a form.
    pub fields: Vec<CredentialField>,
    /// Where it may be sent.
    pub hosts: HostRule,
}

/// A field of a credential type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialField {
    /// Its name.
    pub name: String,
    /// What belongs there.
    pub help: String,
    /// Whether it must not be seen.
    pub secret: bool,
    /// Whether it must be given.
    pub required: bool,
    /// What stands there when it is not given.
    pub default: Option<String>,
    /// The values that it may have; empty for any.
    pub choices: Vec<String>,
}

/// Where a credential may be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostRule {
    /// To the host and port of the URL in a field (its default included).
    UrlField(String),
    /// To the host and port of the address in a secret field, as of an incoming webhook, whose path or query is the
    /// secret.
    SecretUrlField(String),
    /// To the host in one field and the port in another.
    HostPortFields {
        /// The field with the host.
        host: String,
        /// The field with the port.
        port: String,
    },
    /// To the hosts that are named when it is set; at least one must be.
    Named,
    /// To nobody: it is what others prove to us.
    Nowhere,
}
