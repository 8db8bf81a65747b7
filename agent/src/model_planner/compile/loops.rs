//! Lists that are gone through: the list inside an object that holds one, and loops whose condition is about the items.

use super::super::outline::{Known, Names, convert};
use super::whole_code;
use sayflow_protocol::workflow::Condition;
use serde_json::Value;

/// The list and the condition of a step.
pub struct Loop {
    /// What is gone through.
    pub list: Option<Value>,
    /// What must hold first.
    pub condition: Option<Condition>,
}

/// A reference to an object that holds one list means the list: `${{ steps.a.output }}` becomes
/// `${{ steps.a.output.items }}`.
pub fn unwrapped(value: Value, known: &Known) -> Value {
    let Some(code) = whole_code(&value) else { return value };
    let inner = code.strip_prefix("steps.").and_then(|rest| rest.strip_suffix(".output"));
    let id = match inner {
        Some(id) => Some(id),
        None => code.strip_prefix("steps[\"").and_then(|rest| rest.strip_suffix("\"].output")),
    };
    match id.and_then(|id| known.get(id)).and_then(|shape| shape.list()) {
        Some(list) => Value::from(format!("${{{{ {code}.{list} }}}}")),
        None => value,
    }
}

/// The list with only the items for which a condition holds, when the condition is about the items.
pub fn conditional_loop(list: &Value, item: &str, condition: &str, outer: &Names<'_>) -> Option<Value> {
    let hidden = [item.to_owned()];
    let about_items = match item {
        "item" => outer.item.is_none() && mentions_item(condition),
        _ => convert(condition, &Names { hidden: &hidden, ..*outer }).ok()?.hidden.iter().any(|name| name == item),
    };
    if !about_items {
        return None;
    }
    let test = convert(&format!("{item} => ({condition})"), outer).ok().filter(|written| written.unknown.is_empty())?.value;
    let test = whole_code(&test)?.to_owned();
    let list = match list {
        Value::Array(_) => list.to_string(),
        _ => whole_code(list)?.to_owned(),
    };
    let plain = list.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.[]\"-".contains(&byte));
    let list = if plain { list } else { format!("({list})") };
    Some(Value::from(format!("${{{{ {list}.filter({test}) }}}}")))
}

fn mentions_item(code: &str) -> bool {
    code.match_indices("item").any(|(at, word)| {
        let before = code[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != '.');
        before && code[at + word.len()..].chars().next().is_none_or(|c| !c.is_alphanumeric() && c != '_')
    })
}
