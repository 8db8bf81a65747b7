//! What a model is given to work with: any value, as text.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::Value;
use std::borrow::Cow;

/// Material of any kind: text as it is, anything else as JSON.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Material(Value);

impl Material {
    /// Whether there is nothing in it.
    pub(super) fn is_blank(&self) -> bool {
        match &self.0 {
            Value::Null => true,
            Value::String(text) => text.trim().is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(members) => members.is_empty(),
            Value::Bool(_) | Value::Number(_) => false,
        }
    }

    /// As a text.
    pub(super) fn into_text(self) -> String {
        match self.0 {
            Value::String(text) => text,
            other => other.to_string(),
        }
    }
}

impl From<Value> for Material {
    fn from(value: Value) -> Self {
        Self(value)
    }
}

impl JsonSchema for Material {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Material".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({})
    }
}
