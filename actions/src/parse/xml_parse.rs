//! `xml.parse`: text to value.

use super::TextParams;
use crate::format::Format;
use async_trait::async_trait;
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError};
use sayflow_protocol::Effect;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

/// `xml.parse`.
pub struct XmlParse;

/// What it hands back.
#[derive(Serialize, JsonSchema)]
pub struct Output {
    /// An object with one member, named after the root element. Attributes are members called `@name`, children members by name; children that occur more than once are a list; an element with text only is that text, and text beside other things is `#text`.
    value: Value,
}

#[async_trait]
impl Action for XmlParse {
    type Params = TextParams;
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

    async fn run(&self, params: TextParams, _: &ActionContext<'_>) -> Result<Outcome<Output>, StepError> {
        Ok(Output { value: params.read(Format::Xml)? }.into())
    }
}
