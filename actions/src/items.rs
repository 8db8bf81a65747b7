//! The list that flows into an action, and how values are described, read by path and put into an order.

use indexmap::IndexMap;
use sayflow_engine::action::StepError;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Number, Value};
use std::borrow::Cow;
use std::cmp::Ordering;

/// A parameter that takes a list. An object with exactly one list member, as many services answer with
/// (`{"total": 2, "data": […]}`), stands for that list.
#[derive(Debug, Clone)]
pub struct Items(Value);

impl Items {
    /// The list itself.
    ///
    /// # Errors
    /// `not_a_list`, naming the parameter and what it got.
    pub fn list(self, param: &str) -> Result<Vec<Value>, StepError> {
        let object = match self.0 {
            Value::Array(list) => return Ok(list),
            Value::Object(object) => object,
            other => return Err(not_a_list(param, &other)),
        };
        let lists = object.values().filter(|value| value.is_array()).count();
        if lists != 1 {
            return Err(not_a_list(param, &Value::Object(object)));
        }
        Ok(object.into_iter().find_map(|(_, value)| if let Value::Array(list) = value { Some(list) } else { None }).unwrap_or_default())
    }
}

fn not_a_list(param: &str, got: &Value) -> StepError {
    let help = match got {
        Value::String(_) => "parse the text first (json.parse, csv.parse, text.split), or read the file with its format",
        Value::Object(object) if object.values().any(Value::is_array) => {
            "there are several lists in it: name the one you mean, such as ${{ steps.X.output.items }}"
        }
        Value::Null => "the step that it comes from was skipped or has no such field",
        _ => "name the list, such as ${{ steps.X.output.items }}",
    };
    StepError::new("not_a_list", format!("\"{param}\" must be a list, but it is {}", describe(got))).help(help)
}

impl<'de> Deserialize<'de> for Items {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self)
    }
}

impl Serialize for Items {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl JsonSchema for Items {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Items".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array" })
    }
}

/// What a value is, for an error message: short, and without quoting more than a few words of it.
pub fn describe(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => format!("the boolean {flag}"),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) => format!("the text \"{}\"", excerpt(text)),
        Value::Array(list) => format!("a list of {}", list.len()),
        Value::Object(object) if object.is_empty() => "an empty object".to_owned(),
        Value::Object(object) => {
            let names: Vec<&str> = object.keys().take(8).map(String::as_str).collect();
            let more = if object.len() > names.len() { ", …" } else { "" };
            format!("an object with the fields {}{more}", names.join(", "))
        }
    }
}

/// The first words of a text, on one line.
pub fn excerpt(text: &str) -> String {
    let mut short: String = text.chars().take(60).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// The member at a dotted path; a field whose name has dots in it is found first. Missing members are null.
pub fn field<'v>(value: &'v Value, path: &str) -> &'v Value {
    if let Some(found) = value.get(path) {
        return found;
    }
    let mut at = value;
    for part in path.split('.') {
        let next = match at {
            Value::Object(object) => object.get(part),
            Value::Array(list) => part.parse::<usize>().ok().and_then(|index| list.get(index)),
            _ => None,
        };
        match next {
            Some(next) => at = next,
            None => return &Value::Null,
        }
    }
    at
}

/// Whether a text in a parameter holds an expression.
pub fn has_expression(text: &str) -> bool {
    text.contains("${{")
}

/// The name that a field or expression gives to what it yields: the last member that it names, such as `region` for
/// `region`, `address.region` and `${{ item.address.region }}`.
pub fn name_of(source: &str) -> Option<String> {
    let inner = match source.trim().strip_prefix("${{") {
        Some(rest) => rest.strip_suffix("}}")?.trim(),
        None => source.trim(),
    };
    let last = inner.rsplit(['.', '[']).next()?.trim_end_matches(']').trim_matches(['"', '\'']);
    let plain = inner.chars().all(|c| c.is_alphanumeric() || "._-[]\"'$ ".contains(c));
    (plain && !last.is_empty()).then(|| last.to_owned())
}

/// Whether a condition's result counts as yes, by JavaScript's rule.
pub fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64().is_some_and(|number| number != 0.0 && !number.is_nan()),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

/// The order of values: numbers, then text, then booleans, then lists and objects by their JSON.
pub fn compare(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => compare_numbers(left, right),
        (Value::String(left), Value::String(right)) => left.cmp(right),
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        _ => rank(left).cmp(&rank(right)).then_with(|| identity(left).cmp(&identity(right))),
    }
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Number(_) => 0,
        Value::String(_) => 1,
        Value::Bool(_) => 2,
        Value::Array(_) | Value::Object(_) => 3,
        Value::Null => 4,
    }
}

fn compare_numbers(left: &Number, right: &Number) -> Ordering {
    match (left.as_i64(), right.as_i64()) {
        (Some(left), Some(right)) => left.cmp(&right),
        _ => left.as_f64().unwrap_or_default().total_cmp(&right.as_f64().unwrap_or_default()),
    }
}

/// A text that is the same for equal values: members by name, `1.0` as `1`.
pub fn identity(value: &Value) -> String {
    canonical(value).to_string()
}

fn canonical(value: &Value) -> Value {
    match value {
        Value::Number(number) => number.as_i64().map_or_else(|| number.as_f64().map_or(Value::Null, number_value), Value::from),
        Value::Array(list) => list.iter().map(canonical).collect(),
        Value::Object(object) => {
            let mut sorted: IndexMap<&String, Value> = object.iter().map(|(name, value)| (name, canonical(value))).collect();
            sorted.sort_unstable_keys();
            Value::Object(sorted.into_iter().map(|(name, value)| (name.clone(), value)).collect())
        }
        other => other.clone(),
    }
}

/// A number as JSON, whole numbers without a fraction.
pub fn number_value(number: f64) -> Value {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() < EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
        return Value::from(number as i64);
    }
    Number::from_f64(number).map_or(Value::Null, Value::Number)
}

/// An object, or one with the field `value` for anything else.
pub fn as_object(value: &Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object.clone(),
        other => Map::from_iter([("value".to_owned(), other.clone())]),
    }
}

/// How a value reads in running text: text as it is, nothing for null, lists and objects as JSON.
pub fn plain_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Reads a text parameter: a number or boolean, as it often comes out of data, is taken as its text.
///
/// # Errors
/// When it is null, a list or an object.
pub fn lenient_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) => Ok(text),
        plain @ (Value::Number(_) | Value::Bool(_)) => Ok(plain.to_string()),
        other => Err(serde::de::Error::custom(format!("expected text, but it is {}", describe(&other)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn list(value: Value) -> Result<Vec<Value>, StepError> {
        serde_json::from_value::<Items>(value).unwrap().list("items")
    }

    #[test]
    fn an_envelope_with_one_list_is_opened() {
        assert_eq!(list(json!({"total": 2, "data": [1, 2]})).unwrap(), [json!(1), json!(2)]);
        assert_eq!(list(json!([])).unwrap(), Vec::<Value>::new());
    }

    #[test]
    fn what_is_no_list_is_named() {
        let why = list(json!({"a": [1], "b": [2]})).unwrap_err();
        assert_eq!(why.code, "not_a_list");
        assert_eq!(why.message, "\"items\" must be a list, but it is an object with the fields a, b");
        assert!(list(json!("a,b")).unwrap_err().message.ends_with("it is the text \"a,b\""));
        assert!(list(Value::Null).unwrap_err().message.ends_with("null"));
    }

    #[test]
    fn values_order_by_kind_and_then_by_size() {
        let mut values = vec![json!("b"), json!(null), json!(10), json!("a"), json!(2.5), json!(true)];
        values.sort_by(compare);
        assert_eq!(Value::from(values), json!([2.5, 10, "a", "b", true, null]));
    }

    #[test]
    fn equal_values_have_one_identity() {
        assert_eq!(identity(&json!({"a": 1, "b": [2.0]})), identity(&json!({"b": [2], "a": 1.0})));
        assert_ne!(identity(&json!("1")), identity(&json!(1)));
    }

    #[test]
    fn a_field_or_expression_names_what_it_yields() {
        assert_eq!(name_of("address.region").as_deref(), Some("region"));
        assert_eq!(name_of("${{ item.region }}").as_deref(), Some("region"));
        assert_eq!(name_of("${{ item['the region'] }}").as_deref(), Some("the region"));
        assert_eq!(name_of("${{ item.date.slice(0, 7) }}"), None);
    }
}
