//! `NAME=VALUE` on the command line.

/// Splits it at the first equals sign.
pub fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_split_at_the_first_equals_sign() {
        assert_eq!(pair("url=http://a/?b=c"), Ok(("url".to_owned(), "http://a/?b=c".to_owned())));
        assert!(pair("novalue").is_err() && pair("=x").is_err());
    }
}
