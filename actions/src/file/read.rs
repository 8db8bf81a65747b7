//! `file.read`: a file's content.

use crate::format::{self, Format};
use crate::limits::MAX_BYTES;
use async_trait::async_trait;
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError, role};
use sayflow_protocol::{DestinationKind, Effect};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// `file.read`.
pub struct Read;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The file, relative to the workspace folder, such as `data/orders.csv`.
    #[schemars(extend("x-role" = role::PATH))]
    path: String,
    /// What is in it; the extension says if left out.
    #[serde(default)]
    #[schemars(extend("x-role" = role::FORMAT))]
    format: Option<Format>,
}

/// What it hands back.
#[derive(Serialize, JsonSchema)]
pub struct Output {
    /// The value of a JSON, YAML or XML file; the list of objects of a CSV, TSV or JSON lines file; else the text.
    content: Value,
}

#[async_trait]
impl Action for Read {
    type Params = Params;
    type Output = Output;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("file.read", "Read a file", "Reads a file of the workspace folder: CSV, JSON, YAML, XML or text.", Effect::Read)
            .utterances(&[
                "read orders.csv",
                "load the JSON file data/users.json",
                "open the spreadsheet sales.csv",
                "take the rows from customers.csv",
                "use the text in notes.txt",
                "import settings.yaml",
                "from the file report.json",
            ])
            .keywords(&["read", "load", "open", "file", "import", "csv", "json", "yaml", "xml", "text", "from", "rows"])
            .destination("path", DestinationKind::File)
            .example(json!({ "content": [{ "name": "Ann", "total": 120 }] }))
    }

    async fn run(&self, params: Params, cx: &ActionContext<'_>) -> Result<Outcome<Output>, StepError> {
        let format = params.format.unwrap_or_else(|| Format::of_path(&params.path));
        let bytes = cx.ports.files.read(&params.path, MAX_BYTES).await?;
        let content = format::parse(format, &bytes).map_err(|why| why.in_place(&params.path))?;
        Ok(Output { content }.into())
    }
}
