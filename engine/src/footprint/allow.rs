//! Which places a parameter may name when they come from data: patterns that a person reads and approves.

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};
use sayflow_protocol::workflow::Allowed;
use sayflow_protocol::{Destination, DestinationKind};

/// Which values a dynamic place may have.
#[derive(Debug)]
pub(crate) enum Allow {
    /// Any that the expression gives: the person approved that in words.
    Anything,
    /// Those that match.
    Patterns(GlobSet),
}

impl Allow {
    /// The values that patterns take; any when there are none.
    pub(crate) fn of(patterns: &[String], kind: DestinationKind) -> Self {
        if patterns.is_empty() {
            return Self::Anything;
        }
        let mut set = GlobSetBuilder::new();
        for pattern in patterns {
            // A folder's pattern takes the folder too: out/** stands for out and all below it.
            let folder = pattern.strip_suffix("/**").filter(|_| is_folder_kind(kind));
            for pattern in [Some(pattern.as_str()), folder].into_iter().flatten() {
                // A pattern that cannot be read permits nothing, so that the place is asked about.
                if let Ok(glob) = glob(pattern, kind) {
                    set.add(glob);
                }
            }
        }
        Self::Patterns(set.build().unwrap_or_default())
    }

    /// Whether a place is one of them. What holds characters that a reader would not see as part of one name, a line break
    /// for example, matches no pattern: what comes after it may be read as another place.
    pub(crate) fn takes(&self, name: &str) -> bool {
        match self {
            Self::Anything => true,
            Self::Patterns(patterns) => !name.contains(is_deceptive) && patterns.is_match(name),
        }
    }
}

fn glob(pattern: &str, kind: DestinationKind) -> Result<Glob, globset::Error> {
    let name = match kind {
        DestinationKind::Host => host_pattern(pattern),
        _ => pattern.to_owned(),
    };
    GlobBuilder::new(&name).literal_separator(is_folder_kind(kind)).build()
}

/// A footprint names hosts with their port, in small letters; people leave the usual port out.
fn host_pattern(pattern: &str) -> String {
    let lower = pattern.to_lowercase();
    if lower.contains(':') { lower } else { format!("{lower}:443") }
}

/// Control characters, line separators, and characters without width or that turn the direction.
fn is_deceptive(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}')
}

/// Whether places of a kind lie in folders.
pub(crate) fn is_folder_kind(kind: DestinationKind) -> bool {
    matches!(kind, DestinationKind::File | DestinationKind::Database)
}

/// Holds a place from data to what its step allows.
pub(super) fn narrow(place: &mut Destination, allowed: &Allowed) {
    if let Destination::Dynamic { allow, max, .. } = place {
        if !allowed.patterns.is_empty() {
            allow.clone_from(&allowed.patterns);
        }
        *max = allowed.max;
    }
}

/// Why a pattern cannot stand in a document: it cannot be read, or it says nothing about the place.
pub(crate) fn fault(pattern: &str, kind: DestinationKind) -> Option<String> {
    if let Err(why) = glob(pattern, kind) {
        return Some(format!("\"{pattern}\" is not a pattern: {}", why.kind()));
    }
    let says_something = pattern.chars().any(char::is_alphanumeric);
    (!says_something).then(|| format!("\"{pattern}\" takes every place, so that it holds nothing back"))
}

/// Whether what is written to the one may be found in the other.
pub(crate) fn overlap(written: &Destination, read: &Destination) -> bool {
    let under =
        |name: &str, folder: &str| folder == "." || name == folder || name.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    let all_of = |place: &Destination| match place {
        Destination::Fixed(name) => vec![name.clone()],
        Destination::Dynamic { allow, .. } if allow.is_empty() => vec![".".to_owned()],
        Destination::Dynamic { allow, .. } => allow.iter().map(|pattern| literal_folder(pattern)).collect(),
    };
    let (written, read) = (all_of(written), all_of(read));
    written.iter().any(|one| read.iter().any(|other| under(one, other) || under(other, one)))
}

/// The folder that a pattern begins with.
fn literal_folder(pattern: &str) -> String {
    let literal: Vec<&str> = pattern.split('/').take_while(|part| !part.contains(['*', '?', '[', '{', '\\'])).collect();
    if literal.is_empty() { ".".to_owned() } else { literal.join("/") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes(kind: DestinationKind, pattern: &str, name: &str) -> bool {
        Allow::of(&[pattern.to_owned()], kind).takes(name)
    }

    #[test]
    fn hosts_are_taken_by_name_at_the_usual_port_or_the_one_that_is_written() {
        assert!(takes(DestinationKind::Host, "*.Example.com", "api.example.com:443"));
        assert!(!takes(DestinationKind::Host, "*.example.com", "api.example.com:8443"));
        assert!(!takes(DestinationKind::Host, "*.example.com", "example.com.evil.example:443"));
        assert!(takes(DestinationKind::Host, "localhost:80*", "localhost:8080"));
    }

    #[test]
    fn what_hides_a_second_place_matches_no_pattern() {
        for hidden in
            ["eve@evil.example\n@example.com", "eve@evil.example\u{2028}x@example.com", "a\u{202E}b@example.com", "a\u{200B}@example.com"]
        {
            assert!(!takes(DestinationKind::Recipient, "*@example.com", hidden), "{hidden:?}");
        }
        assert!(takes(DestinationKind::Recipient, "*@example.com", "ann@example.com"));
    }

    #[test]
    fn patterns_that_say_nothing_or_cannot_be_read_have_a_fault() {
        for bad in ["*", "**", "#*", "*@*", "[", "", "?"] {
            assert!(fault(bad, DestinationKind::Channel).is_some(), "{bad}");
        }
        for good in ["#team-*", "*@example.com", "out/**"] {
            assert_eq!(fault(good, DestinationKind::Channel), None);
        }
    }

    #[test]
    fn a_file_overlaps_with_itself_its_folder_and_patterns_over_it() {
        let fixed = |name: &str| Destination::Fixed(name.into());
        let dynamic =
            |allow: &[&str]| Destination::Dynamic { dynamic: "x".into(), allow: allow.iter().map(|&p| p.to_owned()).collect(), max: None };
        for (written, read) in [
            (fixed("a/b.json"), fixed("a/b.json")),
            (fixed("a/b.json"), fixed("a")),
            (dynamic(&["a/**"]), fixed("a/b")),
            (dynamic(&[]), fixed("x")),
        ] {
            assert!(overlap(&written, &read), "{written:?} {read:?}");
        }
        for (written, read) in [(fixed("a/b.json"), fixed("a/c.json")), (dynamic(&["ab/**"]), fixed("a/b"))] {
            assert!(!overlap(&written, &read), "{written:?} {read:?}");
        }
    }
}
