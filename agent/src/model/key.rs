//! The key of an endpoint. It is shown nowhere, and only the client of the models opens it.

use reqwest::header::HeaderValue;
use sayflow_engine::vault::Credential;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// What is shown in the place of a key.
const HIDDEN: &str = "(hidden)";

/// A key. It prints as `(hidden)`, is written as that, and is wiped from memory when dropped.
#[derive(Clone)]
pub struct ApiKey(SecretString);

impl ApiKey {
    /// A key; spaces and line breaks around it are no part of it.
    pub fn new(text: &str) -> Self {
        Self(SecretString::from(text.trim().to_owned()))
    }

    /// The key of an account of the type `openai`; none where the account has none.
    #[expect(clippy::disallowed_methods, reason = "the client of the models sends it to the host that the account is bound to")]
    pub(super) fn of_account(account: &Credential) -> Option<Self> {
        account.secret("api_key").map(|secret| Self::new(secret.reveal())).filter(|key| !key.is_empty())
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.exposed().is_empty()
    }

    /// What goes into the header `Authorization`; none where it cannot stand in a header.
    pub(super) fn bearer(&self) -> Option<HeaderValue> {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", self.exposed())).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// The form that async-openai keeps.
    pub(super) fn secret(&self) -> &SecretString {
        &self.0
    }

    /// A text of the other side without the key.
    pub(super) fn taken_out_of(&self, text: &str) -> String {
        if self.is_empty() { text.to_owned() } else { text.replace(self.exposed(), HIDDEN) }
    }

    #[expect(clippy::disallowed_methods, reason = "this is the client of the models, which puts the key on the wire")]
    fn exposed(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey{HIDDEN}")
    }
}

impl PartialEq for ApiKey {
    fn eq(&self, other: &Self) -> bool {
        self.exposed() == other.exposed()
    }
}

impl Eq for ApiKey {}

impl Serialize for ApiKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(HIDDEN)
    }
}

impl<'de> Deserialize<'de> for ApiKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self::new(&text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_shows_nowhere() {
        let key: ApiKey = serde_json::from_str("\" sk-very-secret\\n\"").unwrap();
        assert_eq!(key, ApiKey::new("sk-very-secret"));
        let shown = format!("{key:?} {} {:?}", serde_json::to_string(&key).unwrap(), key.bearer());
        assert!(!shown.contains("sk-very"), "{shown}");
        assert_eq!(key.taken_out_of("wrong key sk-very-secret given"), "wrong key (hidden) given");
    }

    #[test]
    fn a_key_with_a_line_break_in_it_is_no_header() {
        assert_eq!(ApiKey::new("a\nb").bearer(), None);
    }
}
