//! What a person has to say yes to before a run. Reads, and writes of files inside the workspace folder, that the
//! person's own words name need no approval; all else in the footprint does, once.

use sayflow_protocol::api::ApprovalView;
use sayflow_protocol::{ApprovalId, Destination, DestinationKind, Effect, Footprint, FootprintEntry};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// What stands for a yes to everything, as `--yes` gives it.
const EVERYTHING: &str = "*";

/// Words by which people ask for a language model without naming one.
const ANY_MODEL: &[&str] = &["ai", "llm", "language model"];

/// The default model and the roles of the settings: words that people use for other things.
const NO_MODELS_NAME: &[&str] = &["default", "plan", "fill", "chat", "judge"];

/// Shorter names of files are found in words by accident.
const SHORTEST_STEM: usize = 3;

/// Lines of a footprint that need a yes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Needed {
    lines: Vec<FootprintEntry>,
    hash: String,
}

/// What exactly is run. A yes is for this and nothing else: the same places with another text, other inputs or in
/// another folder are another matter.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Payload<'a> {
    /// The document in the form in which it is kept.
    pub(super) document: &'a str,
    pub(super) inputs: &'a BTreeMap<&'a str, &'a Value>,
    pub(super) workspace: &'a str,
    pub(super) footprint: &'a Footprint,
}

/// What needs a yes, if anything does. `words` is what the person said; none when they named the document itself, in
/// which every place is written.
pub(super) fn needed(payload: Payload<'_>, words: Option<&str>) -> Option<Needed> {
    let words = words.map(str::to_lowercase);
    let lines: Vec<FootprintEntry> = payload.footprint.iter().filter(|line| !is_covered(line, words.as_deref())).cloned().collect();
    (!lines.is_empty()).then(|| Needed { lines, hash: hash(payload) })
}

/// The steps that read where the person's words name no place.
pub(super) fn unnamed_reads(footprint: &Footprint, words: &str) -> BTreeSet<String> {
    let words = words.to_lowercase();
    let unnamed = footprint.iter().filter(|line| line.effect == Effect::Read && !is_named(line, &words));
    unnamed.flat_map(|line| line.steps.iter().cloned()).collect()
}

impl Needed {
    /// Whether this answer is the yes.
    pub(super) fn is_given(&self, approve: Option<&str>) -> bool {
        approve.is_some_and(|given| given == EVERYTHING || given.eq_ignore_ascii_case(&self.hash))
    }

    pub(super) fn into_view(self, id: ApprovalId, workflow: &str) -> ApprovalView {
        let places: Vec<String> = self.lines.iter().map(FootprintEntry::in_words).collect();
        let what = format!("Let \"{workflow}\" {}?", places.join(", "));
        ApprovalView { id, what, payload_hash: self.hash, footprint: self.lines }
    }
}

/// SHA-256 over the canonical JSON: lists in their order, the keys in the order of the type, inputs by name.
fn hash(payload: Payload<'_>) -> String {
    let canonical = serde_json::to_vec(&payload).unwrap_or_default();
    hex::encode(Sha256::digest(canonical))
}

fn is_covered(line: &FootprintEntry, words: Option<&str>) -> bool {
    let harmless = match line.effect {
        Effect::None => return true,
        Effect::Read => true,
        Effect::Write => line.kind == DestinationKind::File,
    };
    harmless && words.is_none_or(|words| is_named(line, words))
}

/// Whether the person's words (in lower case) name the place.
fn is_named(line: &FootprintEntry, words: &str) -> bool {
    let Destination::Fixed(place) = &line.destination else { return false };
    let place = place.to_lowercase();
    if place.is_empty() {
        return false;
    }
    match line.kind {
        DestinationKind::Host => has_word(words, host_of(&place)),
        DestinationKind::File | DestinationKind::Database => names_file(words, &place),
        DestinationKind::Channel | DestinationKind::Recipient | DestinationKind::Resource | DestinationKind::Workflow => {
            has_word(words, place.trim_start_matches(['#', '@']))
        }
        DestinationKind::Model => {
            let has_name = !NO_MODELS_NAME.contains(&place.as_str());
            (has_name && has_word(words, &place)) || ANY_MODEL.iter().any(|word| has_word(words, word))
        }
    }
}

/// `host` of `host:port`.
fn host_of(place: &str) -> &str {
    match place.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host.trim_start_matches('[').trim_end_matches(']'),
        _ => place,
    }
}

/// A file is named by its path, its name, or its name without the extension: "save it to report as JSON".
fn names_file(words: &str, path: &str) -> bool {
    let path = path.trim_start_matches("./");
    if path.is_empty() || path == "." {
        // The workspace folder itself: where the person stands.
        return true;
    }
    let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or(path);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    has_word(words, path) || has_word(words, name) || (stem.len() >= SHORTEST_STEM && has_word(words, stem))
}

/// Whether a text occurs and is not a part of a longer word.
fn has_word(words: &str, text: &str) -> bool {
    if text.is_empty() {
        return false;
    }
    let inside = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
    words.match_indices(text).any(|(at, found)| {
        let before = words[..at].chars().next_back();
        let after = words[at + found.len()..].chars().next();
        !inside(before) && !inside(after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(effect: Effect, kind: DestinationKind, place: &str) -> FootprintEntry {
        FootprintEntry {
            effect,
            kind,
            destination: Destination::Fixed(place.into()),
            service: None,
            steps: vec!["s".into()],
            dynamic: false,
        }
    }

    fn asked(footprint: &Footprint, words: Option<&str>) -> Option<Needed> {
        needed(Payload { document: "{}", inputs: &BTreeMap::new(), workspace: "/w", footprint }, words)
    }

    fn needs(line: &FootprintEntry, words: Option<&str>) -> bool {
        asked(&vec![line.clone()], words).is_some()
    }

    #[test]
    fn reads_and_file_writes_that_the_words_name_need_no_yes() {
        let words = Some("Fetch https://api.example.com/items, keep the paid ones in orders.csv and save them to Report as JSON");
        for harmless in [
            line(Effect::Read, DestinationKind::Host, "api.example.com:443"),
            line(Effect::Read, DestinationKind::File, "data/orders.csv"),
            line(Effect::Write, DestinationKind::File, "report.json"),
            line(Effect::Read, DestinationKind::File, "."),
        ] {
            assert!(!needs(&harmless, words), "{harmless:?}");
        }
    }

    #[test]
    fn everything_else_needs_a_yes() {
        let words = Some("fetch api.example.com, read orders.csv, write report.json and post to #sales in the shop.db");
        for open in [
            line(Effect::Read, DestinationKind::Host, "other.example.com:443"),
            line(Effect::Read, DestinationKind::Host, "example.co:443"),
            line(Effect::Write, DestinationKind::Host, "api.example.com:443"),
            line(Effect::Read, DestinationKind::File, "secrets.csv"),
            line(Effect::Write, DestinationKind::File, "other.json"),
            line(Effect::Write, DestinationKind::Channel, "#sales"),
            line(Effect::Write, DestinationKind::Database, "shop.db"),
        ] {
            assert!(needs(&open, words), "{open:?}");
        }
    }

    #[test]
    fn a_document_that_the_person_named_needs_a_yes_for_writes_beyond_the_folder_only() {
        assert!(!needs(&line(Effect::Read, DestinationKind::Host, "anywhere:80"), None));
        assert!(!needs(&line(Effect::Write, DestinationKind::File, "out.csv"), None));
        assert!(needs(&line(Effect::Write, DestinationKind::Channel, "#news"), None));
        assert!(needs(&line(Effect::Write, DestinationKind::Host, "hooks.example:443"), None));
    }

    #[test]
    fn data_go_to_a_model_that_the_words_ask_for_and_to_no_other_without_a_yes() {
        let model = |name| line(Effect::Read, DestinationKind::Model, name);
        for words in ["summarize it with AI", "ask gpt-4o what it is about", "let a language model sort them"] {
            assert!(!needs(&model("gpt-4o"), Some(words)), "{words}");
        }
        for words in ["summarize it", "post it to the chat", "the default", "mail it"] {
            assert!(needs(&model("default"), Some(words)) && needs(&model("chat"), Some(words)), "{words}");
        }
        assert!(!needs(&model("default"), None), "who names the document has its places before them");
    }

    #[test]
    fn a_place_that_comes_from_data_is_named_by_no_words() {
        let mut open = line(Effect::Read, DestinationKind::Host, "");
        open.destination = Destination::Dynamic { dynamic: "item.link".into(), allow: Vec::new(), max: None };
        assert!(needs(&open, Some("read each item.link")));
    }

    #[test]
    fn the_yes_is_for_exactly_this_or_for_everything() {
        let footprint = vec![line(Effect::Write, DestinationKind::Channel, "#news")];
        let elsewhere = vec![line(Effect::Write, DestinationKind::Channel, "#other")];
        let (none, text) = (BTreeMap::new(), Value::from("x"));
        let some = BTreeMap::from([("text", &text)]);
        let this = Payload { document: "{}", inputs: &none, workspace: "/w", footprint: &footprint };
        let open = needed(this, None).unwrap();
        assert!(open.is_given(Some(&open.hash)) && open.is_given(Some("*")));
        assert!(!open.is_given(None) && !open.is_given(Some("")));
        assert_eq!(open.hash.len(), 64);
        for other in [
            Payload { footprint: &elsewhere, ..this },
            Payload { document: "{\"name\":\"other\"}", ..this },
            Payload { inputs: &some, ..this },
            Payload { workspace: "/elsewhere", ..this },
        ] {
            assert!(!needed(other, None).unwrap().is_given(Some(&open.hash)), "{other:?}");
        }
    }
}
