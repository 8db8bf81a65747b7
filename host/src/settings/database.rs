//! The address of a database, whose password no message, log or page may show.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Such as `postgres://user:password@host/name`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// The address with its password: for whoever connects, and nobody else.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether it is the address of a kind of database that Sayflow knows.
    pub(super) fn is_known(&self) -> bool {
        ["postgres://", "postgresql://"].iter().any(|scheme| self.0.starts_with(scheme))
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&without_secrets(&self.0))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

/// The address without its password and without its parameters, one of which may be a password too.
fn without_secrets(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return "(no address)".to_owned() };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    // The last `@` ends the user's part: a password may hold one that nobody escaped.
    match rest.rsplit_once('@') {
        Some((who, place)) => format!("{scheme}://{}@{place}", who.split(':').next().unwrap_or_default()),
        None => format!("{scheme}://{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_never_shows() {
        for (url, shown) in [
            ("postgres://flow:s3cret@db.example:5432/flows", "postgres://flow@db.example:5432/flows"),
            ("postgres://flow:s3cr@et@db/flows?sslmode=require&password=s3cret", "postgres://flow@db/flows"),
            ("postgresql:///flows?host=/run/postgresql", "postgresql:///flows"),
            ("s3cret", "(no address)"),
        ] {
            let url = DatabaseUrl(url.to_owned());
            assert_eq!((url.to_string(), format!("{url:?}")), (shown.to_owned(), format!("DatabaseUrl({shown})")));
        }
    }
}
