//! `text.match`: look for a pattern in a text.

use super::compile;
use async_trait::async_trait;
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError, role};
use sayflow_protocol::Effect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// `text.match`.
pub struct Match;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The text to look in.
    #[serde(deserialize_with = "crate::items::lenient_text")]
    #[schemars(extend("x-role" = role::TEXT))]
    text: String,
    /// A regular expression. `(?i)` at its beginning makes it ignore case.
    #[schemars(extend("x-role" = role::PATTERN))]
    pattern: String,
}

/// What it hands back.
#[derive(Serialize, JsonSchema)]
pub struct Output {
    /// Whether the pattern occurs.
    matched: bool,
    /// The text of its first occurrence, or null.
    r#match: Option<String>,
    /// The groups of the first occurrence by name, or by number from "1"; null where one took no part.
    groups: Map<String, Value>,
    /// The texts of all occurrences.
    matches: Vec<String>,
    /// How often it occurs.
    count: usize,
}

#[async_trait]
impl Action for Match {
    type Params = Params;
    type Output = Output;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("text.match", "Match text", "Looks for a regular expression in a text.", Effect::None)
            .utterances(&[
                "find all email addresses in the text",
                "check whether the body contains an order number",
                "extract the version number from the title",
                "match the text against a regular expression",
                "get every number in the message",
            ])
            .keywords(&["match", "regex", "pattern", "find", "extract", "contains", "regular", "expression", "search"])
            .example(json!({ "matched": true, "match": "v1.2", "groups": { "1": "1.2" }, "matches": ["v1.2"], "count": 1 }))
    }

    async fn run(&self, params: Params, _: &ActionContext<'_>) -> Result<Outcome<Output>, StepError> {
        let pattern = compile(&params.pattern)?;
        let matches: Vec<String> = pattern.find_iter(&params.text).map(|found| found.as_str().to_owned()).collect();
        let mut groups = Map::new();
        if let Some(first) = pattern.captures(&params.text) {
            for (index, name) in pattern.capture_names().enumerate().skip(1) {
                let value = first.get(index).map_or(Value::Null, |found| Value::from(found.as_str()));
                groups.insert(name.map_or_else(|| index.to_string(), str::to_owned), value);
            }
        }
        Ok(Output { matched: !matches.is_empty(), r#match: matches.first().cloned(), groups, count: matches.len(), matches }.into())
    }
}
