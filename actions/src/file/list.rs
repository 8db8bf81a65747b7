//! `file.list`: the files of a folder.

use async_trait::async_trait;
use globset::GlobBuilder;
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError, role};
use sayflow_engine::ports::FileEntry;
use sayflow_protocol::{DestinationKind, Effect};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// `file.list`.
pub struct List;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The folder, relative to the workspace folder; the workspace folder itself if left out.
    #[serde(default = "default_path")]
    #[schemars(extend("x-role" = role::FOLDER))]
    path: String,
    /// Which files: `*.csv` those of the folder itself, `**/*.csv` those below it too. All below it if left out.
    #[serde(default)]
    #[schemars(extend("x-role" = role::PATTERN))]
    pattern: Option<String>,
}

fn default_path() -> String {
    ".".to_owned()
}

/// What it hands back.
#[derive(Serialize, JsonSchema)]
pub struct Output {
    /// The files, by path.
    files: Vec<FileEntry>,
}

#[async_trait]
impl Action for List {
    type Params = Params;
    type Output = Output;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("file.list", "List files", "Lists the files of a folder, or those whose name matches a pattern.", Effect::Read)
            .utterances(&[
                "list the files in the inbox folder",
                "all CSV files in data",
                "for every file in reports",
                "find the *.txt files",
                "which files are there",
                "go through each file in the folder",
            ])
            .keywords(&["list", "files", "folder", "directory", "find", "every", "each", "all"])
            .destination("path", DestinationKind::File)
            .example(json!({ "files": [{ "name": "a.csv", "path": "data/a.csv", "size": 120, "modified": "2026-01-02T03:04:05Z" }] }))
    }

    async fn run(&self, params: Params, cx: &ActionContext<'_>) -> Result<Outcome<Output>, StepError> {
        let matcher = match &params.pattern {
            None => None,
            Some(pattern) => Some(GlobBuilder::new(pattern).literal_separator(true).build().map_err(|why| {
                StepError::new("invalid_pattern", format!("\"{pattern}\" is no file pattern: {}", why.kind()))
                    .help("use * for any name, such as *.csv, and ** for any folders")
            })?),
        };
        let matcher = matcher.map(|glob| glob.compile_matcher());
        let folder = params.path.trim_start_matches("./").trim_matches('/');
        let prefix = if folder.is_empty() || folder == "." { String::new() } else { format!("{folder}/") };
        let mut files = cx.ports.files.list(&params.path).await?;
        files.retain(|file| match &matcher {
            None => true,
            Some(matcher) => matcher.is_match(file.path.strip_prefix(&prefix).unwrap_or(&file.path)),
        });
        Ok(Output { files }.into())
    }
}
