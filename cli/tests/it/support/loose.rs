//! Comparisons that are strict about what is meant and lenient about how it is written: `12.50` is 12.5, a field
//! name's case does not matter, a number in a sentence is found as a number.

use regex::Regex;
use serde_json::{Map, Value};
use std::sync::LazyLock;

/// Averages may be rounded to cents.
const TOLERANCE: f64 = 0.01;

static NUMBER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"-?\d{1,3}(?:[ ,]\d{3})+(?:\.\d+)?|-?\d+(?:\.\d+)?").expect("a regular expression"));

/// The number that a value is, or that a text of nothing else spells.
pub fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// Whether two numbers are the same but for rounding.
pub fn same_number(left: f64, right: f64) -> bool {
    (left - right).abs() <= TOLERANCE
}

/// Whether two values mean the same. Lists are compared in order, objects without regard to order.
pub fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => same_object(left, right),
        (Value::Array(_) | Value::Object(_), _) | (_, Value::Array(_) | Value::Object(_)) => false,
        _ => match (number(left), number(right)) {
            (Some(left), Some(right)) => same_number(left, right),
            _ => plain(left) == plain(right),
        },
    }
}

fn same_object(left: &Map<String, Value>, right: &Map<String, Value>) -> bool {
    left.len() == right.len()
        && left.iter().all(|(name, value)| right.iter().any(|(other, theirs)| other.eq_ignore_ascii_case(name) && same(value, theirs)))
}

/// Whether two lists mean the same, in order or in any.
pub fn same_list(left: &[Value], right: &[Value], ordered: bool) -> bool {
    if left.len() != right.len() {
        return false;
    }
    if ordered {
        return left.iter().zip(right).all(|(left, right)| same(left, right));
    }
    let mut rest: Vec<&Value> = right.iter().collect();
    left.iter().all(|value| rest.iter().position(|other| same(value, other)).map(|at| rest.swap_remove(at)).is_some())
}

/// A scalar as text, without the space around it; null is empty.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    }
}

/// Whether a text holds what is looked for: a number as a number, anything else without regard to case.
pub fn holds(text: &str, wanted: &Value) -> bool {
    match number(wanted) {
        Some(wanted) => numbers(text).iter().any(|found| same_number(found.abs(), wanted.abs())),
        None => squeezed(text).contains(&squeezed(&plain(wanted))),
    }
}

/// All numbers in a text, `1,234.50` and `1 234.50` as one each, and also their parts.
pub fn numbers(text: &str) -> Vec<f64> {
    let whole = NUMBER.find_iter(text).filter_map(|found| found.as_str().replace([',', ' '], "").parse().ok());
    let parts = text.split(|c: char| !c.is_ascii_digit() && c != '.').filter_map(|part| part.trim_end_matches('.').parse().ok());
    whole.chain(parts).collect()
}

/// Lower case, with each run of white space as one space.
fn squeezed(text: &str) -> String {
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Every scalar in a value, depth first, without the names of fields.
pub fn scalars(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.iter().flat_map(scalars).collect(),
        Value::Object(fields) => fields.values().flat_map(scalars).collect(),
        Value::Null => Vec::new(),
        scalar => vec![scalar.clone()],
    }
}

/// A result as rows of plain values, whatever shape it was given: a list of objects, lists or scalars, or an object
/// whose names are the first column.
pub fn value_rows(value: &Value) -> Vec<Value> {
    let row = |value: &Value| Value::Array(scalars(value));
    match value {
        Value::Array(items) => items.iter().map(row).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| Value::Array(std::iter::once(Value::from(name.clone())).chain(scalars(value)).collect()))
            .collect(),
        scalar => vec![row(scalar)],
    }
}

#[test]
fn values_are_compared_by_meaning() {
    use serde_json::json;
    assert!(same(&json!({"Amount": "12.50", "ok": true}), &json!({"ok": "true", "amount": 12.5})));
    assert!(!same(&json!({"amount": 12.5}), &json!({"amount": 12.5, "extra": 1})));
    assert!(!same(&json!([1, 2]), &json!([2, 1])) && same_list(&[json!(1), json!(2)], &[json!(2), json!(1)], false));
    assert!(!same_list(&[json!(1), json!(1)], &[json!(1), json!(2)], false));
    assert!(holds("There are 1,234 tickets.", &json!(1234)) && holds("sum 1234.50 EUR", &json!(1234.5)));
    assert!(!holds("13 open", &json!(3)) && holds("Open  tickets", &json!("open tickets")));
    assert_eq!(value_rows(&json!({"A": 1})), value_rows(&json!([["A", 1]])));
}
