//! One step of a workflow for people.

use crate::say;
use sayflow_engine::action::{ActionSpec, Catalogue, role};
use sayflow_prompts::{DocumentDetail, DocumentStep};
use sayflow_protocol::workflow::{Condition, OnError, Step, When};
use serde_json::Value;

/// Parameters that are told beside the label, with their names for people.
const DETAILS: &[(&str, &str)] = &[
    (role::SUBJECT, "subject"),
    (role::TEXT, "text"),
    (role::VALUE, "content"),
    (role::SQL, "statement"),
    (role::PROJECTION, "each becomes"),
    (role::REPLACEMENT, "replacement"),
];
/// Parameters of steps about time, people and other workflows, with their names for people; empty for those that the label
/// tells already.
const OF_FLOW: &[(&str, &str)] =
    &[("for", ""), ("until", ""), ("workflow", ""), ("expires", "time to decide"), ("approvers", "people who may decide")];
/// The most characters of a detail.
const MOST: usize = 160;

/// Adds the steps of a list, those of groups below their group.
pub(super) fn tell(steps: &[Step], catalogue: &Catalogue, depth: usize, told: &mut Vec<DocumentStep>) {
    for (at, step) in steps.iter().enumerate() {
        told.push(one(step, at, steps, catalogue, depth));
        tell(&step.steps, catalogue, depth + 1, told);
    }
}

fn one(step: &Step, at: usize, siblings: &[Step], catalogue: &Catalogue, depth: usize) -> DocumentStep {
    let spec = step.uses.as_deref().and_then(|uses| catalogue.spec(uses));
    let needs = say::needs(step, siblings);
    let before = at.checked_sub(1).and_then(|before| siblings.get(before));
    let in_order = before.is_none_or(|before| needs.contains(&before.id));
    let condition = |condition: &Condition| match condition {
        Condition::Bool(truth) => truth.to_string(),
        Condition::Expression(text) => say::plain(&Value::from(text.replace("inputs.", "given."))),
    };
    let last_failure = |when: When| match when {
        When::AllSucceeded => None,
        When::AnySucceeded => Some("any_succeeded".to_owned()),
        When::AllDone => Some("all_done".to_owned()),
        When::AnyFailed => Some("any_failed".to_owned()),
    };
    let label = say::label(&of_given(step), catalogue);
    DocumentStep {
        indent: "   ".repeat(depth),
        number: at + 1,
        id: step.id.clone(),
        does: if step.is_group() { String::new() } else { without_method(label.split(", for each of").next().unwrap_or_default()) },
        summary: spec.map(|spec| spec.summary.trim_end_matches('.').to_owned()),
        details: spec.map(|spec| details(step, spec)).unwrap_or_default(),
        side_by_side: at > 0 && needs.is_empty(),
        after: if in_order || needs.is_empty() { Vec::new() } else { needs },
        condition: step.condition.as_ref().map(condition),
        else_of: step.else_of.clone(),
        when: step.when.and_then(last_failure),
        for_each: step.for_each.as_ref().map(say::plain),
        at_once: step.concurrency,
        until: step.repeat.as_ref().map(|repeat| condition(&repeat.until)),
        every: step.repeat.as_ref().and_then(|repeat| repeat.every.as_ref()).map(ToString::to_string),
        most: step.repeat.as_ref().map(|repeat| repeat.max),
        attempts: step.retry.as_ref().map(|retry| retry.max_attempts).filter(|attempts| *attempts > 1),
        timeout: step.timeout.as_ref().map(ToString::to_string),
        goes_on: step.on_error == Some(OnError::Continue),
        account: step.credential.clone(),
    }
}

/// A label without the methods of HTTP, which say nothing to most people.
fn without_method(label: &str) -> String {
    let known = [
        ("GET ", "Get "),
        ("HEAD ", "Look at "),
        ("POST ", "Send to "),
        ("PUT ", "Put to "),
        ("PATCH ", "Change "),
        ("DELETE ", "Delete "),
    ];
    let found = known.iter().find_map(|(method, word)| Some(format!("{word}{}", label.strip_prefix(method)?)));
    found.unwrap_or_else(|| label.to_owned())
}

/// The step with its inputs spelled so that nobody takes them for fields: `given.status`.
fn of_given(step: &Step) -> Step {
    fn spell(value: &mut Value) {
        match value {
            Value::String(text) if text.contains("${{") => *text = text.replace("inputs.", "given."),
            Value::Array(items) => items.iter_mut().for_each(spell),
            Value::Object(members) => members.values_mut().for_each(spell),
            _ => {}
        }
    }
    let mut step = step.clone();
    step.with.values_mut().chain(&mut step.for_each).for_each(spell);
    step
}

fn details(step: &Step, spec: &ActionSpec) -> Vec<DocumentDetail> {
    let named = DETAILS.iter().filter_map(|(role, name)| Some((spec.param_with_role(role)?, *name)));
    let known = named.filter_map(|(param, name)| Some(DocumentDetail { name: name.to_owned(), text: shown(step.with.get(param)?)? }));
    let flow = step.uses.as_deref().is_some_and(|uses| uses.starts_with("flow."));
    let rest = step.with.iter().filter(|_| flow).filter_map(|(name, value)| {
        let said = OF_FLOW.iter().find(|(known, _)| known == name).map_or(name.as_str(), |(_, said)| said);
        let text = shown(value).filter(|_| !said.is_empty())?;
        Some(DocumentDetail { name: said.replace('_', " "), text })
    });
    let mut found: Vec<DocumentDetail> = known.chain(rest).collect();
    let mut told: Vec<String> = Vec::new();
    found.retain(|detail| {
        let new = !told.contains(&detail.text);
        told.push(detail.text.clone());
        new
    });
    found
}

fn shown(value: &Value) -> Option<String> {
    let text = in_words(value).split_whitespace().collect::<Vec<_>>().join(" ");
    let short = if text.chars().count() <= MOST { text } else { text.chars().take(MOST - 1).chain(['…']).collect() };
    (!short.is_empty()).then_some(short)
}

/// A value without the signs of code: `date: [now], name: [item.name]`.
fn in_words(value: &Value) -> String {
    match value {
        Value::String(text) => say::plain_whole(&text.replace("inputs.", "given.")),
        Value::Null => String::new(),
        Value::Array(items) => items.iter().map(in_words).collect::<Vec<_>>().join("; "),
        Value::Object(members) => {
            members.iter().map(|(name, member)| format!("{name}: {}", in_words(member))).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}
