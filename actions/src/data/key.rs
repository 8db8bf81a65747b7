//! Parameters that name one or more values of each item: a field, an expression, or a list of these.

use crate::items::{field, has_expression};
use sayflow_engine::action::{ActionContext, LambdaRef, StepError};
use serde_json::Value;

/// For each item the values of the parameter's parts, in their order. Without the parameter it is the item itself.
///
/// # Errors
/// When an expression fails.
pub async fn keys(by: Option<&LambdaRef>, items: &[Value], cx: &ActionContext<'_>) -> Result<Vec<Vec<Value>>, StepError> {
    let Some(by) = by else {
        return Ok(items.iter().map(|item| vec![item.clone()]).collect());
    };
    let source = cx.lambda(by)?.source().clone();
    let evaluated = cx.map(by, items).await?;
    Ok(match source {
        Value::Array(parts) => items
            .iter()
            .zip(evaluated)
            .map(|(item, values)| parts.iter().enumerate().map(|(n, part)| part_of(part, item, values.get(n))).collect())
            .collect(),
        _ => evaluated.into_iter().map(|value| vec![value]).collect(),
    })
}

/// What a part of a parameter stands for: a text without expressions is the field of that name, anything else its
/// evaluation.
pub fn part_of(source: &Value, item: &Value, evaluated: Option<&Value>) -> Value {
    match source {
        Value::String(name) if !has_expression(name) => field(item, name).clone(),
        _ => evaluated.cloned().unwrap_or(Value::Null),
    }
}
