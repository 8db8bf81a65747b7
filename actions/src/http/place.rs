//! Addresses as messages may show them.

/// A URL for a message: queries may hold keys.
pub fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}
