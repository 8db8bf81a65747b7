//! YAML.

use super::{Format, FormatError};
use serde_json::Value;

/// One document's value, or the list of several documents' values.
pub fn parse(text: &str) -> Result<Value, FormatError> {
    let mut documents: Vec<Value> = serde_saphyr::from_multiple(text).map_err(|why| {
        let rendered = why.without_snippet().to_string();
        let line = rendered.lines().next().unwrap_or_default();
        let found = FormatError::new(Format::Yaml, line.to_owned());
        match why.location() {
            Some(place) => found.at(place.line(), place.column()),
            None => found,
        }
    })?;
    Ok(match documents.len() {
        0 => Value::Null,
        1 => documents.remove(0),
        _ => Value::Array(documents),
    })
}

/// One document.
pub fn render(value: &Value) -> Result<String, FormatError> {
    let mut text = serde_saphyr::to_string(value).map_err(|why| FormatError::new(Format::Yaml, why.to_string()))?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}
