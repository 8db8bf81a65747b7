//! `unused-output`: a step that finds something out that nobody uses.

use super::facts::{Facts, Place};
use super::suggest;
use crate::edit;
use sayflow_prompts::SuggestionArgs;
use sayflow_protocol::Effect;
use sayflow_protocol::api::{Operation, Suggestion};

pub(super) fn find(facts: &Facts<'_>) -> Vec<Suggestion> {
    // Where nothing is written and nothing handed back, what the steps found out is what people look at.
    let delivers = facts.writes().next().is_some() || !facts.workflow.outputs.is_empty();
    if !delivers {
        return Vec::new();
    }
    let used = edit::used_steps(facts.workflow);
    facts.places.iter().filter(|place| is_unused(place, &used)).map(|place| of(facts, place)).collect()
}

fn is_unused(place: &Place<'_>, used: &[String]) -> bool {
    let step = place.step;
    let Some(spec) = place.spec else { return false };
    let acts = place.effect == Effect::Write || spec.responds || spec.id.starts_with("flow.");
    // An `if` of its own, or a wait, may be what it is there for.
    let steers = step.condition.is_some() || step.else_of.is_some() || step.when.is_some() || step.repeat.is_some();
    !acts && !steers && !place.on_failure && !used.contains(&place.path)
}

fn of(facts: &Facts<'_>, place: &Place<'_>) -> Suggestion {
    let times = facts.history.durations(&place.path);
    let runs = u64::try_from(times.len()).unwrap_or(u64::MAX).max(1);
    let average = times.iter().sum::<u64>() / runs;
    let arguments = SuggestionArgs {
        total: times.len(),
        value: super::history::in_words(average),
        other: if place.effect == Effect::Read { "read".to_owned() } else { String::new() },
        ..SuggestionArgs::default()
    };
    suggest("unused-output", Some(&place.path), arguments, vec![Operation::Remove { step: place.path.clone() }])
}
