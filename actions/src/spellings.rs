//! Other spellings of closed sets. A word that is read must also stand in the schema, or the checks refuse a document
//! that would run.

use schemars::Schema;
use serde_json::{Value, json};

/// Adds spellings to the schema of an enum.
pub(crate) fn also(schema: &mut Schema, words: &[&str]) {
    match schema.get_mut("oneOf").and_then(Value::as_array_mut) {
        Some(forms) => forms.push(json!({ "enum": words, "description": "Another spelling." })),
        None => {
            if let Some(names) = schema.get_mut("enum").and_then(Value::as_array_mut) {
                names.extend(words.iter().map(|&word| Value::from(word)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::data::{join, sort};
    use crate::format::Format;
    use schemars::{JsonSchema, schema_for};
    use serde::de::DeserializeOwned;
    use serde_json::Value;

    /// Every word of the type's schema is read, and the words are among them.
    fn reads<T: JsonSchema + DeserializeOwned>(words: &[&str]) {
        let schema = schema_for!(T).to_value();
        let mut listed: Vec<Value> = Vec::new();
        for form in schema["oneOf"].as_array().into_iter().flatten().chain([&schema]) {
            listed.extend(form.get("const").cloned());
            listed.extend(form.get("enum").and_then(Value::as_array).into_iter().flatten().cloned());
        }
        for word in &listed {
            assert!(serde_json::from_value::<T>(word.clone()).is_ok(), "{word} is listed and not read");
        }
        for word in words {
            assert!(listed.iter().any(|known| known == word), "{word} is read and not listed in {schema}");
        }
    }

    #[test]
    fn every_spelling_that_is_read_is_in_the_schema() {
        reads::<Format>(&["json", "txt", "text", "md", "yml", "ndjson"]);
        reads::<sort::Order>(&["asc", "desc", "ascending", "descending"]);
        reads::<join::Kind>(&["full", "outer"]);
    }
}
