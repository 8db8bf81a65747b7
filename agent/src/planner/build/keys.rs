//! By which fields two lists belong together.

use super::super::fields::{Field, FieldKind, normal};
use super::Focus;
use serde_json::{Value, json};

pub(super) fn on_value(left: &Focus, right: &Focus, on: &[String]) -> Value {
    let pairs: Vec<(String, String)> = on
        .iter()
        .map(|word| {
            let words: Vec<&str> = word.split(' ').collect();
            let real = |focus: &Focus| focus.fields.find(&words).map_or_else(|| words.join("_"), |(field, _)| field.name.clone());
            (real(left), real(right))
        })
        .collect();
    match pairs.as_slice() {
        [(a, b)] if a == b => Value::String(a.clone()),
        many if many.iter().all(|(a, b)| a == b) => many.iter().map(|(a, _)| Value::String(a.clone())).collect(),
        many => Value::Object(many.iter().map(|(a, b)| (a.clone(), Value::String(b.clone()))).collect()),
    }
}

/// The field that both lists share: the same name, or `customer_id` on one side and `id` on the other.
pub(super) fn common_field(left: &Focus, right: &Focus) -> Option<Value> {
    let same: Vec<&Field> =
        left.fields.list.iter().filter(|field| right.fields.list.iter().any(|other| other.name == field.name)).collect();
    let keys: Vec<&&Field> = same.iter().filter(|field| normal(&field.name).ends_with("id") && field.name.len() > 2).collect();
    if let [one] = keys.as_slice() {
        return Some(Value::String(one.name.clone()));
    }
    if let [one] = same.as_slice()
        && normal(&one.name) != "id"
    {
        return Some(Value::String(one.name.clone()));
    }
    let reference = |focus: &Focus, other: &Focus| {
        focus
            .fields
            .list
            .iter()
            .find(|field| {
                let plain = normal(&field.name);
                plain.strip_suffix(" id").is_some_and(|noun| other.nouns.contains(&crate::language::stem(noun)))
            })
            .map(|field| field.name.clone())
    };
    let has_id = |focus: &Focus| focus.fields.list.iter().any(|field| field.name == "id");
    if let Some(name) = reference(left, right).filter(|_| has_id(right)) {
        return Some(json!({ name: "id" }));
    }
    if let Some(name) = reference(right, left).filter(|_| has_id(left)) {
        return Some(json!({ "id": name }));
    }
    same.first().map(|field| Value::String(field.name.clone())).or_else(|| shared_values(left, right))
}

/// Fields of different names that hold the same things: most values of one side occur on the other.
fn shared_values(left: &Focus, right: &Focus) -> Option<Value> {
    let mut best: Option<(usize, &Field, &Field)> = None;
    for a in left.fields.list.iter().filter(|field| field.kind == FieldKind::Text) {
        for b in right.fields.list.iter().filter(|field| field.kind == FieldKind::Text) {
            let shared = a.values.iter().filter(|value| b.values.contains(value)).count();
            let most = shared * 2 >= a.values.len().min(b.values.len()) && shared > 0;
            if most && best.is_none_or(|(known, ..)| shared > known) {
                best = Some((shared, a, b));
            }
        }
    }
    best.map(|(_, a, b)| json!({ a.name.clone(): b.name }))
}
