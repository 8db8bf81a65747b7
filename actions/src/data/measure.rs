//! What can be computed over a group of values.

use crate::items::{compare, describe, identity, number_value};
use sayflow_engine::action::StepError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashSet;

/// What is computed. Values that are null or an empty text are left out of all but `first`, `last`, `list` and a
/// `count` of items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// How many items, or how many values where `of` is given.
    Count,
    /// How many different values.
    #[serde(alias = "distinct")]
    CountDistinct,
    /// The sum.
    Sum,
    /// The arithmetic mean; null of none.
    #[serde(alias = "average", alias = "mean")]
    Avg,
    /// The smallest; null of none.
    Min,
    /// The largest; null of none.
    Max,
    /// The first.
    First,
    /// The last.
    Last,
    /// All of them.
    List,
    /// The middle one, or the mean of the middle two; null of none.
    Median,
}

impl Operation {
    /// Whether it makes sense only with a field.
    pub fn needs_field(self) -> bool {
        !matches!(self, Self::Count | Self::First | Self::Last | Self::List)
    }

    /// Computes it. `of` names the values in errors.
    ///
    /// # Errors
    /// `not_a_number` for sums, means and medians over what is none.
    pub fn compute(self, values: &[Value], of: &str) -> Result<Value, StepError> {
        let present = || values.iter().filter(|value| !value.is_null() && *value != "");
        Ok(match self {
            Self::Count => Value::from(present().count()),
            Self::CountDistinct => Value::from(present().map(identity).collect::<HashSet<_>>().len()),
            Self::Sum => sum(&numbers(present(), of)?),
            Self::Avg => average(&numbers(present(), of)?),
            Self::Median => median(numbers(present(), of)?),
            Self::Min => present().min_by(|left, right| compare(left, right)).cloned().unwrap_or(Value::Null),
            Self::Max => present().max_by(|left, right| compare(left, right)).cloned().unwrap_or(Value::Null),
            Self::First => values.first().cloned().unwrap_or(Value::Null),
            Self::Last => values.last().cloned().unwrap_or(Value::Null),
            Self::List => Value::from(values.to_vec()),
        })
    }
}

fn numbers<'v>(values: impl Iterator<Item = &'v Value>, of: &str) -> Result<Vec<f64>, StepError> {
    values
        .map(|value| {
            let number = match value {
                Value::Number(number) => number.as_f64(),
                Value::String(text) => text.trim().parse::<f64>().ok().filter(|number| number.is_finite()),
                _ => None,
            };
            number.ok_or_else(|| {
                StepError::new("not_a_number", format!("\"{of}\" must be a number in every item, but in one it is {}", describe(value)))
                    .help("convert it with an expression, such as ${{ Number(item.price.replace('€', '')) }}, or filter those items out")
            })
        })
        .collect()
}

/// The sum, rounded to the decimals that the numbers themselves have, so that 0.1 + 0.2 is 0.3.
fn sum(numbers: &[f64]) -> Value {
    let total: f64 = numbers.iter().sum();
    let decimals = numbers.iter().map(|number| decimals(*number)).max().unwrap_or(0);
    let rounded = if decimals <= 12 { format!("{total:.decimals$}").parse().unwrap_or(total) } else { total };
    number_value(rounded)
}

fn decimals(number: f64) -> usize {
    number.to_string().split_once('.').map_or(0, |(_, fraction)| fraction.len())
}

fn average(numbers: &[f64]) -> Value {
    if numbers.is_empty() {
        return Value::Null;
    }
    let total = sum(numbers).as_f64().unwrap_or_default();
    #[expect(clippy::cast_precision_loss, reason = "a list has far fewer than 2^53 items")]
    number_value(total / numbers.len() as f64)
}

fn median(mut numbers: Vec<f64>) -> Value {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    match (numbers.len() % 2, numbers.get(middle)) {
        (1, Some(one)) => number_value(*one),
        (0, Some(upper)) => numbers.get(middle.wrapping_sub(1)).map_or(Value::Null, |lower| number_value(f64::midpoint(*lower, *upper))),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(operation: Operation, values: Value) -> Value {
        operation.compute(values.as_array().unwrap(), "price").unwrap()
    }

    #[test]
    fn sums_and_means_are_those_that_people_expect() {
        assert_eq!(of(Operation::Sum, json!([0.1, 0.2, "", null])), json!(0.3));
        assert_eq!(of(Operation::Sum, json!([])), json!(0));
        assert_eq!(of(Operation::Avg, json!([1, 3])), json!(2));
        assert_eq!(of(Operation::Avg, json!([])), json!(null));
        assert_eq!(of(Operation::Median, json!([5, 1, 2, 4])), json!(3));
        assert_eq!(of(Operation::Median, json!([5])), json!(5));
        assert_eq!(of(Operation::Sum, json!(["2.5", 1])), json!(3.5));
    }

    #[test]
    fn extremes_work_on_text_too() {
        assert_eq!(of(Operation::Min, json!(["2026-02-01", "2026-01-09"])), json!("2026-01-09"));
        assert_eq!(of(Operation::Max, json!([3, null, 10])), json!(10));
        assert_eq!(of(Operation::CountDistinct, json!(["a", "b", "a", null])), json!(2));
    }

    #[test]
    fn what_is_no_number_is_named() {
        let why = Operation::Sum.compute(&[json!(1), json!("3 €")], "price").unwrap_err();
        assert_eq!(why.code, "not_a_number");
        assert_eq!(why.message, "\"price\" must be a number in every item, but in one it is the text \"3 €\"");
    }
}
