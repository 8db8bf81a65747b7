//! `data.unique`: one of each.

use super::key::keys;
use crate::items::{Items, identity};
use async_trait::async_trait;
use sayflow_engine::action::{Action, ActionContext, LambdaRef, Outcome, SpecBuilder, StepError, role};
use sayflow_protocol::Effect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::HashSet;

/// `data.unique`.
pub struct Unique;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The list.
    #[schemars(extend("x-role" = role::ITEMS))]
    items: Items,
    /// What makes two items the same: a field name such as `email`, an expression, or a list of these. The whole
    /// item if left out.
    #[serde(default)]
    #[schemars(with = "LambdaRef", extend("x-role" = role::BY))]
    by: Option<LambdaRef>,
}

/// What it hands back.
#[derive(Serialize, JsonSchema)]
pub struct Output {
    /// The first item of each kind, in their order.
    items: Vec<Value>,
    /// How many kinds there are.
    count: usize,
}

#[async_trait]
impl Action for Unique {
    type Params = Params;
    type Output = Output;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("data.unique", "Remove duplicates", "Keeps the first of the items that are the same.", Effect::None)
            .utterances(&[
                "remove duplicates",
                "deduplicate by email",
                "one row per customer",
                "the distinct countries",
                "list each category only once",
                "drop repeated entries",
            ])
            .keywords(&["unique", "distinct", "duplicates", "deduplicate", "dedupe", "once", "repeated", "different"])
            .example(json!({ "items": [{ "email": "ann@example.com" }], "count": 1 }))
    }

    async fn run(&self, params: Params, cx: &ActionContext<'_>) -> Result<Outcome<Output>, StepError> {
        let items = params.items.list("items")?;
        let keys = keys(params.by.as_ref(), &items, cx).await?;
        let mut seen = HashSet::new();
        let items: Vec<Value> =
            items.into_iter().zip(keys).filter(|(_, key)| seen.insert(identity(&Value::from(key.clone())))).map(|(item, _)| item).collect();
        Ok(Output { count: items.len(), items }.into())
    }
}
