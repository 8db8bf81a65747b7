//! `unlimited-writes`: a loop that sends something for each item of a list of any length.

use super::facts::{Facts, Place};
use super::{set, suggest};
use sayflow_engine::action::role;
use sayflow_engine::expr::mentions;
use sayflow_prompts::SuggestionArgs;
use sayflow_protocol::DestinationKind;
use sayflow_protocol::api::{Operation, Suggestion};
use sayflow_protocol::workflow::Step;
use serde_json::{Value, json};

/// The action that limits a list.
const LIMIT: &str = "data.limit";
/// The least that is proposed, and how many times the most that was seen.
const LEAST: u32 = 100;
const TIMES: u32 = 2;

pub(super) fn find(facts: &Facts<'_>) -> Vec<Suggestion> {
    let mut found: Vec<Suggestion> = Vec::new();
    for place in facts.writes().filter(|place| sends(place)) {
        let Some(looped) = place.looped else { continue };
        let Some(loop_at) = facts.places.iter().find(|other| std::ptr::eq(other.step, looped)) else { continue };
        if !found.iter().any(|known| known.step.as_deref() == Some(loop_at.path.as_str())) {
            found.extend(of(facts, loop_at));
        }
    }
    found
}

/// Whether it reaches people or services outside.
fn sends(place: &Place<'_>) -> bool {
    let outside =
        |kind| matches!(kind, DestinationKind::Channel | DestinationKind::Recipient | DestinationKind::Host | DestinationKind::Resource);
    place.spec.is_some_and(|spec| spec.destinations.iter().any(|rule| outside(rule.kind)))
}

fn of(facts: &Facts<'_>, place: &Place<'_>) -> Option<Suggestion> {
    let list = place.step.for_each.as_ref()?.as_str()?;
    if list.contains(".slice(") || is_limited(facts, place.siblings, list, 0) {
        return None;
    }
    let most = facts.history.of_step(&place.path).filter_map(|(_, view)| view.items.map(|items| items.total)).max();
    let count = most.map_or(LEAST, |most| most.saturating_mul(TIMES).max(LEAST));
    let source =
        mentions(list).into_iter().find(|mention| mention.root == "steps").and_then(|mention| Some(mention.parts.first()?.name.clone()));
    let source = source.filter(|id| place.siblings.iter().any(|step| step.id == *id));
    let operations = match source.filter(|_| facts.catalogue.spec(LIMIT).is_some()) {
        Some(after) => {
            let id = facts.free_id("limited");
            let step = json!({ "id": id, "uses": LIMIT, "with": { "items": list, "count": count } });
            vec![
                Operation::Add { step, after: Some(after), within: place.within.clone() },
                set(&place.path, "/for_each", format!("${{{{ steps.{id}.output.items }}}}")),
            ]
        }
        None => Vec::new(),
    };
    let arguments = SuggestionArgs {
        count: most.unwrap_or_default() as usize,
        total: facts.history.of_step(&place.path).count(),
        value: count.to_string(),
        ..SuggestionArgs::default()
    };
    Some(suggest("unlimited-writes", Some(&place.path), arguments, operations))
}

/// Whether a list comes through a step that limits it.
fn is_limited(facts: &Facts<'_>, siblings: &[Step], text: &str, depth: usize) -> bool {
    if depth > siblings.len() {
        return false;
    }
    mentions(text).iter().filter(|mention| mention.root == "steps").any(|mention| {
        let source = mention.parts.first().and_then(|part| siblings.iter().find(|step| step.id == part.name));
        source.is_some_and(|step| {
            let spec = step.uses.as_deref().and_then(|uses| facts.catalogue.spec(uses));
            let counts = spec.and_then(|spec| spec.param_with_role(role::COUNT)).is_some_and(|param| step.with.contains_key(param));
            // A statement says itself how many rows it gives.
            let sql = spec.and_then(|spec| spec.param_with_role(role::SQL)).and_then(|param| step.with.get(param)).and_then(Value::as_str);
            let limited = counts || sql.is_some_and(|sql| sql.to_lowercase().contains(" limit "));
            limited || step.with.values().filter_map(Value::as_str).any(|text| is_limited(facts, siblings, text, depth + 1))
        })
    })
}
