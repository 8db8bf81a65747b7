//! Values as readable plain text.

use crate::items::plain_text;
use serde_json::Value;

/// Text as it is; a list item by item, a line each; an object member by member, a line each; any other value as JSON.
pub fn render(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(|item| line(item) + "\n").collect(),
        Value::Object(object) => object.iter().map(|(name, value)| format!("{name}: {}\n", plain_text(value))).collect(),
        Value::Null => String::new(),
        other => format!("{other}\n"),
    }
}

/// An item on one line: `title: A, price: 3` for an object.
fn line(item: &Value) -> String {
    match item {
        Value::Object(object) => {
            let members: Vec<String> = object.iter().map(|(name, value)| format!("{name}: {}", plain_text(value))).collect();
            members.join(", ")
        }
        other => plain_text(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_and_objects_become_lines() {
        assert_eq!(render(&json!(["a", 2, {"t": "x", "n": [1]}])), "a\n2\nt: x, n: [1]\n");
        assert_eq!(render(&json!({"count": 3, "of": "books"})), "count: 3\nof: books\n");
        assert_eq!(render(&json!("as it is")), "as it is");
        assert_eq!(render(&json!(7)), "7\n");
    }
}
