//! `data.limit`: the first or last few items.

use crate::items::Items;
use async_trait::async_trait;
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError, role};
use sayflow_protocol::Effect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// `data.limit`.
pub struct Limit;

/// The end that is counted from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum From {
    /// The first ones.
    #[default]
    Start,
    /// The last ones, in the order they had.
    End,
}

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The list.
    #[schemars(extend("x-role" = role::ITEMS))]
    items: Items,
    /// How many to keep at most.
    #[schemars(extend("x-role" = role::COUNT))]
    count: usize,
    /// How many to pass over first.
    #[serde(default)]
    offset: usize,
    /// Whether to count from the `start` or from the `end`.
    #[serde(default)]
    from: From,
}

/// What it hands back.
#[derive(Serialize, JsonSchema)]
pub struct Output {
    /// The items that are left, in their order.
    items: Vec<Value>,
}

#[async_trait]
impl Action for Limit {
    type Params = Params;
    type Output = Output;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("data.limit", "Limit items", "Keeps the first or the last few items of a list.", Effect::None)
            .utterances(&[
                "take the first 5",
                "only the top 10",
                "limit it to three results",
                "the last 20 entries",
                "keep at most 50 rows",
                "skip the first 10 and take the next 10",
            ])
            .keywords(&["limit", "first", "last", "top", "take", "most", "at most", "maximum", "skip", "bottom", "few"])
            .example(json!({ "items": [{ "name": "Ann" }] }))
    }

    async fn run(&self, params: Params, _: &ActionContext<'_>) -> Result<Outcome<Output>, StepError> {
        let mut items = params.items.list("items")?;
        match params.from {
            From::Start => {
                items.drain(..params.offset.min(items.len()));
                items.truncate(params.count);
            }
            From::End => {
                items.truncate(items.len().saturating_sub(params.offset));
                items.drain(..items.len().saturating_sub(params.count));
            }
        }
        Ok(Output { items }.into())
    }
}
