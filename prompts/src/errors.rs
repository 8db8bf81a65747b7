//! What the codes of errors mean, in plain words.

use std::collections::HashMap;
use std::sync::LazyLock;

/// One section for each error, under its codes.
const TABLE: &str = include_str!("../tables/errors.md");

/// What an error means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorMeaning {
    /// In a sentence or two.
    pub meaning: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
}

static MEANINGS: LazyLock<HashMap<&'static str, ErrorMeaning>> = LazyLock::new(|| {
    let mut found = HashMap::new();
    for section in TABLE.split("\n## ").skip(1) {
        let (codes, rest) = section.split_once('\n').unwrap_or((section, ""));
        let (meaning, remedy) = rest.trim().split_once("\n\n").unwrap_or((rest.trim(), ""));
        found.extend(codes.split(',').map(|code| (code.trim(), ErrorMeaning { meaning, remedy })));
    }
    found
});

/// What a code means; none for a code that nobody has explained.
pub fn error_meaning(code: &str) -> Option<ErrorMeaning> {
    MEANINGS.get(code).copied().filter(|_| code != "any")
}

/// What can be said of any error.
pub fn any_error() -> ErrorMeaning {
    MEANINGS.get("any").copied().unwrap_or(ErrorMeaning { meaning: "", remedy: "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_has_a_meaning_and_a_remedy() {
        assert!(MEANINGS.len() > 80);
        for (code, found) in MEANINGS.iter() {
            assert!(code.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_'), "{code}");
            for text in [found.meaning, found.remedy] {
                assert!(text.len() > 15 && text.ends_with('.') && !text.contains('!') && !text.contains('\n'), "{code}: {text}");
            }
        }
        let codes: Vec<&str> = TABLE.lines().filter_map(|line| line.strip_prefix("## ")).flat_map(|line| line.split(", ")).collect();
        assert_eq!(codes.len(), MEANINGS.len(), "no code has two sections");
    }

    #[test]
    fn codes_that_share_a_section_mean_the_same() {
        assert_eq!(error_meaning("host_unreachable"), error_meaning("connection_failed"));
        assert_eq!((error_meaning("any"), error_meaning("no_such_code")), (None, None));
        assert!(any_error().meaning.starts_with("The step could not"));
    }
}
