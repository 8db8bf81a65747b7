//! `text.split`: part a text at a separator.

use super::compile;
use async_trait::async_trait;
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError, role};
use sayflow_protocol::Effect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// `text.split`.
pub struct Split;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The text.
    #[serde(deserialize_with = "crate::items::lenient_text")]
    #[schemars(extend("x-role" = role::TEXT))]
    text: String,
    /// What stands between the parts, such as `,`; line breaks if left out.
    #[serde(default)]
    separator: Option<String>,
    /// A regular expression for what stands between the parts, in place of `separator`.
    #[serde(default)]
    #[schemars(extend("x-role" = role::PATTERN))]
    pattern: Option<String>,
    /// Whether blanks around the parts are removed.
    #[serde(default)]
    trim: bool,
    /// Whether empty parts are left out.
    #[serde(default)]
    skip_empty: bool,
}

/// What it hands back.
#[derive(Serialize, JsonSchema)]
pub struct Output {
    /// The parts.
    items: Vec<String>,
    /// How many there are.
    count: usize,
}

#[async_trait]
impl Action for Split {
    type Params = Params;
    type Output = Output;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("text.split", "Split text", "Parts a text into lines, or at a separator.", Effect::None)
            .utterances(&[
                "split the text into lines",
                "split by comma",
                "break the message into words",
                "each line of the text file",
                "separate the tags",
            ])
            .keywords(&["split", "lines", "separate", "words", "comma", "break", "tokens", "line"])
            .example(json!({ "items": ["one", "two"], "count": 2 }))
    }

    async fn run(&self, params: Params, _: &ActionContext<'_>) -> Result<Outcome<Output>, StepError> {
        let text = params.text.as_str();
        let parts: Vec<&str> = match (&params.pattern, params.separator.as_deref()) {
            (Some(_), Some(_)) => return Err(StepError::new("invalid_parameters", "text.split takes a separator or a pattern, not both")),
            (Some(pattern), None) => compile(pattern)?.split(text).collect(),
            (None, Some("")) => return Err(StepError::new("invalid_parameters", "text.split: the separator is empty")),
            (None, Some(separator)) => text.split(separator).collect(),
            (None, None) => text.lines().collect(),
        };
        let items: Vec<String> = parts
            .into_iter()
            .map(|part| if params.trim { part.trim() } else { part })
            .filter(|part| !(params.skip_empty && part.is_empty()))
            .map(str::to_owned)
            .collect();
        Ok(Output { count: items.len(), items }.into())
    }
}
