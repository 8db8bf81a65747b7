//! `csv.parse`: table text to a list of objects.

use super::{delimiter, malformed};
use crate::format::{CsvOptions, Header, parse_csv};
use async_trait::async_trait;
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError, role};
use sayflow_protocol::Effect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// `csv.parse`.
pub struct CsvParse;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The table as text.
    #[serde(deserialize_with = "crate::items::lenient_text")]
    #[schemars(extend("x-role" = role::TEXT))]
    text: String,
    /// What stands between the fields: one character, or `tab`. Found out from the first line if left out.
    #[serde(default, deserialize_with = "delimiter")]
    #[schemars(with = "Option<String>")]
    delimiter: Option<u8>,
    /// Whether the first line names the columns; without it they are `column_1`, `column_2`, ….
    #[serde(default = "default_header")]
    header: bool,
}

fn default_header() -> bool {
    true
}

/// What it hands back.
#[derive(Serialize, JsonSchema)]
pub struct Output {
    /// The rows as objects by column name. Plain numbers are numbers, the rest is text.
    items: Vec<Value>,
    /// How many rows there are.
    count: usize,
}

#[async_trait]
impl Action for CsvParse {
    type Params = Params;
    type Output = Output;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("csv.parse", "Parse CSV", "Reads a text as a table.", Effect::None)
            .utterances(&[
                "parse the CSV text",
                "read the response body as CSV",
                "turn the table text into rows",
                "decode the semicolon separated text",
            ])
            .keywords(&["csv", "table", "parse", "rows", "columns", "decode"])
            .example(json!({ "items": [{ "name": "Ann", "age": 31 }], "count": 1 }))
    }

    async fn run(&self, params: Params, _: &ActionContext<'_>) -> Result<Outcome<Output>, StepError> {
        let header = if params.header { Header::Yes } else { Header::No };
        let items = parse_csv(&params.text, CsvOptions { delimiter: params.delimiter, header }).map_err(|why| malformed(&why))?;
        Ok(Output { count: items.len(), items }.into())
    }
}
