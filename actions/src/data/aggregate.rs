//! `data.aggregate`: counts, sums, means and the like, over all items or by group.

use super::key::part_of;
use super::measure::Operation;
use crate::items::{Items, as_object, has_expression, identity, name_of};
use async_trait::async_trait;
use indexmap::IndexMap;
use sayflow_engine::action::{Action, ActionContext, LambdaRef, Outcome, SpecBuilder, StepError, role};
use sayflow_protocol::Effect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// `data.aggregate`.
pub struct Aggregate;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The list.
    #[schemars(extend("x-role" = role::ITEMS))]
    items: Items,
    /// What makes a group: a field name such as `region`, an expression, a list of these, or an object that names
    /// each, such as `{ month: "${{ item.date.slice(0, 7) }}" }`. All items are one group if left out.
    #[serde(default)]
    #[schemars(with = "LambdaRef", extend("x-role" = role::BY))]
    group_by: Option<LambdaRef>,
    /// What to compute, by name: `{ total: { op: sum, of: amount } }`. `op` is one of count, count_distinct, sum,
    /// avg, min, max, median, first, last and list; `of` is a field name or an expression per item. The count of
    /// items, named `count`, if left out.
    #[serde(default)]
    #[schemars(with = "LambdaRef", extend("x-role" = role::MEASURES, "type" = "object", "additionalProperties" = measure_schema()))]
    measures: Option<LambdaRef>,
}

fn measure_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "op": {
                "enum": ["count", "count_distinct", "distinct", "sum", "avg", "average", "mean", "min", "max", "median", "first", "last", "list"]
            },
            "of": { "description": "A field name, or an expression per item." }
        },
        "required": ["op"],
        "additionalProperties": false
    })
}

/// What it hands back.
#[derive(Serialize, JsonSchema)]
pub struct Output {
    /// One object a group, in the order the groups are first met: what makes the group, then the measures. Without
    /// `group_by` the one object of `totals`.
    items: Vec<Value>,
    /// The measures over all items.
    totals: Map<String, Value>,
}

/// A measure as written.
struct Measure {
    name: String,
    op: Operation,
    of: Option<Value>,
}

#[async_trait]
impl Action for Aggregate {
    type Params = Params;
    type Output = Output;

    fn spec(&self) -> SpecBuilder {
        let summary = "Counts, sums, averages, minimums and maximums over all items or for each group.";
        SpecBuilder::new("data.aggregate", "Count and sum", summary, Effect::None)
            .utterances(&[
                "count how many there are",
                "how many orders are open",
                "the total amount per region",
                "sum up the price column",
                "average rating by category",
                "group by customer and add up the revenue",
                "the highest and lowest temperature",
                "number of rows for each status",
            ])
            .keywords(&[
                "count",
                "sum",
                "total",
                "average",
                "mean",
                "median",
                "min",
                "max",
                "minimum",
                "maximum",
                "group",
                "per",
                "by",
                "number",
                "many",
                "aggregate",
                "add",
                "statistics",
                "highest",
                "lowest",
            ])
            .example(json!({
                "items": [{ "region": "North", "total": 120 }, { "region": "South", "total": 80 }],
                "totals": { "total": 200 }
            }))
    }

    async fn run(&self, params: Params, cx: &ActionContext<'_>) -> Result<Outcome<Output>, StepError> {
        let items = params.items.list("items")?;
        let measures = match &params.measures {
            Some(measures) => measures_of(cx.lambda(measures)?.source())?,
            None => vec![Measure { name: "count".to_owned(), op: Operation::Count, of: None }],
        };
        let values = measured(&params.measures, &measures, &items, cx).await?;
        let all: Vec<usize> = (0..items.len()).collect();
        let totals = row(&measures, &values, &all)?;
        let items = match &params.group_by {
            None => vec![Value::Object(totals.clone())],
            Some(group_by) => {
                let mut rows = Vec::new();
                for (mut group, members) in groups(group_by, &items, cx).await? {
                    group.extend(row(&measures, &values, &members)?);
                    rows.push(Value::Object(group));
                }
                rows
            }
        };
        Ok(Output { items, totals }.into())
    }
}

fn measures_of(source: &Value) -> Result<Vec<Measure>, StepError> {
    let wrong = |why: String| {
        StepError::new("invalid_parameters", format!("data.aggregate: {why}")).help("write measures as { total: { op: sum, of: amount } }")
    };
    let written = source.as_object().ok_or_else(|| wrong("\"measures\" must be an object".to_owned()))?;
    written
        .iter()
        .map(|(name, measure)| {
            let op = measure.get("op").cloned().unwrap_or(Value::Null);
            let op: Operation = serde_json::from_value(op).map_err(|why| wrong(format!("the \"op\" of \"{name}\": {why}")))?;
            let of = measure.get("of").filter(|of| !of.is_null()).cloned();
            if op.needs_field() && of.is_none() {
                return Err(wrong(format!("\"{name}\" needs an \"of\": the field to compute it over")));
            }
            Ok(Measure { name: name.clone(), op, of })
        })
        .collect()
}

/// For each measure its value in each item.
async fn measured(
    param: &Option<LambdaRef>,
    measures: &[Measure],
    items: &[Value],
    cx: &ActionContext<'_>,
) -> Result<Vec<Vec<Value>>, StepError> {
    let computed = match param {
        Some(param) if measures.iter().any(|measure| measure.of.as_ref().is_some_and(is_computed)) => cx.map(param, items).await?,
        _ => Vec::new(),
    };
    let value = |measure: &Measure, index: usize, item: &Value| match &measure.of {
        None => item.clone(),
        Some(of) => part_of(of, item, computed.get(index).and_then(|all| all.get(&measure.name)?.get("of"))),
    };
    Ok(measures.iter().map(|measure| items.iter().enumerate().map(|(index, item)| value(measure, index, item)).collect()).collect())
}

fn is_computed(of: &Value) -> bool {
    of.as_str().is_none_or(has_expression)
}

fn row(measures: &[Measure], values: &[Vec<Value>], members: &[usize]) -> Result<Map<String, Value>, StepError> {
    let mut row = Map::new();
    for (measure, all) in measures.iter().zip(values) {
        let of = measure.of.as_ref().map_or("item", |of| of.as_str().unwrap_or(&measure.name));
        let result = match (measure.op, &measure.of) {
            (Operation::Count, None) => Value::from(members.len()),
            (op, _) => {
                let group: Vec<Value> = members.iter().filter_map(|&index| all.get(index).cloned()).collect();
                op.compute(&group, of)?
            }
        };
        row.insert(measure.name.clone(), result);
    }
    Ok(row)
}

type Group = (Map<String, Value>, Vec<usize>);

/// What makes each group, and the indices of its items.
async fn groups(group_by: &LambdaRef, items: &[Value], cx: &ActionContext<'_>) -> Result<Vec<Group>, StepError> {
    let source = cx.lambda(group_by)?.source().clone();
    let evaluated = cx.map(group_by, items).await?;
    let mut groups: IndexMap<String, Group> = IndexMap::new();
    for (index, (item, value)) in items.iter().zip(evaluated).enumerate() {
        let key = key_of(&source, item, &value);
        let identity = identity(&Value::Object(key.clone()));
        groups.entry(identity).or_insert_with(|| (key, Vec::new())).1.push(index);
    }
    Ok(groups.into_values().collect())
}

/// What makes an item's group, by name.
fn key_of(source: &Value, item: &Value, evaluated: &Value) -> Map<String, Value> {
    let named = |part: &Value, index: usize| {
        part.as_str().and_then(name_of).unwrap_or_else(|| if index == 0 { "group".to_owned() } else { format!("group_{}", index + 1) })
    };
    match source {
        Value::Object(parts) => parts.iter().map(|(name, part)| (name.clone(), part_of(part, item, evaluated.get(name)))).collect(),
        Value::Array(parts) => {
            parts.iter().enumerate().map(|(index, part)| (named(part, index), part_of(part, item, evaluated.get(index)))).collect()
        }
        one => match evaluated {
            Value::Object(_) if has_expression(one.as_str().unwrap_or_default()) && name_of(one.as_str().unwrap_or_default()).is_none() => {
                as_object(evaluated)
            }
            _ => Map::from_iter([(named(one, 0), evaluated.clone())]),
        },
    }
}
