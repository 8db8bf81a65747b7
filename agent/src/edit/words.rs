//! Operations in plain words, one line each.

use super::apply::canonical;
use super::change::carry_out;
use super::path::{StepPath, id_of, step};
use super::pointer;
use crate::say;
use sayflow_engine::schedule::describe;
use sayflow_prompts::{self as prompts, ChangeArgs};
use sayflow_protocol::Workflow;
use sayflow_protocol::api::Operation;
use sayflow_protocol::workflow::{Step, Trigger};
use serde_json::Value;

/// What each operation does, as a sentence each. Operations that cannot be carried out on `base` are told as they are
/// written.
pub fn in_words(base: &Workflow, operations: &[Operation]) -> Vec<String> {
    let mut document = canonical(base);
    let mut said = Vec::new();
    for operation in operations {
        let before = document.clone();
        // What cannot be carried out changes nothing; the sentence says what was meant.
        if carry_out(&mut document, operation).is_err() {
            document.clone_from(&before);
        }
        said.push(prompts::change(&told(operation, &before, &document)));
    }
    said
}

fn told(operation: &Operation, before: &Value, after: &Value) -> ChangeArgs {
    match operation {
        Operation::Add { step, after, within } => ChangeArgs {
            kind: "add".into(),
            step: StepPath::of_list(within.as_deref()).child(id_of(step)).to_string(),
            value: Some(label(step)),
            behind: after.clone(),
            within: within.clone(),
            ..ChangeArgs::default()
        },
        Operation::Remove { step } => ChangeArgs { was: label_at(before, step), ..of_step("remove", step) },
        Operation::Replace { step, with } => {
            ChangeArgs { value: Some(label(with)), was: label_at(before, step), ..of_step("replace", step) }
        }
        Operation::Rename { step, to } => ChangeArgs { value: Some(to.clone()), ..of_step("rename", step) },
        Operation::Move { step, after } => ChangeArgs { behind: after.clone(), ..of_step("move", step) },
        Operation::Set { step, pointer, value } => change("set", step.as_deref(), pointer, Some(value), before, after),
        Operation::Unset { step, pointer } => change("unset", step.as_deref(), pointer, None, before, after),
    }
}

fn of_step(kind: &str, step: &str) -> ChangeArgs {
    ChangeArgs { kind: kind.to_owned(), step: step.to_owned(), ..ChangeArgs::default() }
}

fn change(kind: &str, path: Option<&str>, at: &str, value: Option<&Value>, before: &Value, after: &Value) -> ChangeArgs {
    let at = pointer::tidy(at);
    let mut parts = at.split('/').skip(1);
    let key = parts.next().unwrap_or_default().to_owned();
    let rest: Vec<&str> = parts.collect();
    let name = rest.join(".");
    let Some(path) = path else {
        let (value, was) = match key.as_str() {
            "triggers" => (starts(after), starts(before)),
            _ => (value.map(shown), pointer::get(before, &at).map(shown)),
        };
        return ChangeArgs { kind: format!("{kind}_workflow"), key, name, value, was, ..ChangeArgs::default() };
    };
    let old = step(before, &StepPath::of_step(path));
    // Of what is said as a whole, the whole is shown.
    let whole =
        |document: &Value| step(document, &StepPath::of_step(path)).and_then(|step| step.get(&key)).map(|value| in_key(&key, value));
    let (value, was) = if ["retry", "repeat", "needs"].contains(&key.as_str()) && kind == "set" {
        (whole(after), whole(before))
    } else {
        (value.map(|value| in_key(&key, value)), old.and_then(|step| pointer::get(step, &at)).map(|value| in_key(&key, value)))
    };
    ChangeArgs { key, name, value, was, ..of_step(kind, path) }
}

/// A value of a key as its sentence shows it.
fn in_key(key: &str, value: &Value) -> String {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    match (key, value) {
        ("retry", Value::Object(_)) => {
            let attempts = value.get("max_attempts").map(ToString::to_string).unwrap_or_default();
            let backoff = text("backoff").map(|pause| format!(", {pause} after the first failure")).unwrap_or_default();
            format!("{attempts} attempts in all{backoff}")
        }
        ("repeat", Value::Object(_)) => {
            let until = value.get("until").map(say::plain).unwrap_or_default();
            let every = text("every").map(|every| format!(", every {every}")).unwrap_or_default();
            format!("{until}{every}, {} times at most", value.get("max").map(ToString::to_string).unwrap_or_default())
        }
        ("needs", Value::Array(ids)) => ids.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        ("if" | "for_each", _) => say::plain(value),
        ("with", _) => shown(value),
        (_, Value::String(text)) => text.clone(),
        _ => shown(value),
    }
}

/// The most characters of a value in a sentence.
const MOST: usize = 80;

fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) if text.contains("${{") => say::plain(value),
        other => other.to_string(),
    };
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() <= MOST { text } else { text.chars().take(MOST - 1).chain(['…']).collect() }
}

/// What starts the workflow, in words.
fn starts(document: &Value) -> Option<String> {
    let triggers: Vec<Trigger> = serde_json::from_value(document.get("triggers")?.clone()).ok()?;
    let words: Vec<String> = triggers.iter().map(describe).collect();
    (!words.is_empty()).then(|| words.join("; "))
}

fn label(step: &Value) -> String {
    serde_json::from_value::<Step>(step.clone()).map(|step| say::bare_label(&step)).unwrap_or_default()
}

fn label_at(document: &Value, path: &str) -> Option<String> {
    step(document, &StepPath::of_step(path)).map(label)
}
