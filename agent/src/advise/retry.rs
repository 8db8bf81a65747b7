//! `missing-retry`: a read over the network that is tried only once.

use super::facts::Facts;
use super::{set, suggest};
use sayflow_prompts::SuggestionArgs;
use sayflow_protocol::api::Suggestion;
use serde_json::json;

pub(super) fn find(facts: &Facts<'_>) -> Vec<Suggestion> {
    let once = facts.places.iter().filter(|place| place.is_network_read() && place.step.retry.is_none());
    let suggestion = |place: &super::facts::Place<'_>| {
        let failed = facts.history.failures().filter(|(_, _, path)| *path == place.path).count();
        let arguments = SuggestionArgs { count: failed, total: facts.history.counted().count(), ..SuggestionArgs::default() };
        let retry = json!({ "max_attempts": 4, "backoff": "2s" });
        suggest("missing-retry", Some(&place.path), arguments, vec![set(&place.path, "/retry", retry)])
    };
    once.map(suggestion).collect()
}
