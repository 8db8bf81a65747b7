//! Values by JSON pointer, where what is missing on the way is made.

use super::error::Refused;
use serde_json::{Map, Value};

/// The parts of a pointer; a missing `/` at its beginning is meant.
fn parts(pointer: &str) -> Vec<String> {
    let pointer = pointer.strip_prefix('/').unwrap_or(pointer);
    pointer.split('/').map(|part| part.replace("~1", "/").replace("~0", "~")).collect()
}

/// The pointer with a `/` at its beginning.
pub(super) fn tidy(pointer: &str) -> String {
    if pointer.starts_with('/') { pointer.to_owned() } else { format!("/{pointer}") }
}

/// Sets a value. Objects on the way are made; in a list, `-` or the number behind its last item adds one.
pub(super) fn set(target: &mut Value, pointer: &str, value: Value, place: &str) -> Result<(), Refused> {
    let parts = parts(pointer);
    let mut at = target;
    for (depth, part) in parts.iter().enumerate() {
        let last = depth + 1 == parts.len();
        if at.is_null() {
            let first_item = part == "-" || part == "0";
            *at = if first_item { Value::Array(Vec::new()) } else { Value::Object(Map::new()) };
        }
        at = match at {
            Value::Object(members) if last => {
                members.insert(part.clone(), value);
                return Ok(());
            }
            Value::Object(members) => members.entry(part.clone()).or_insert(Value::Null),
            Value::Array(items) => {
                let index = if part == "-" { Some(items.len()) } else { part.parse::<usize>().ok() };
                let Some(index) = index.filter(|index| *index <= items.len()) else {
                    return Err(no_item(place, &parts[..=depth], items.len()));
                };
                if index == items.len() {
                    items.push(Value::Null);
                }
                if last {
                    items[index] = value;
                    return Ok(());
                }
                &mut items[index]
            }
            _ => {
                let around = format!("/{}", parts[..depth].join("/"));
                return Err(Refused::new(
                    format!("{place}, {around}"),
                    "the value there has no members",
                    format!("set {around} itself to an object"),
                ));
            }
        };
    }
    Ok(())
}

/// Takes a value away.
pub(super) fn unset(target: &mut Value, pointer: &str, place: &str) -> Result<(), Refused> {
    let parts = parts(pointer);
    let nothing = || Refused::new(format!("{place}, {}", tidy(pointer)), "there is nothing to take away", "leave this change out");
    let Some((last, around)) = parts.split_last() else { return Err(nothing()) };
    let mut at = target;
    for part in around {
        at = match at {
            Value::Object(members) => members.get_mut(part),
            Value::Array(items) => part.parse::<usize>().ok().and_then(|index| items.get_mut(index)),
            _ => None,
        }
        .ok_or_else(nothing)?;
    }
    match at {
        Value::Object(members) => members.shift_remove(last).map(|_| ()).ok_or_else(nothing),
        Value::Array(items) => {
            let index = last.parse::<usize>().ok().filter(|index| *index < items.len());
            index.map(|index| items.remove(index)).map(|_| ()).ok_or_else(|| no_item(place, &parts, items.len()))
        }
        _ => Err(nothing()),
    }
}

/// The value that a pointer leads to.
pub(super) fn get<'v>(target: &'v Value, pointer: &str) -> Option<&'v Value> {
    target.pointer(&tidy(pointer))
}

fn no_item(place: &str, parts: &[String], length: usize) -> Refused {
    let help = match length {
        0 => "the list is empty; add to it with /-".to_owned(),
        length => format!("the list has {length} items, numbered from 0; add to it with /-"),
    };
    Refused::new(format!("{place}, /{}", parts.join("/")), "there is no such item", help)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_missing_on_the_way_is_made() {
        let mut value = json!({ "id": "a" });
        set(&mut value, "/with/headers/x~1y", json!(1), "x").unwrap();
        set(&mut value, "retry", json!({ "max_attempts": 3 }), "x").unwrap();
        assert_eq!(value, json!({ "id": "a", "with": { "headers": { "x/y": 1 } }, "retry": { "max_attempts": 3 } }));
    }

    #[test]
    fn lists_grow_at_their_end_only() {
        let mut value = json!({ "tags": ["a"] });
        set(&mut value, "/tags/-", json!("b"), "x").unwrap();
        set(&mut value, "/tags/2", json!("c"), "x").unwrap();
        set(&mut value, "/tags/0", json!("z"), "x").unwrap();
        set(&mut value, "/triggers/-/type", json!("manual"), "x").unwrap();
        assert_eq!(value, json!({ "tags": ["z", "b", "c"], "triggers": [{ "type": "manual" }] }));
        assert!(set(&mut value, "/tags/9", json!("d"), "x").is_err());
        assert!(set(&mut value, "/tags/0/deep", json!("d"), "x").is_err());
    }

    #[test]
    fn only_what_is_there_can_be_taken_away() {
        let mut value = json!({ "with": { "a": 1, "b": 2, "c": 3 }, "list": [1, 2] });
        unset(&mut value, "/with/a", "x").unwrap();
        unset(&mut value, "/list/0", "x").unwrap();
        assert_eq!(value.to_string(), json!({ "with": { "b": 2, "c": 3 }, "list": [2] }).to_string());
        assert!(unset(&mut value, "/with/z", "x").is_err());
        assert!(unset(&mut value, "/list/7", "x").is_err());
    }
}
