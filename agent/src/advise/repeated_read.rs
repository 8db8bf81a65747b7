//! `repeated-read`: the same thing is read twice in one run.

use super::facts::{Facts, Place};
use super::suggest;
use crate::edit;
use sayflow_engine::footprint::footprint;
use sayflow_prompts::SuggestionArgs;
use sayflow_protocol::api::Suggestion;
use sayflow_protocol::workflow::Step;
use sayflow_protocol::{Effect, FootprintEntry};

pub(super) fn find(facts: &Facts<'_>) -> Vec<Suggestion> {
    let places = footprint(facts.workflow, facts.catalogue);
    let reads: Vec<&Place<'_>> = facts.places.iter().filter(|place| place.effect == Effect::Read && !place.on_failure).collect();
    let mut found = Vec::new();
    for (at, later) in reads.iter().enumerate() {
        let first = reads[..at].iter().find(|first| first.within == later.within && are_same(first.step, later.step));
        let Some(first) = first.filter(|_| !is_written(&places, &later.path)) else { continue };
        let operations = edit::merged(facts.workflow, &first.path, &later.path).map(|new| edit::diff(facts.workflow, &new));
        let arguments = SuggestionArgs { other: first.path.clone(), ..SuggestionArgs::default() };
        found.push(suggest("repeated-read", Some(&later.path), arguments, operations.unwrap_or_default()));
    }
    found
}

/// Whether two steps read the same at about the same time.
fn are_same(one: &Step, other: &Step) -> bool {
    let plain = |step: &Step| {
        let steered = step.condition.is_some() || step.else_of.is_some() || step.when.is_some() || step.repeat.is_some();
        !steered && step.for_each.is_none() && step.needs.is_empty()
    };
    plain(one) && plain(other) && one.uses == other.uses && one.with == other.with && one.credential == other.credential
}

/// Whether the workflow may change the place that a step reads.
fn is_written(places: &[FootprintEntry], path: &str) -> bool {
    let read: Vec<&FootprintEntry> =
        places.iter().filter(|place| place.effect == Effect::Read && place.steps.iter().any(|step| step == path)).collect();
    places.iter().filter(|place| place.effect == Effect::Write).any(|write| {
        read.iter().any(|read| read.kind == write.kind && (write.dynamic || read.dynamic || read.destination == write.destination))
    })
}
