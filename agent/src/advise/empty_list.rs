//! `empty-list`: a message that is made of a list and sent also when the list is empty.

use super::facts::{Facts, Place};
use super::{set, suggest};
use sayflow_engine::expr::mentions;
use sayflow_prompts::SuggestionArgs;
use sayflow_protocol::StepStatus;
use sayflow_protocol::api::Suggestion;
use serde_json::Value;

pub(super) fn find(facts: &Facts<'_>) -> Vec<Suggestion> {
    facts.places.iter().filter(|place| !place.on_failure).filter_map(|place| of(facts, place)).collect()
}

fn of(facts: &Facts<'_>, place: &Place<'_>) -> Option<Suggestion> {
    let step = place.step;
    let param = place.message_param()?;
    if step.condition.is_some() || step.else_of.is_some() || step.when.is_some() || place.looped.is_some() {
        return None;
    }
    let (source, list) = step.with.get(param).and_then(Value::as_str).and_then(|text| list_of(facts, place, text))?;
    // Where the list itself comes under a condition, the message goes the same way.
    if source.condition.is_some() || source.else_of.is_some() {
        return None;
    }
    let id = if source.id.contains('-') { format!("['{}']", source.id) } else { format!(".{}", source.id) };
    let condition = format!("${{{{ steps{id}.output.{list}.length > 0 }}}}");
    let empty = |views: &&(&sayflow_protocol::RunView, &sayflow_protocol::StepView)| {
        let output = views.1.output.as_ref().and_then(|output| output.get(&list)).and_then(Value::as_array);
        let sent = views.0.steps.iter().any(|view| view.id == place.path && view.status == StepStatus::Succeeded);
        output.is_some_and(Vec::is_empty) && sent
    };
    let seen: Vec<_> = facts.history.of_step(&source.id).collect();
    let arguments = SuggestionArgs {
        count: seen.iter().filter(empty).count(),
        total: seen.len(),
        other: source.id.clone(),
        ..SuggestionArgs::default()
    };
    Some(suggest("empty-list", Some(&place.path), arguments, vec![set(&place.path, "/if", condition)]))
}

/// The step and the member of its output that is a list, which a text is made of. Not where the text says something besides.
fn list_of<'a>(facts: &Facts<'a>, place: &Place<'a>, text: &str) -> Option<(&'a sayflow_protocol::workflow::Step, String)> {
    let text = text.trim();
    let only = text.starts_with("${{") && text.ends_with("}}") && text.matches("${{").count() == 1;
    if !only {
        return None;
    }
    mentions(text).iter().filter(|mention| mention.root == "steps").find_map(|mention| {
        let [id, output, member, rest @ ..] = mention.parts.as_slice() else { return None };
        let source = place.siblings.iter().find(|step| step.id == id.name)?;
        let spec = source.uses.as_deref().and_then(|uses| facts.catalogue.spec(uses))?;
        let schema = spec.output.get("properties")?.get(&member.name)?;
        let counted = rest.first().is_some_and(|part| part.name == "length");
        let list = schema.get("type").is_some_and(|kind| kind == "array") && source.for_each.is_none();
        (output.name == "output" && list && !counted).then(|| (source, member.name.clone()))
    })
}
