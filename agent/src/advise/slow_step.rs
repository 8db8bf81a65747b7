//! `slow-step`: a step that takes most of the time of the runs.

use super::facts::{Facts, Place};
use super::history::{in_words, millis};
use super::{set, suggest};
use sayflow_prompts::SuggestionArgs;
use sayflow_protocol::api::Suggestion;
use sayflow_protocol::{Effect, StepStatus};

/// So many runs have to say the same.
const LEAST_RUNS: usize = 3;
/// A step that is faster than this on average is fast enough, in milliseconds.
const SLOW: u64 = 10_000;
/// The part of a run's time that is most of it, in percent.
const MOST: u64 = 60;
/// How many items at once are proposed.
const AT_ONCE: u32 = 4;

pub(super) fn find(facts: &Facts<'_>) -> Vec<Suggestion> {
    facts.places.iter().filter(|place| !place.on_failure).filter_map(|place| of(facts, place)).collect()
}

fn of(facts: &Facts<'_>, place: &Place<'_>) -> Option<Suggestion> {
    // Waiting for a time, a person or another run is what these steps are for.
    let waits = place.step.uses.as_deref().is_some_and(|uses| uses.starts_with("flow.")) || place.step.repeat.is_some();
    if waits || place.step.concurrency.is_some_and(|at_once| at_once >= AT_ONCE) {
        return None;
    }
    let ended = facts.history.of_step(&place.path).filter(|(_, view)| view.status == StepStatus::Succeeded);
    let times: Vec<(u64, u64)> =
        ended.filter_map(|(run, view)| Some((millis(view.started?, view.ended?)?, millis(run.started?, run.ended?)?))).collect();
    let runs = u64::try_from(times.len()).ok().filter(|_| times.len() >= LEAST_RUNS)?;
    let own = times.iter().map(|(own, _)| own).sum::<u64>() / runs;
    let all = times.iter().map(|(_, all)| all).sum::<u64>() / runs;
    if own < SLOW || own * 100 < all * MOST {
        return None;
    }
    // Items that only read can go side by side; writes may have an order that somebody counts on.
    let inside = facts.places.iter().filter(|other| other.path == place.path || other.path.starts_with(&format!("{}/", place.path)));
    let reads_only = inside.clone().all(|other| other.effect != Effect::Write);
    let side_by_side = place.step.for_each.is_some() && reads_only;
    let operations = if side_by_side { vec![set(&place.path, "/concurrency", AT_ONCE)] } else { Vec::new() };
    let arguments = SuggestionArgs {
        count: usize::from(side_by_side),
        total: times.len(),
        value: in_words(own),
        other: in_words(all),
        ..SuggestionArgs::default()
    };
    Some(suggest("slow-step", Some(&place.path), arguments, operations))
}
