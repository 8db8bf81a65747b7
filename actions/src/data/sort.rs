//! `data.sort`: put items into an order.

use super::key::keys;
use crate::items::{Items, compare};
use crate::spellings::also;
use async_trait::async_trait;
use sayflow_engine::action::{Action, ActionContext, LambdaRef, Outcome, SpecBuilder, StepError, role};
use sayflow_protocol::Effect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::cmp::Ordering;

/// `data.sort`.
pub struct Sort;

/// Which way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(transform = |schema: &mut schemars::Schema| also(schema, &["ascending", "descending"]))]
pub enum Order {
    /// Smallest first.
    #[default]
    #[serde(alias = "ascending")]
    Asc,
    /// Largest first.
    #[serde(alias = "descending")]
    Desc,
}

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The list.
    #[schemars(extend("x-role" = role::ITEMS))]
    items: Items,
    /// What to order by: a field name such as `price`, an expression such as `${{ item.name.length }}`, or a list of
    /// these, the first counting most. The items themselves if left out.
    #[serde(default)]
    #[schemars(with = "LambdaRef", extend("x-role" = role::BY))]
    by: Option<LambdaRef>,
    /// `asc` for smallest first or `desc` for largest first.
    #[serde(default)]
    #[schemars(extend("x-role" = role::ORDER))]
    order: Order,
}

/// What it hands back.
#[derive(Serialize, JsonSchema)]
pub struct Output {
    /// The items in their new order; those that are equal keep the order they had. Numbers come before text, and
    /// items without a value last, whichever the order.
    items: Vec<Value>,
}

#[async_trait]
impl Action for Sort {
    type Params = Params;
    type Output = Output;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("data.sort", "Sort items", "Puts the items of a list into an order by one or more of their fields.", Effect::None)
            .utterances(&[
                "sort the rows by price",
                "order them by date, newest first",
                "highest score first",
                "sort alphabetically by name",
                "rank the products by revenue in descending order",
                "cheapest first",
                "arrange by last name and then first name",
            ])
            .keywords(&[
                "sort",
                "order",
                "rank",
                "descending",
                "ascending",
                "first",
                "newest",
                "oldest",
                "highest",
                "lowest",
                "cheapest",
                "alphabetically",
                "top",
            ])
            .example(json!({ "items": [{ "name": "Ann", "score": 9 }, { "name": "Bo", "score": 4 }] }))
    }

    async fn run(&self, params: Params, cx: &ActionContext<'_>) -> Result<Outcome<Output>, StepError> {
        let items = params.items.list("items")?;
        let keys = keys(params.by.as_ref(), &items, cx).await?;
        let mut keyed: Vec<(Vec<Value>, Value)> = keys.into_iter().zip(items).collect();
        keyed.sort_by(|(left, _), (right, _)| in_order(left, right, params.order));
        Ok(Output { items: keyed.into_iter().map(|(_, item)| item).collect() }.into())
    }
}

fn in_order(left: &[Value], right: &[Value], order: Order) -> Ordering {
    left.iter().zip(right).map(|(left, right)| one(left, right, order)).find(|found| found.is_ne()).unwrap_or(Ordering::Equal)
}

fn one(left: &Value, right: &Value, order: Order) -> Ordering {
    // An empty cell of a table is as good as no value.
    let absent = |value: &Value| value.is_null() || value == "";
    match (absent(left), absent(right)) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) if left.is_number() != right.is_number() => compare(left, right),
        (false, false) => match order {
            Order::Asc => compare(left, right),
            Order::Desc => compare(right, left),
        },
    }
}
