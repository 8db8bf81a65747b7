//! `NAME=VALUE` and JSON on the command line.

use serde_json::Value;

/// Splits it at the first equals sign.
pub fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

/// A JSON value, or that of the file behind an `@`.
pub fn payload(text: &str) -> Result<Value, String> {
    let json = match text.strip_prefix('@') {
        Some(path) => crate::document::file(path).map_err(|failure| failure.message)?,
        None => text.to_owned(),
    };
    serde_json::from_str(&json).map_err(|why| format!("this is not JSON ({why})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_split_at_the_first_equals_sign() {
        assert_eq!(pair("url=http://a/?b=c"), Ok(("url".to_owned(), "http://a/?b=c".to_owned())));
        assert_eq!(payload("{\"a\": 1}"), Ok(serde_json::json!({ "a": 1 })));
        assert!(payload("{a: 1}").unwrap_err().contains("not JSON"));
        assert!(payload("@/no/such/file").unwrap_err().contains("no file"));
        assert!(pair("novalue").is_err() && pair("=x").is_err());
    }
}
