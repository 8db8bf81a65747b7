//! Any JSON value as text for people.

use serde_json::{Map, Value};

/// Writes a value the way a person would put it into a message: text as it is, a list of scalars as lines, an object
/// as `key: value` lines, a list of objects as such blocks with an empty line between them.
pub fn readable(value: &Value) -> String {
    match value {
        Value::Object(object) => block(object),
        Value::Array(items) => {
            let parts: Vec<String> = items
                .iter()
                .map(|item| match item {
                    Value::Object(object) => block(object),
                    other => inline(other),
                })
                .collect();
            let separator = if items.iter().any(Value::is_object) { "\n\n" } else { "\n" };
            parts.join(separator)
        }
        other => inline(other),
    }
}

fn block(object: &Map<String, Value>) -> String {
    object.iter().map(|(key, value)| format!("{key}: {}", inline(value))).collect::<Vec<_>>().join("\n")
}

/// A value on one line: lists of scalars with commas, everything deeper as JSON.
fn inline(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
            items.iter().map(inline).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::readable;
    use serde_json::json;

    #[test]
    fn text_and_scalars_stand_as_they_are() {
        assert_eq!(readable(&json!("hi\nthere")), "hi\nthere");
        assert_eq!(readable(&json!(12.5)), "12.5");
        assert_eq!(readable(&json!(true)), "true");
        assert_eq!(readable(&json!(null)), "");
    }

    #[test]
    fn lists_of_scalars_become_lines() {
        assert_eq!(readable(&json!(["a", 2, null, false])), "a\n2\n\nfalse");
        assert_eq!(readable(&json!([])), "");
    }

    #[test]
    fn objects_become_lines_of_key_and_value() {
        assert_eq!(readable(&json!({"name": "Ada", "tags": ["x", "y"], "at": {"k": 1}})), "name: Ada\ntags: x, y\nat: {\"k\":1}");
    }

    #[test]
    fn lists_of_objects_become_blocks() {
        assert_eq!(readable(&json!([{"id": 1, "n": "a"}, {"id": 2, "n": "b"}])), "id: 1\nn: a\n\nid: 2\nn: b");
    }
}
