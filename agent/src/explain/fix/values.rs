//! What the expressions of a step gave in this run, as far as it can be followed without evaluating anything.

use crate::explain::situation::Situation;
use sayflow_engine::action::role;
use sayflow_engine::expr::{Mention, mentions};
use serde_json::{Map, Value};

/// The most items that are looked at.
const MOST_ITEMS: usize = 1000;

/// A text of a step, with its place as a JSON pointer.
pub(super) struct Text {
    pub pointer: String,
    pub text: String,
}

/// Every text of the step that may hold expressions.
pub(super) fn texts(situation: &Situation<'_>) -> Vec<Text> {
    let Ok(Value::Object(step)) = serde_json::to_value(situation.step) else { return Vec::new() };
    let mut found = Vec::new();
    for key in ["for_each", "if", "with", "repeat", "idempotency_key"] {
        collect(step.get(key), &format!("/{key}"), &mut found);
    }
    found
}

fn collect(value: Option<&Value>, pointer: &str, found: &mut Vec<Text>) {
    match value {
        Some(Value::String(text)) => found.push(Text { pointer: pointer.to_owned(), text: text.clone() }),
        Some(Value::Array(items)) => {
            items.iter().enumerate().for_each(|(at, item)| collect(Some(item), &format!("{pointer}/{at}"), found));
        }
        Some(Value::Object(members)) => members.iter().for_each(|(name, member)| {
            collect(Some(member), &format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1")), found);
        }),
        _ => {}
    }
}

/// What a mention starts from in this run, with the number of its parts that lead there: the output of a step, or items.
/// Several where it is one of many items.
pub(super) fn starts<'a>(situation: &Situation<'a>, text: &Text, mention: &Mention) -> Option<(Vec<&'a Value>, usize)> {
    match mention.root.as_str() {
        "steps" => {
            let [id, output, ..] = mention.parts.as_slice() else { return None };
            (output.name == "output").then(|| Some((vec![situation.output_of(&id.name)?], 2)))?
        }
        "item" if is_per_item(situation, text) => Some((own_items(situation)?.iter().take(MOST_ITEMS).collect(), 0)),
        "item" => Some((vec![situation.item()?.2?], 0)),
        _ => None,
    }
}

/// Whether a text is evaluated for each item of the list that the action works on.
pub(super) fn is_per_item(situation: &Situation<'_>, text: &Text) -> bool {
    let param = text.pointer.strip_prefix("/with/").map(|rest| rest.split('/').next().unwrap_or_default());
    let lambda = |schema: &Value| schema.to_string().contains("\"x-lambda\":true");
    param.zip(situation.spec).and_then(|(param, spec)| spec.param(param)).is_some_and(lambda)
}

/// The items that the step's action works on.
pub(super) fn own_items<'a>(situation: &Situation<'a>) -> Option<&'a Vec<Value>> {
    let param = situation.spec?.param_with_role(role::ITEMS)?;
    let text = situation.step.with.get(param)?.as_str()?;
    let value = value_of(situation, &Text { pointer: format!("/with/{param}"), text: text.to_owned() })?;
    match value {
        Value::Array(items) => Some(items),
        // An object with one list in it is taken for that list.
        Value::Object(members) => only_list(members).and_then(Value::as_array),
        _ => None,
    }
}

/// The only list of an object.
fn only_list(members: &Map<String, Value>) -> Option<&Value> {
    let mut lists = members.values().filter(|member| member.is_array());
    let first = lists.next()?;
    lists.next().is_none().then_some(first)
}

/// What a text that is one plain path and nothing else gave.
pub(super) fn value_of<'a>(situation: &Situation<'a>, text: &Text) -> Option<&'a Value> {
    let mention = whole_path(&text.text)?;
    let (starts, from) = starts(situation, text, &mention)?;
    let mut value = *starts.first()?;
    for part in &mention.parts[from..] {
        value = member(value, &part.name)?;
    }
    Some(value)
}

/// The path, when a text is one path and nothing else.
pub(super) fn whole_path(text: &str) -> Option<Mention> {
    let mut found = mentions(text);
    let only = found.pop().filter(|_| found.is_empty())?;
    let start = text.get(..only.range.start)?.trim();
    let end = only.parts.last().map_or(only.range.end, |part| part.range.end);
    (start == "${{" && text.get(end..)?.trim() == "}}").then_some(only)
}

/// A member by name, or an item by number.
pub(super) fn member<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    match value {
        Value::Object(members) => members.get(name),
        Value::Array(items) => items.get(name.parse::<usize>().ok()?),
        _ => None,
    }
}
