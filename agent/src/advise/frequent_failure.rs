//! `frequent-failure`: runs that fail again and again at the same place for the same reason.

use super::facts::Facts;
use super::suggest;
use crate::explain::{self, Known};
use sayflow_prompts::SuggestionArgs;
use sayflow_protocol::api::Suggestion;
use std::collections::BTreeMap;

/// So many runs have to be known, so many of them have to fail alike, and so many in a hundred.
const LEAST_RUNS: usize = 5;
const LEAST_FAILURES: usize = 3;
const LEAST_PERCENT: usize = 30;

pub(super) fn find(facts: &Facts<'_>) -> Vec<Suggestion> {
    let total = facts.history.counted().count();
    let mut alike: BTreeMap<(String, String), usize> = BTreeMap::new();
    for (_, error, path) in facts.history.failures() {
        *alike.entry((path, error.code.clone())).or_default() += 1;
    }
    let often =
        alike.into_iter().filter(|(_, count)| total >= LEAST_RUNS && *count >= LEAST_FAILURES && count * 100 >= total * LEAST_PERCENT);
    often.filter_map(|((path, code), count)| of(facts, &path, &code, count, total)).collect()
}

fn of(facts: &Facts<'_>, path: &str, code: &str, count: usize, total: usize) -> Option<Suggestion> {
    let (run, error, _) = facts.history.failures().find(|(_, error, at)| at == path && error.code == code)?;
    let known = Known { catalogue: facts.catalogue, journal: &[], files: &[], credentials: &facts.history.credentials, zone: "UTC" };
    let told = explain::run(facts.workflow, run, &known);
    let step = facts.places.iter().any(|place| place.path == path).then_some(path);
    let arguments = SuggestionArgs { count, total, value: code.to_owned(), other: error.message.clone(), ..SuggestionArgs::default() };
    Some(suggest("frequent-failure", step, arguments, told.fix.unwrap_or_default()))
}
