//! JSON values as text and as numbers, the way JavaScript writes them.

use serde_json::{Number, Value};

/// The largest whole number that a double holds exactly.
const MAX_SAFE: f64 = 9_007_199_254_740_992.0;

/// A number as JSON: whole ones without a fraction, what is no number as null.
pub(super) fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() <= MAX_SAFE {
        #[allow(clippy::cast_possible_truncation)]
        let whole = value as i64;
        return Value::from(whole);
    }
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}

/// A value as it stands inside text: null is empty, lists and objects are JSON.
pub(super) fn as_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Number(n) => match n.as_f64() {
            Some(float) if n.is_f64() => number(float).to_string(),
            _ => n.to_string(),
        },
        other => other.to_string(),
    }
}

/// Reads what JavaScript's `JSON.stringify` wrote. It escapes halves of surrogate pairs, which no other text can
/// hold: they become the replacement character.
pub(super) fn read(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(text).or_else(|why| if text.contains("\\ud") { serde_json::from_str(&without_halves(text)) } else { Err(why) })
}

fn without_halves(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let escape = &rest[at..];
        let length = if escape.starts_with("\\ud") { 6 } else { 2 };
        let taken = escape.get(..length).unwrap_or(escape);
        let half = length == 6 && taken.as_bytes().get(3).is_some_and(|byte| matches!(byte, b'8' | b'9' | b'a'..=b'f'));
        out.push_str(if half { "\\ufffd" } else { taken });
        rest = &escape[taken.len()..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_text_look_as_in_javascript() {
        for (value, text) in [("2.0", "2"), ("2.5", "2.5"), ("12345678901234567", "12345678901234567"), ("-0.0", "0")] {
            assert_eq!(as_text(&serde_json::from_str(value).expect("a number")), text);
        }
        assert_eq!(number(f64::NAN), Value::Null);
    }

    #[test]
    fn halves_of_characters_are_replaced() {
        assert_eq!(read(r#"["a\\ud83d \ud83d","\\\ud83d"]"#).expect("readable"), serde_json::json!(["a\\ud83d \u{fffd}", "\\\u{fffd}"]));
    }
}
