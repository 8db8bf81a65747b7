//! `file.delete`: remove a file.

use async_trait::async_trait;
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError, role};
use sayflow_protocol::{DestinationKind, Effect};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// `file.delete`.
pub struct Delete;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The file, relative to the workspace folder.
    #[schemars(extend("x-role" = role::PATH))]
    path: String,
}

/// What it hands back.
#[derive(Serialize, JsonSchema)]
pub struct Output {
    /// The file that is gone.
    path: String,
}

#[async_trait]
impl Action for Delete {
    type Params = Params;
    type Output = Output;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("file.delete", "Delete a file", "Removes a file of the workspace folder.", Effect::Write)
            .utterances(&["delete the file tmp.csv", "remove old.json", "erase the temporary file", "clean up the downloaded file"])
            .keywords(&["delete", "remove", "erase", "file", "clean", "unlink"])
            .destination("path", DestinationKind::File)
            .example(json!({ "path": "tmp.csv" }))
    }

    async fn run(&self, params: Params, cx: &ActionContext<'_>) -> Result<Outcome<Output>, StepError> {
        cx.ports.files.remove(&params.path).await?;
        Ok(Output { path: params.path }.into())
    }
}
