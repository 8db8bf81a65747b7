//! The fields that `ai.extract` looks for, as people write them, and the schema that they stand for.

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// Names of fields; or names with, for each, a type in a word, what it is in a few words, or a JSON Schema.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "expected a list of names, or names with a type or description each")]
pub enum Fields {
    /// Texts of these names.
    Names(Vec<String>),
    /// What each one is.
    Described(IndexMap<String, Value>),
}

impl Fields {
    /// The schema of an object with these fields, all of them there, each null where the text does not say it.
    pub(super) fn schema(&self) -> Map<String, Value> {
        let properties: Map<String, Value> = match self {
            Self::Names(names) => names.iter().map(|name| (name.clone(), json!({ "type": ["string", "null"] }))).collect(),
            Self::Described(fields) => fields.iter().map(|(name, what)| (name.clone(), field(what))).collect(),
        };
        let names: Vec<&String> = properties.keys().collect();
        let schema = json!({ "type": "object", "properties": properties, "required": names, "additionalProperties": false });
        schema.as_object().cloned().unwrap_or_default()
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Names(names) => names.is_empty(),
            Self::Described(fields) => fields.is_empty(),
        }
    }
}

fn field(what: &Value) -> Value {
    match what {
        Value::String(word) => of_word(word.trim()),
        // A list of one word is a list of those: [number].
        Value::Array(words) => {
            let mut item = words.first().map_or_else(|| json!({ "type": "string" }), field);
            // What a text does not say is left out of a list.
            if let Some(Value::Array(kinds)) = item.get_mut("type")
                && let Some(first) = kinds.first().cloned()
            {
                item["type"] = first;
            }
            json!({ "type": ["array", "null"], "items": item })
        }
        Value::Object(_) => what.clone(),
        _ => json!({ "type": ["string", "null"] }),
    }
}

fn of_word(word: &str) -> Value {
    match word.to_ascii_lowercase().as_str() {
        "text" | "string" | "" => json!({ "type": ["string", "null"] }),
        "number" | "float" => json!({ "type": ["number", "null"] }),
        "integer" | "int" => json!({ "type": ["integer", "null"] }),
        "boolean" | "bool" => json!({ "type": ["boolean", "null"] }),
        "date" => json!({ "type": ["string", "null"], "format": "date", "description": "a date as 2026-01-02" }),
        "datetime" | "date-time" | "time" => {
            json!({ "type": ["string", "null"], "format": "date-time", "description": "a moment as 2026-01-02T03:04:05Z" })
        }
        "list" | "array" => json!({ "type": ["array", "null"], "items": { "type": "string" } }),
        _ => json!({ "type": ["string", "null"], "description": word }),
    }
}

impl JsonSchema for Fields {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Fields".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [
            { "type": "object", "additionalProperties": true, "minProperties": 1 },
            { "type": "array", "items": { "type": "string" }, "minItems": 1 },
        ] })
    }
}
