//! The form of an answer that is data: a schema that the model is shown and that its answer has to fit.

use sayflow_engine::action::{StepError, sample};
use sayflow_prompts as prompts;
use serde_json::{Map, Value, json};

/// Where an answer stands whose schema describes no object: endpoints take schemas of objects only.
const WRAPPED: &str = "value";

/// A schema in the form in which models are asked.
#[derive(Debug, Clone)]
pub(super) struct Form {
    schema: Value,
    wrapped: bool,
}

impl Form {
    /// A form from a schema that the document gives.
    ///
    /// # Errors
    /// `invalid_schema` when it is none.
    pub(super) fn of(schema: Map<String, Value>) -> Result<Self, StepError> {
        let schema = Value::Object(schema);
        if let Err(why) = jsonschema::validator_for(&schema) {
            return Err(StepError::new("invalid_schema", format!("`schema` is no JSON Schema: {why}"))
                .help("describe the answer like this: {type: object, properties: {total: {type: number}}, required: [total]}"));
        }
        let object = schema.get("type").is_some_and(|kind| kind == "object") || schema.get("properties").is_some();
        Ok(if object { Self { schema, wrapped: false } } else { Self { schema: wrap(schema), wrapped: true } })
    }

    /// The schema that the answer has to fit.
    pub(super) fn schema(&self) -> &Value {
        &self.schema
    }

    /// As a prompt shows it.
    pub(super) fn shown(&self) -> prompts::Form {
        prompts::Form { schema: self.schema.to_string(), example: sample(&self.schema).to_string() }
    }

    /// The answer without what was put around it.
    pub(super) fn open(&self, mut answer: Value) -> Value {
        match self.wrapped {
            true => answer.get_mut(WRAPPED).map(Value::take).unwrap_or_default(),
            false => answer,
        }
    }
}

fn wrap(schema: Value) -> Value {
    json!({ "type": "object", "properties": { WRAPPED: schema }, "required": [WRAPPED], "additionalProperties": false })
}

/// The schema that a document writes under a parameter, when no expression is in it.
pub(super) fn written<'w>(with: &'w Map<String, Value>, param: &str) -> Option<&'w Value> {
    with.get(param).filter(|value| !holds_expression(value))
}

fn holds_expression(value: &Value) -> bool {
    match value {
        Value::String(text) => crate::items::has_expression(text),
        Value::Array(items) => items.iter().any(holds_expression),
        Value::Object(members) => members.values().any(holds_expression),
        _ => false,
    }
}
