//! `data.map`: make something else of each item.

use crate::items::Items;
use async_trait::async_trait;
use sayflow_engine::action::{Action, ActionContext, LambdaRef, Outcome, SpecBuilder, StepError, role};
use sayflow_protocol::Effect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// `data.map`.
pub struct MapItems;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The list.
    #[schemars(extend("x-role" = role::ITEMS))]
    items: Items,
    /// What each item becomes: an object such as `{ name: "${{ item.name }}" }`, an expression, or a field name.
    #[schemars(extend("x-role" = role::PROJECTION))]
    to: LambdaRef,
}

/// What it hands back.
#[derive(Serialize, JsonSchema)]
pub struct Output {
    /// What became of the items, in their order.
    items: Vec<Value>,
}

#[async_trait]
impl Action for MapItems {
    type Params = Params;
    type Output = Output;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new(
            "data.map",
            "Reshape items",
            "Makes a new item of each item: some of its fields, renamed or computed.",
            Effect::None,
        )
        .utterances(&[
            "keep just the name and email of each row",
            "only the title and link fields",
            "pick the columns id and price",
            "turn every item into a line of text",
            "rename the field cost to price",
            "add a field with the price including tax",
            "extract the names",
        ])
        .keywords(&["map", "fields", "columns", "pick", "project", "rename", "transform", "convert", "reshape", "each", "just", "compute"])
        .example(json!({ "items": [{ "name": "Ann", "email": "ann@example.com" }] }))
    }

    async fn run(&self, params: Params, cx: &ActionContext<'_>) -> Result<Outcome<Output>, StepError> {
        let items = params.items.list("items")?;
        Ok(Output { items: cx.map(&params.to, &items).await? }.into())
    }
}
