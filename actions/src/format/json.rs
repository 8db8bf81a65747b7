//! JSON and JSON lines.

use super::{Format, FormatError};
use serde_json::Value;

fn error(format: Format, why: &serde_json::Error) -> FormatError {
    let text = why.to_string();
    let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message).to_owned();
    FormatError::new(format, message).at(why.line() as u64, why.column().max(1) as u64)
}

/// One value.
pub fn parse(text: &str) -> Result<Value, FormatError> {
    if text.trim().is_empty() {
        return Err(FormatError::new(Format::Json, "there is nothing in it").at(1, 1));
    }
    serde_json::from_str(text).map_err(|why| error(Format::Json, &why))
}

/// A value a line; empty lines are passed over.
pub fn parse_lines(text: &str) -> Result<Value, FormatError> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(index, line)| {
            serde_json::from_str::<Value>(line).map_err(|why| {
                let mut why = error(Format::Jsonl, &why);
                why.line = Some(index as u64 + 1);
                why
            })
        })
        .collect()
}

/// Indented by two, with a newline at the end.
pub fn render(value: &Value) -> Result<String, FormatError> {
    let mut text = serde_json::to_string_pretty(value).map_err(|why| FormatError::new(Format::Json, why.to_string()))?;
    text.push('\n');
    Ok(text)
}

/// An item a line; anything but a list is one line.
pub fn render_lines(value: &Value) -> String {
    let one = std::slice::from_ref(value);
    let items = value.as_array().map_or(one, Vec::as_slice);
    items.iter().map(|item| format!("{item}\n")).collect()
}
