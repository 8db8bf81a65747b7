//! A call as the endpoint wants to be asked.

use super::config::{Endpoint, Temperature};
use super::habits::{FormOf, Habits};
use super::{AnswerForm, ChatCall, Message, Speaker};
use serde_json::{Value, json};

/// The body of the request. `messages` are those of the call and what was added since.
pub(super) fn body(call: &ChatCall, messages: &[Message], limit: u32, endpoint: &Endpoint, habits: &Habits) -> Value {
    let mut body = json!({
        "model": habits.instead.as_deref().unwrap_or(endpoint.model_name()),
        "messages": messages.iter().map(message).collect::<Vec<_>>(),
        "stream": habits.streams,
    });
    body[habits.limit.field()] = json!(habits.longest.map_or(limit, |longest| longest.min(limit)));
    if habits.streams && habits.counts {
        body["stream_options"] = json!({ "include_usage": true });
    }
    if let (true, Temperature::Set(temperature)) = (habits.temperature, endpoint.temperature) {
        // As it was written, not as the nearest binary fraction.
        body["temperature"] = json!((f64::from(temperature) * 1000.0).round() / 1000.0);
    }
    if let AnswerForm::Json { name, schema } = &call.answer {
        match habits.form {
            FormOf::Schema => {
                let json_schema = json!({ "name": name, "schema": schema, "strict": can_be_strict(schema) });
                body["response_format"] = json!({ "type": "json_schema", "json_schema": json_schema });
            }
            // OpenAI refuses it where the prompt does not speak of JSON.
            FormOf::Object if messages.iter().any(|message| message.text.to_ascii_lowercase().contains("json")) => {
                body["response_format"] = json!({ "type": "json_object" });
            }
            FormOf::Object | FormOf::Words => {}
        }
    }
    if habits.tools && !call.tools.is_empty() {
        let tool = |tool: &super::Tool| {
            let function = json!({ "name": tool.name, "description": tool.description, "parameters": tool.parameters });
            json!({ "type": "function", "function": function })
        };
        body["tools"] = call.tools.iter().map(tool).collect();
    }
    body
}

fn message(message: &Message) -> Value {
    let role = match message.speaker {
        Speaker::System => "system",
        Speaker::User => "user",
        Speaker::Assistant => "assistant",
    };
    json!({ "role": role, "content": message.text })
}

/// Words that a schema may use where it is enforced strictly; what else there is makes OpenAI refuse it.
const STRICT: &[&str] = &[
    "$defs",
    "$ref",
    "additionalProperties",
    "anyOf",
    "const",
    "definitions",
    "description",
    "enum",
    "items",
    "properties",
    "required",
    "title",
    "type",
];

/// Whether an endpoint can enforce a schema strictly: every object closed and all its properties required.
pub(super) fn can_be_strict(schema: &Value) -> bool {
    schema["type"] == "object" && schema.get("anyOf").is_none() && is_strict(schema)
}

fn is_strict(schema: &Value) -> bool {
    let Some(words) = schema.as_object() else { return false };
    // A schema that says nothing allows everything, which no decoder enforces.
    let says_something = ["type", "anyOf", "enum", "const", "$ref"].iter().any(|word| words.contains_key(*word));
    if !says_something || words.keys().any(|word| !STRICT.contains(&word.as_str())) {
        return false;
    }
    let is_object = schema["type"] == "object" || schema["type"].as_array().is_some_and(|types| types.contains(&json!("object")));
    if is_object {
        let properties = schema["properties"].as_object();
        let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let all_required = properties.is_some_and(|properties| properties.keys().all(|name| required.contains(&name.as_str())));
        if schema["additionalProperties"] != false || !all_required {
            return false;
        }
    }
    let named = ["properties", "$defs", "definitions"].iter().filter_map(|word| schema[*word].as_object()).flat_map(|map| map.values());
    let listed = schema["anyOf"].as_array().into_iter().flatten();
    named.chain(listed).chain(schema.get("items")).all(is_strict)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_closed_schemas_are_strict() {
        let closed =
            |inner: Value| json!({ "type": "object", "properties": { "a": inner }, "required": ["a"], "additionalProperties": false });
        assert!(can_be_strict(&closed(json!({ "type": ["string", "null"] }))));
        assert!(can_be_strict(&closed(closed(json!({ "type": "array", "items": { "enum": ["x"] } })))));
        assert!(!can_be_strict(&closed(json!({}))));
        assert!(!can_be_strict(&closed(json!({ "type": "string", "pattern": "^a" }))));
        assert!(!can_be_strict(&closed(json!({ "type": "object", "additionalProperties": { "type": "string" } }))));
        assert!(!can_be_strict(&json!({ "type": "object", "properties": { "a": { "type": "string" } }, "additionalProperties": false })));
        assert!(!can_be_strict(&json!({ "type": "array", "items": { "type": "string" } })));
    }
}
