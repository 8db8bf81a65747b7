//! The stand-in for a parameter that is evaluated per item.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use std::borrow::Cow;

/// A parameter such as `where`, `to` or `by`: an expression (or a value with expressions in it) over `item` and
/// `index` that is handed over compiled. [`super::ActionContext::lambda`] turns it into the thing to call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LambdaRef {
    name: String,
}

impl LambdaRef {
    /// The JSON form that stands in the resolved parameters.
    pub fn placeholder(param: &str) -> Value {
        json!({ "$lambda": param })
    }

    /// The parameter's name.
    pub fn param(&self) -> &str {
        &self.name
    }

    /// Reads the JSON form, for actions without types.
    pub fn from_json(value: &Value) -> Option<Self> {
        Some(Self { name: value.get("$lambda")?.as_str()?.to_owned() })
    }
}

impl<'de> Deserialize<'de> for LambdaRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Self::from_json(&value).ok_or_else(|| serde::de::Error::custom("expected a parameter that is evaluated per item"))
    }
}

impl JsonSchema for LambdaRef {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Lambda".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "x-lambda": true })
    }
}
