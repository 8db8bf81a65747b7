//! Plain member paths, evaluated without an interpreter. A missing member is null, and so is a member of null.

use super::json;
use serde_json::Value;

/// What stands at the end of the path.
pub(super) fn follow(value: &Value, path: &[String]) -> Value {
    let mut current = value;
    for (at, name) in path.iter().enumerate() {
        current = match current {
            Value::Object(members) => match members.get(name) {
                Some(next) => next,
                None => return Value::Null,
            },
            Value::Array(items) => match name.parse::<usize>().ok().and_then(|index| items.get(index)) {
                Some(next) => next,
                None if name == "length" => return after_number(items.len(), &path[at + 1..]),
                None => return Value::Null,
            },
            Value::String(text) => return follow(&of_text(text, name), &path[at + 1..]),
            _ => return Value::Null,
        };
    }
    current.clone()
}

/// What stands under a dotted name in an item: a member of exactly that name, else the path.
pub(super) fn field(item: &Value, name: &str) -> Value {
    if let Some(value) = item.get(name) {
        return value.clone();
    }
    follow(item, &name.split('.').map(str::to_owned).collect::<Vec<_>>())
}

#[allow(clippy::cast_precision_loss)]
fn after_number(length: usize, rest: &[String]) -> Value {
    if rest.is_empty() { json::number(length as f64) } else { Value::Null }
}

/// Members of text count as JavaScript counts: in UTF-16 units.
fn of_text(text: &str, name: &str) -> Value {
    if name == "length" {
        return after_number(text.encode_utf16().count(), &[]);
    }
    let unit = name.parse::<usize>().ok().and_then(|index| text.encode_utf16().nth(index));
    unit.map_or(Value::Null, |unit| Value::String(String::from_utf16_lossy(&[unit])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn members_of_lists_texts_and_nothing() {
        let value = json!({ "a": [{ "b": "né" }], "n": null, "x.y": 1, "x": { "z": 2 } });
        let at = |path: &[&str]| follow(&value, &path.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
        assert_eq!(at(&["a", "0", "b"]), json!("né"));
        assert_eq!(at(&["a", "length"]), json!(1));
        assert_eq!(at(&["a", "0", "b", "length"]), json!(2));
        assert_eq!(at(&["a", "0", "b", "1"]), json!("é"));
        assert_eq!(at(&["a", "7", "b"]), json!(null));
        assert_eq!(at(&["n", "b", "c"]), json!(null));
        assert_eq!(field(&value, "x.y"), json!(1));
        assert_eq!(field(&value, "x.z"), json!(2));
    }
}
