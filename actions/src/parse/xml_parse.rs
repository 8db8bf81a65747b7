//! `xml.parse`: text to value.

use super::malformed;
use crate::format::{self, Format};
use async_trait::async_trait;
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError, role};
use sayflow_protocol::Effect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// `xml.parse`.
pub struct XmlParse;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The text.
    #[serde(deserialize_with = "crate::items::lenient_text")]
    #[schemars(extend("x-role" = role::TEXT))]
    text: String,
}

/// What it hands back.
#[derive(Serialize, JsonSchema)]
pub struct Output {
    /// An object with one member, named after the root element. Attributes are members called `@name`, children members by name; children that occur more than once are a list; an element with text only is that text, and text beside other things is `#text`.
    value: Value,
}

#[async_trait]
impl Action for XmlParse {
    type Params = Params;
    type Output = Output;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("xml.parse", "Parse XML", "Reads a text as XML.", Effect::None)
            .utterances(&[
                "parse the XML text",
                "read the XML response",
                "turn XML into an object",
                "get the values out of the XML document",
            ])
            .keywords(&["xml", "parse", "decode", "elements"])
            .example(json!({ "value": { "order": { "@id": "7", "line": ["pen", "ink"] } } }))
    }

    async fn run(&self, params: Params, _: &ActionContext<'_>) -> Result<Outcome<Output>, StepError> {
        let value = format::parse(Format::Xml, params.text.as_bytes()).map_err(|why| malformed(&why))?;
        Ok(Output { value }.into())
    }
}
