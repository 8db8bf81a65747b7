//! `missing-timeout`: a read over the network that may keep a run waiting for long.

use super::facts::{Facts, Place};
use super::history::in_words;
use super::{set, suggest};
use sayflow_prompts::SuggestionArgs;
use sayflow_protocol::Interval;
use sayflow_protocol::api::Suggestion;

/// The least time that is proposed, and how many times the longest one seen, in milliseconds.
const LEAST: u64 = 30_000;
const TIMES: u64 = 5;

pub(super) fn find(facts: &Facts<'_>) -> Vec<Suggestion> {
    // Somebody who waits in front of it stops it by hand.
    if facts.workflow.triggers.is_empty() || facts.workflow.timeout.is_some() {
        return Vec::new();
    }
    let endless = facts.places.iter().filter(|place| place.is_network_read() && place.step.timeout.is_none());
    endless.map(|place| of(facts, place)).collect()
}

fn of(facts: &Facts<'_>, place: &Place<'_>) -> Suggestion {
    let seen = facts.history.durations(&place.path);
    let longest = seen.iter().max().copied().unwrap_or_default();
    let millis = (longest.saturating_mul(TIMES)).div_ceil(LEAST).max(1) * LEAST;
    let interval = Interval::from_millis(millis);
    let arguments = SuggestionArgs {
        total: seen.len(),
        value: interval.to_string(),
        other: if seen.is_empty() { String::new() } else { in_words(longest) },
        ..SuggestionArgs::default()
    };
    suggest("missing-timeout", Some(&place.path), arguments, vec![set(&place.path, "/timeout", interval.as_str())])
}
