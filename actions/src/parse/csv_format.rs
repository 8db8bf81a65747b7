//! `csv.format`: a list of objects to table text.

use super::delimiter;
use crate::format::{CsvOptions, Header, render_csv};
use crate::items::Items;
use async_trait::async_trait;
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError, role};
use sayflow_protocol::Effect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// `csv.format`.
pub struct CsvFormat;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The rows.
    #[schemars(extend("x-role" = role::ITEMS))]
    items: Items,
    /// What stands between the fields: one character, or `tab`; a comma if left out.
    #[serde(default, deserialize_with = "delimiter")]
    #[schemars(with = "Option<String>")]
    delimiter: Option<u8>,
    /// Whether the first line names the columns.
    #[serde(default = "default_header")]
    header: bool,
}

fn default_header() -> bool {
    true
}

/// What it hands back.
#[derive(Serialize, JsonSchema)]
pub struct Output {
    /// The table as text.
    text: String,
}

#[async_trait]
impl Action for CsvFormat {
    type Params = Params;
    type Output = Output;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("csv.format", "Format CSV", "Writes a list as table text.", Effect::None)
            .utterances(&[
                "convert the rows to CSV text",
                "format the list as CSV",
                "make a CSV of it to attach",
                "turn the JSON list into CSV",
            ])
            .keywords(&["csv", "table", "format", "encode", "convert", "spreadsheet"])
            .example(json!({ "text": "name,age\nAnn,31\n" }))
    }

    async fn run(&self, params: Params, _: &ActionContext<'_>) -> Result<Outcome<Output>, StepError> {
        let header = if params.header { Header::Yes } else { Header::No };
        let items = Value::Array(params.items.list("items")?);
        let text = render_csv(&items, CsvOptions { delimiter: params.delimiter, header }).map_err(|why| why.for_writing("the list"))?;
        Ok(Output { text }.into())
    }
}
