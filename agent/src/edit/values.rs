//! The changes that lead from one value to another, by JSON pointer.

use super::sameness::same;
use serde_json::Value;

/// A pointer, and what is set there; nothing where it is taken away.
pub(super) type Change = (String, Option<Value>);

/// A member's name as a part of a JSON pointer.
pub(super) fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Adds the changes that lead from `old` to `new`. Whole values are set where smaller changes would not keep the order.
pub(super) fn changes(old: &Value, new: &Value, pointer: &str, found: &mut Vec<Change>) {
    if same(old, new) {
        return;
    }
    let small = match (old, new) {
        (Value::Object(_), Value::Object(_)) => of_objects(old, new, pointer),
        (Value::Array(old), Value::Array(new)) => of_lists(old, new, pointer),
        _ => None,
    };
    match small {
        Some(changes) => found.extend(changes),
        None => found.push((pointer.to_owned(), Some(new.clone()))),
    }
}

fn of_objects(old: &Value, new: &Value, pointer: &str) -> Option<Vec<Change>> {
    let (old, new) = (old.as_object()?, new.as_object()?);
    // Another type of trigger has other members: it is a new one.
    if old.get("type") != new.get("type") {
        return None;
    }
    let kept = old.keys().filter(|name| new.contains_key(*name));
    let added = new.keys().filter(|name| !old.contains_key(*name));
    if !kept.clone().chain(added).eq(new.keys()) || (kept.count() == 0 && !old.is_empty()) {
        return None;
    }
    let mut found = Vec::new();
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        found.push((format!("{pointer}/{}", escape(name)), None));
    }
    for (name, value) in new {
        let at = format!("{pointer}/{}", escape(name));
        match old.get(name) {
            Some(before) => changes(before, value, &at, &mut found),
            None => found.push((at, Some(value.clone()))),
        }
    }
    Some(found)
}

fn of_lists(old: &[Value], new: &[Value], pointer: &str) -> Option<Vec<Change>> {
    let common = old.iter().zip(new).take_while(|(old, new)| same(old, new)).count();
    if common == old.len() {
        return Some(new[common..].iter().map(|item| (format!("{pointer}/-"), Some(item.clone()))).collect());
    }
    if old.len() == new.len() + 1 && old[common + 1..].iter().zip(&new[common..]).all(|(old, new)| same(old, new)) && !new.is_empty() {
        return Some(vec![(format!("{pointer}/{common}"), None)]);
    }
    let different = old.iter().zip(new).filter(|(old, new)| !same(old, new)).count();
    if old.len() != new.len() || different != 1 {
        return None;
    }
    let mut found = Vec::new();
    changes(&old[common], &new[common], &format!("{pointer}/{common}"), &mut found);
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(old: Value, new: Value) -> Vec<String> {
        let mut changes_found = Vec::new();
        changes(&old, &new, "", &mut changes_found);
        changes_found.into_iter().map(|(at, value)| format!("{at} = {}", value.map_or("gone".into(), |value| value.to_string()))).collect()
    }

    #[test]
    fn only_what_differs_is_set() {
        assert_eq!(found(json!({ "a": { "x": 1, "y": 2 } }), json!({ "a": { "x": 1, "y": 3 } })), ["/a/y = 3"]);
        assert_eq!(found(json!({ "a": 1, "b": 2 }), json!({ "b": 2, "c/d": 3 })), ["/a = gone", "/c~1d = 3"]);
    }

    #[test]
    fn lists_grow_shrink_and_change_one_item() {
        assert_eq!(found(json!([1, 2]), json!([1, 2, 3])), ["/- = 3"]);
        assert_eq!(found(json!([1, 2, 3]), json!([1, 3])), ["/1 = gone"]);
        assert_eq!(found(json!([{ "type": "a", "n": 1 }, 2]), json!([{ "type": "a", "n": 5 }, 2])), ["/0/n = 5"]);
        assert_eq!(found(json!([{ "type": "a", "n": 1 }]), json!([{ "type": "b", "n": 1 }])), [r#"/0 = {"type":"b","n":1}"#]);
    }

    #[test]
    fn another_order_is_a_change() {
        assert_eq!(found(json!({ "a": 1, "b": 2 }), json!({ "b": 2, "a": 1 })), [r#" = {"b":2,"a":1}"#]);
    }
}
