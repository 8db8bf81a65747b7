//! Outputs whose form follows from the parameters, and examples that are made from a schema.

use super::ActionSpec;
use serde_json::{Map, Value, json};

/// Gives the schema of the output from the parameters as written in the document; `None` where they do not say.
pub type OutputRule = fn(&Map<String, Value>) -> Option<Value>;

/// How deep an example is made; what lies deeper is null.
const DEEPEST: usize = 16;

impl ActionSpec {
    /// The schema of the output with these parameters, as written in the document.
    pub fn output_with(&self, with: &Map<String, Value>) -> Value {
        self.output_rule.and_then(|rule| rule(with)).unwrap_or_else(|| self.output.clone())
    }

    /// An example of the output with these parameters, as written in the document. Where they say what the output is, the
    /// declared example gives the members that fit.
    pub fn example_with(&self, with: &Map<String, Value>) -> Value {
        let Some(schema) = self.output_rule.and_then(|rule| rule(with)) else { return self.example.clone() };
        let mut example = sample(&schema);
        if let (Some(members), Some(declared)) = (example.as_object_mut(), self.example.as_object()) {
            for (name, value) in members {
                let fits = |given: &&Value| schema.pointer("/properties").and_then(|all| all.get(name)).is_some_and(|s| fits(given, s));
                if let Some(given) = declared.get(name).filter(fits) {
                    *value = given.clone();
                }
            }
        }
        example
    }
}

fn fits(value: &Value, schema: &Value) -> bool {
    jsonschema::validator_for(schema).is_ok_and(|validator| validator.is_valid(value))
}

/// A value that looks like what a schema describes. It follows types, words, defaults and required members; other
/// keywords, such as patterns, are not obeyed.
pub fn sample(schema: &Value) -> Value {
    sample_at(schema, 0)
}

fn sample_at(schema: &Value, depth: usize) -> Value {
    let Some(object) = schema.as_object().filter(|_| depth < DEEPEST) else { return Value::Null };
    if let Some(said) = object.get("const").or_else(|| object.get("default")) {
        return said.clone();
    }
    for list in ["examples", "enum"] {
        if let Some(first) = object.get(list).and_then(Value::as_array).and_then(|all| all.iter().find(|value| !value.is_null())) {
            return first.clone();
        }
    }
    for choices in ["anyOf", "oneOf", "allOf"] {
        let some = object.get(choices).and_then(Value::as_array).into_iter().flatten();
        if let Some(choice) = some.into_iter().find(|choice| choice.get("type").is_none_or(|kind| kind != "null")) {
            return sample_at(choice, depth + 1);
        }
    }
    match kind(object) {
        Some("string") => Value::from(text(object)),
        Some("integer") => object.get("minimum").filter(|least| least.is_i64()).cloned().unwrap_or_else(|| json!(1)),
        Some("number") => object.get("minimum").cloned().unwrap_or_else(|| json!(1)),
        Some("boolean") => json!(true),
        Some("array") => Value::Array(object.get("items").map(|items| sample_at(items, depth + 1)).into_iter().collect()),
        Some("object") => {
            let members = object.get("properties").and_then(Value::as_object).into_iter().flatten();
            Value::Object(members.map(|(name, member)| (name.clone(), sample_at(member, depth + 1))).collect())
        }
        _ => Value::Null,
    }
}

/// The first type that is not null.
fn kind(object: &Map<String, Value>) -> Option<&str> {
    match object.get("type") {
        Some(Value::String(kind)) => Some(kind),
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
        _ if object.contains_key("properties") => Some("object"),
        _ => None,
    }
}

fn text(object: &Map<String, Value>) -> &'static str {
    match object.get("format").and_then(Value::as_str) {
        Some("date") => "2026-01-02",
        Some("date-time") => "2026-01-02T03:04:05Z",
        Some("time") => "03:04:05",
        Some("email") => "ada@example.com",
        Some("uri") => "https://example.com/",
        _ => "text",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::SpecBuilder;
    use sayflow_protocol::Effect;

    #[test]
    fn an_example_fits_the_schema_that_it_is_made_from() {
        let schema = json!({
            "type": "object",
            "properties": {
                "kind": { "enum": [null, "bug", "wish"] },
                "due": { "type": ["null", "string"], "format": "date" },
                "count": { "type": "integer", "minimum": 3 },
                "tags": { "type": "array", "items": { "type": "string" } },
                "who": { "anyOf": [{ "type": "null" }, { "properties": { "mail": { "type": "string", "format": "email" } } }] },
                "sure": { "type": "boolean" },
                "rest": {},
            },
        });
        let made = sample(&schema);
        let due = json!({ "kind": "bug", "due": "2026-01-02", "count": 3, "tags": ["text"], "who": { "mail": "ada@example.com" }, "sure": true, "rest": null });
        assert_eq!(made, due);
        assert!(fits(&made, &schema));
    }

    #[test]
    fn a_schema_without_end_gets_an_example_that_ends() {
        let mut schema = json!({ "type": "string" });
        for _ in 0..100 {
            schema = json!({ "type": "array", "items": schema });
        }
        assert!(sample(&schema).to_string().len() < 100);
    }

    #[test]
    fn parameters_say_what_the_output_is_and_the_declared_example_fills_what_fits() {
        let rule: OutputRule =
            |with| with.get("schema").map(|data| json!({ "type": "object", "properties": { "text": { "type": "string" }, "data": data } }));
        let spec = SpecBuilder::new("x.y", "X", "X.", Effect::Read)
            .output_rule(rule)
            .example(json!({ "text": "hello", "data": 7 }))
            .finish::<(), Value>();
        let with = json!({ "schema": { "type": "string" } }).as_object().cloned().unwrap_or_default();
        assert_eq!(spec.example_with(&with), json!({ "text": "hello", "data": "text" }));
        assert_eq!(spec.example_with(&Map::new()), json!({ "text": "hello", "data": 7 }));
        assert_eq!(spec.output_with(&with)["properties"]["data"], json!({ "type": "string" }));
        assert_eq!(spec.output_with(&Map::new()), spec.output);
    }
}
