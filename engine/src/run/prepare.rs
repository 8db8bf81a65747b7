//! What is made sure before a run begins: its inputs are complete and fit their schemas.

use sayflow_protocol::workflow::Workflow;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The inputs with defaults filled in.
///
/// # Errors
/// A sentence that names the input and what it needs.
pub(super) fn inputs(workflow: &Workflow, given: &Map<String, Value>) -> Result<Value, String> {
    let known: BTreeSet<&str> = workflow.inputs.keys().map(String::as_str).collect();
    if let Some(unknown) = given.keys().find(|name| !known.contains(name.as_str())) {
        let list = if known.is_empty() { "none".to_owned() } else { known.into_iter().collect::<Vec<_>>().join(", ") };
        return Err(format!("there is no input \"{unknown}\"; this workflow takes: {list}"));
    }
    let mut inputs = Map::new();
    for (name, schema) in &workflow.inputs {
        let value = match given.get(name) {
            Some(value) => coerce(value, schema),
            None => match schema.get("default") {
                Some(default) => default.clone(),
                None => return Err(format!("the input \"{name}\" is missing; give it with --input {name}=VALUE")),
            },
        };
        let validator = jsonschema::validator_for(schema).map_err(|why| format!("the input \"{name}\" has a broken schema: {why}"))?;
        if let Some(fault) = validator.iter_errors(&value).next() {
            return Err(format!("the input \"{name}\" does not fit: {fault}"));
        }
        inputs.insert(name.clone(), value);
    }
    Ok(Value::Object(inputs))
}

/// A text, which is all that a command line can give, becomes what the schema asks for, where it is one. Where the
/// schema takes texts it stays as it was written: an order number such as `0012` or `1.50` is no number.
pub fn coerce(value: &Value, schema: &Value) -> Value {
    let Value::String(text) = value else { return value.clone() };
    let takes_text = match (schema.get("type"), schema.get("default")) {
        (Some(Value::String(kind)), _) => kind == "string",
        (Some(Value::Array(kinds)), _) => kinds.iter().any(|kind| kind == "string"),
        (_, Some(default)) => default.is_string(),
        _ => false,
    };
    let parsed = if takes_text { None } else { serde_json::from_str(text).ok() };
    parsed.unwrap_or_else(|| value.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn workflow() -> Workflow {
        serde_json::from_value(json!({
            "name": "w",
            "inputs": { "limit": { "type": "integer", "default": 5 }, "name": { "type": "string" } },
            "steps": []
        }))
        .unwrap()
    }

    fn given(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn defaults_are_filled_in_and_texts_become_what_the_schema_asks_for() {
        assert_eq!(inputs(&workflow(), &given(json!({ "name": "7" }))), Ok(json!({ "limit": 5, "name": "7" })));
        assert_eq!(inputs(&workflow(), &given(json!({ "name": "a", "limit": "9" }))), Ok(json!({ "limit": 9, "name": "a" })));
    }

    #[test]
    fn a_text_stays_as_it_was_written_where_the_schema_takes_texts() {
        let coerced = |text: &str, schema: Value| coerce(&Value::from(text), &schema);
        for schema in [json!({ "type": "string" }), json!({ "type": ["string", "null"] }), json!({ "default": "x" })] {
            for text in ["12345", "1.50", "true", "null", "[1]"] {
                assert_eq!(coerced(text, schema.clone()), json!(text), "{schema}");
            }
        }
        assert_eq!(coerced("[1]", json!({ "type": ["array", "null"] })), json!([1]));
        assert_eq!(coerced("2", json!({})), json!(2));
        assert_eq!(coerced("two", json!({})), json!("two"));
    }

    #[test]
    fn missing_unknown_and_unfitting_inputs_are_named() {
        assert!(inputs(&workflow(), &given(json!({}))).unwrap_err().contains("--input name=VALUE"));
        assert!(inputs(&workflow(), &given(json!({ "name": "a", "nome": 1 }))).unwrap_err().contains("limit, name"));
        assert!(inputs(&workflow(), &given(json!({ "name": "a", "limit": "many" }))).unwrap_err().contains("\"limit\""));
    }
}
