//! Which steps come before a step, also in a document that does not pass its checks: references are found by their
//! spelling, so that a broken draft can still be drawn.

use regex::Regex;
use sayflow_protocol::workflow::{Condition, Step};
use serde_json::Value;
use std::sync::LazyLock;

static REFERENCE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"\bsteps\s*(?:\.\s*([A-Za-z_$][\w$]*)|\[\s*["']([^"']+)["']\s*\])"#).ok());

/// The ids among `siblings` that `step` refers to or needs, in the order of `siblings`.
pub(crate) fn needs(step: &Step, siblings: &[Step]) -> Vec<String> {
    let mut named: Vec<String> = step.needs.clone();
    named.extend(step.else_of.clone());
    collect(step, &mut named);
    siblings.iter().map(|sibling| &sibling.id).filter(|id| **id != step.id && named.contains(id)).cloned().collect()
}

fn collect(step: &Step, named: &mut Vec<String>) {
    step.with.values().chain(step.outputs.values()).chain(&step.for_each).for_each(|value| collect_value(value, named));
    for condition in [step.condition.as_ref(), step.repeat.as_ref().map(|repeat| &repeat.until)].into_iter().flatten() {
        if let Condition::Expression(text) = condition {
            collect_text(text, named);
        }
    }
    if let Some(key) = &step.idempotency_key {
        collect_text(key, named);
    }
    // Inner steps see the outer ones; an inner id that hides an outer one is rare and costs one line too many.
    step.steps.iter().for_each(|inner| collect(inner, named));
}

fn collect_value(value: &Value, named: &mut Vec<String>) {
    match value {
        Value::String(text) => collect_text(text, named),
        Value::Array(list) => list.iter().for_each(|entry| collect_value(entry, named)),
        Value::Object(map) => map.values().for_each(|entry| collect_value(entry, named)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn collect_text(text: &str, named: &mut Vec<String>) {
    let Some(reference) = REFERENCE.as_ref() else { return };
    for part in text.split("${{").skip(1) {
        let expression = part.split("}}").next().unwrap_or_default();
        for found in reference.captures_iter(expression) {
            named.extend(found.get(1).or_else(|| found.get(2)).map(|id| id.as_str().to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_needs_and_else_of_count_and_plain_text_does_not() {
        let steps: Vec<Step> = serde_json::from_value(serde_json::json!([
            { "id": "a", "uses": "x" },
            { "id": "b", "uses": "x" },
            { "id": "c", "uses": "x" },
            { "id": "d", "uses": "x" },
            { "id": "e-1", "uses": "x" },
            { "id": "z", "uses": "x", "needs": ["b"], "else_of": "c", "if": "${{ steps['e-1'].output.ok }}",
              "with": { "text": "steps.d is ${{ steps.a.output.title }}" } },
        ]))
        .unwrap();
        assert_eq!(needs(&steps[5], &steps), ["a", "b", "c", "e-1"]);
    }
}
