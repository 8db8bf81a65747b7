//! `data.filter`: keep the items for which a condition holds.

use crate::items::{Items, truthy};
use async_trait::async_trait;
use sayflow_engine::action::{Action, ActionContext, LambdaRef, Outcome, SpecBuilder, StepError, role};
use sayflow_protocol::Effect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// `data.filter`.
pub struct Filter;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The list to look through.
    #[schemars(extend("x-role" = role::ITEMS))]
    items: Items,
    /// The condition on each item, such as `${{ item.price > 10 }}`. A plain field name keeps the items in which
    /// that field is set.
    #[schemars(extend("x-role" = role::CONDITION))]
    r#where: LambdaRef,
}

/// What it hands back.
#[derive(Serialize, JsonSchema)]
pub struct Output {
    /// The items that are left, in their order.
    items: Vec<Value>,
    /// How many are left.
    count: usize,
}

#[async_trait]
impl Action for Filter {
    type Params = Params;
    type Output = Output;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("data.filter", "Filter items", "Keeps the items of a list for which a condition holds.", Effect::None)
            .utterances(&[
                "keep only the orders over 100 euros",
                "filter the rows where status is open",
                "only the entries whose title mentions Rust",
                "drop everything that is not from Germany",
                "ignore the ones without an email address",
                "select users older than 30",
                "those that were published today",
            ])
            .keywords(&["filter", "only", "where", "keep", "exclude", "without", "drop", "ignore", "matching", "select", "containing"])
            .example(json!({ "items": [{ "name": "Ann", "total": 120 }], "count": 1 }))
    }

    async fn run(&self, params: Params, cx: &ActionContext<'_>) -> Result<Outcome<Output>, StepError> {
        let items = params.items.list("items")?;
        let verdicts = cx.map(&params.r#where, &items).await?;
        let items: Vec<Value> = items.into_iter().zip(verdicts).filter(|(_, verdict)| truthy(verdict)).map(|(item, _)| item).collect();
        Ok(Output { count: items.len(), items }.into())
    }
}
