//! Writes a workflow as a tidy document, its keys in the order of the type.

use super::Format;
use sayflow_protocol::Workflow;
use serde_json::Value;

/// A workflow as text. TOML has no null: there a member that is null is left out.
pub fn emit(workflow: &Workflow, format: Format) -> String {
    let value = serde_json::to_value(workflow).unwrap_or_default();
    let written = match format {
        Format::Json => serde_json::to_string_pretty(&value).map(|text| text + "\n").ok(),
        Format::Yaml => yaml(&value),
        Format::Toml => toml::to_string_pretty(&without_nulls(value.clone())).ok(),
    };
    // JSON is YAML too, and every JSON value can be written.
    written.unwrap_or_else(|| format!("{value:#}\n"))
}

/// Any value as tidy YAML, in block style.
pub fn emit_yaml(value: &Value) -> String {
    yaml(value).unwrap_or_else(|| format!("{value:#}\n"))
}

fn yaml(value: &Value) -> Option<String> {
    let mut options = serde_saphyr::SerializerOptions::default();
    // An expression stays on its line: a folded one reads badly.
    options.folded_wrap_chars = 100_000;
    options.compact_list_indent = false;
    let mut text = String::new();
    serde_saphyr::to_fmt_writer_with_options(&mut text, value, options).ok()?;
    Some(text)
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().filter(|item| !item.is_null()).map(without_nulls).collect(),
        Value::Object(members) => {
            members.into_iter().filter(|(_, member)| !member.is_null()).map(|(name, member)| (name, without_nulls(member))).collect()
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Document;
    use serde_json::json;

    #[test]
    fn what_is_written_reads_back_the_same_in_every_format() {
        let source = json!({
            "name": "news",
            "description": "yes: on # no\nsecond line\n",
            "triggers": [{ "type": "schedule", "cron": "0 9 * * 1-5", "timezone": "Europe/Berlin" }],
            "inputs": { "keyword": { "type": "string", "default": "on" } },
            "steps": [
                { "id": "a", "uses": "http.request", "with": { "url": "http://x", "n": 1.5, "list": [1, "2", true, { "k": "${{ inputs.a ? 'b' : \"c\" }}" }] } },
                { "id": "b", "steps": [{ "id": "c", "uses": "data.set", "needs": [] }], "if": true },
            ],
            "concurrency": 2,
        });
        let workflow: Workflow = serde_json::from_value(source).expect("a workflow");
        for format in [Format::Yaml, Format::Json, Format::Toml] {
            let text = emit(&workflow, format);
            let document = Document::parse(&text, format).unwrap_or_else(|why| panic!("{format}: {why:?}\n{text}"));
            assert_eq!(serde_json::from_value::<Workflow>(document.value).expect("a workflow"), workflow, "{text}");
        }
        insta::assert_snapshot!(emit(&workflow, Format::Yaml));
    }
}
