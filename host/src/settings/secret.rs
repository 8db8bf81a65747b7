//! A secret in the settings, such as the key of a server, which no message, log or page may show.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A text that shows itself to nobody by accident.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretText(String);

impl SecretText {
    /// The text: for whoever sends it to its server, and nobody else.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<&str> for SecretText {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretText{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_never_shows() {
        let secret = SecretText::from("s3cret");
        assert_eq!((format!("{secret} {secret:?}"), secret.reveal()), ("(secret) SecretText(secret)".to_owned(), "s3cret"));
    }
}
