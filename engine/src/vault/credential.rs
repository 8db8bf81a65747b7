//! An opened credential, as a step gets it.

use super::Secret;
use indexmap::IndexMap;

/// An account. Its plain fields can be read; its secrets can only be handed on to a dialer.
#[derive(Debug, Clone)]
pub struct Credential {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: String,
    /// The hosts it may be sent to: `host` (any port) or `host:port`, lower case.
    pub hosts: Vec<String>,
    /// Fields that are not secret, defaults filled in.
    pub fields: IndexMap<String, String>,
    /// Secret fields.
    pub secrets: IndexMap<String, Secret>,
}

impl Credential {
    /// A plain field.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    /// A secret field.
    pub fn secret(&self, name: &str) -> Option<&Secret> {
        self.secrets.get(name)
    }

    /// Whether it may be sent to a host and port.
    pub fn may_go_to(&self, host: &str, port: u16) -> bool {
        let host = host.to_ascii_lowercase();
        let with_port = format!("{host}:{port}");
        self.hosts.iter().any(|allowed| *allowed == host || *allowed == with_port)
    }
}
