//! YAML on one line: `{ url: x, list: [1, 2] }`.

use serde_json::Value;

/// The longest value that is kept on one line.
const LINE: usize = 120;

/// A value on one line; `None` when it is too long for one.
pub(super) fn flow(value: &Value) -> Option<String> {
    let text = written(value);
    (text.chars().count() <= LINE && !text.contains('\n')).then_some(text)
}

fn written(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        Value::Array(items) => format!("[{}]", items.iter().map(written).collect::<Vec<_>>().join(", ")),
        Value::Object(members) if members.is_empty() => "{}".to_owned(),
        Value::Object(members) => {
            let members: Vec<String> = members.iter().map(|(name, value)| format!("{}: {}", scalar(name), written(value))).collect();
            format!("{{ {} }}", members.join(", "))
        }
        other => other.to_string(),
    }
}

/// A text, in quotes unless it is plainly a word. JSON's quotes are YAML's double quotes.
fn scalar(text: &str) -> String {
    let word = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || " _./-".contains(letter))
        && !text.ends_with(' ')
        && !text.contains(" -");
    let special = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&text.to_ascii_lowercase().as_str());
    let length = text.parse::<jiff::Span>().is_ok() && text.len() < 12;
    if (word && !special) || length { text.to_owned() } else { Value::from(text).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sayflow_engine::document::{Document, Format};
    use serde_json::json;

    #[test]
    fn what_is_written_on_a_line_reads_back_the_same() {
        let value = json!({ "a": ["x, y", "#news", "on", "2s", "${{ a['b'] }}", "-", "a: b", "1e3", "", " x", "a #b"], "b c": { "n": null, "t": true, "f": 1.5 } });
        let text = written(&value);
        assert_eq!(flow(&value), None, "it is long");
        let read = Document::parse(&format!("v: {text}\n"), Format::Yaml).unwrap();
        assert_eq!(read.value["v"], value, "{text}");
        assert!(text.contains("2s, "), "{text}");
    }
}
