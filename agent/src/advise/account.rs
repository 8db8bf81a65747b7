//! `missing-account`: a step that needs an account which is not there.

use super::facts::{Facts, Place};
use super::suggest;
use crate::explain::account_command;
use sayflow_prompts::SuggestionArgs;
use sayflow_protocol::api::Suggestion;

pub(super) fn find(facts: &Facts<'_>) -> Vec<Suggestion> {
    let mut found: Vec<(String, Suggestion)> = Vec::new();
    for (command, suggestion) in facts.places.iter().filter_map(|place| of(facts, place)) {
        // One account may serve several steps.
        if !found.iter().any(|(known, _)| *known == command) {
            found.push((command, suggestion));
        }
    }
    found.into_iter().map(|(_, suggestion)| suggestion).collect()
}

fn of(facts: &Facts<'_>, place: &Place<'_>) -> Option<(String, Suggestion)> {
    let spec = place.spec?;
    let kind = spec.credential.as_deref()?;
    let named = place.step.credential.as_deref();
    let there = facts.history.credentials.iter().any(|(name, kind)| match named {
        Some(named) => name == named,
        None => spec.takes_credential(kind),
    });
    if there || (named.is_none() && spec.credential_optional) {
        return None;
    }
    let command = account_command(facts.catalogue, kind, named);
    let arguments = SuggestionArgs { value: command.clone(), other: named.unwrap_or(kind).to_owned(), ..SuggestionArgs::default() };
    Some((command, suggest("missing-account", Some(&place.path), arguments, Vec::new())))
}
