//! `file.move`: give a file another place or name.

use async_trait::async_trait;
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError, role};
use sayflow_protocol::{DestinationKind, Effect};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// `file.move`.
pub struct Move;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The file, relative to the workspace folder.
    #[schemars(extend("x-role" = role::PATH))]
    from: String,
    /// Its new path; with `/` at the end, the folder it goes to under its own name.
    #[schemars(extend("x-role" = role::PATH))]
    to: String,
}

/// What it hands back.
#[derive(Serialize, JsonSchema)]
pub struct Output {
    /// Its new path.
    path: String,
}

#[async_trait]
impl Action for Move {
    type Params = Params;
    type Output = Output;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("file.move", "Move a file", "Moves or renames a file; never over one that exists.", Effect::Write)
            .utterances(&[
                "move the file to the archive folder",
                "rename draft.txt to final.txt",
                "put processed files into done",
                "archive report.csv",
            ])
            .keywords(&["move", "rename", "archive", "file", "relocate"])
            .destination("from", DestinationKind::File)
            .destination("to", DestinationKind::File)
            .example(json!({ "path": "archive/report.csv" }))
    }

    async fn run(&self, params: Params, cx: &ActionContext<'_>) -> Result<Outcome<Output>, StepError> {
        let name = params.from.rsplit('/').next().unwrap_or(&params.from);
        let path = if params.to.ends_with('/') { format!("{}{name}", params.to) } else { params.to.clone() };
        cx.ports.files.rename(&params.from, &path).await?;
        Ok(Output { path }.into())
    }
}
