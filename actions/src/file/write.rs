//! `file.write`: write a value to a file.

use crate::format::{self, CsvOptions, Format, append_csv};
use crate::items::describe;
use crate::limits::MAX_BYTES;
use async_trait::async_trait;
use bytes::Bytes;
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError, role};
use sayflow_engine::ports::WriteMode;
use sayflow_protocol::{DestinationKind, Effect};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// `file.write`.
pub struct Write;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The file, relative to the workspace folder, such as `out/report.csv`. Folders above it are made.
    #[schemars(extend("x-role" = role::PATH))]
    path: String,
    /// What to write: text, or a value that is written in the file's format.
    #[schemars(extend("x-role" = role::VALUE))]
    content: Value,
    /// The format; the extension says if left out.
    #[serde(default)]
    #[schemars(extend("x-role" = role::FORMAT))]
    format: Option<Format>,
    /// What happens to a file that exists: `overwrite` replaces it, `append` adds rows to a table, items to a list,
    /// or lines to a text.
    #[serde(default)]
    #[schemars(extend("x-role" = role::MODE))]
    mode: WriteMode,
}

/// What it hands back.
#[derive(Serialize, JsonSchema)]
pub struct Output {
    /// The file.
    path: String,
    /// Its size now, in bytes.
    bytes: usize,
}

#[async_trait]
impl Action for Write {
    type Params = Params;
    type Output = Output;

    fn spec(&self) -> SpecBuilder {
        let summary = "Writes or appends to a file of the workspace folder: CSV, JSON, YAML, XML or text.";
        SpecBuilder::new("file.write", "Write a file", summary, Effect::Write)
            .utterances(&[
                "save it to report.csv",
                "write the result to out/summary.json",
                "store the rows in a CSV file",
                "append a line to log.txt",
                "export them as yaml",
                "put the text into notes.md",
                "dump everything into results.json",
                "add a row to history.csv",
            ])
            .keywords(&["write", "save", "store", "export", "append", "file", "dump", "output", "put", "create", "record", "log"])
            .destination("path", DestinationKind::File)
            .example(json!({ "path": "out/report.csv", "bytes": 128 }))
    }

    async fn run(&self, params: Params, cx: &ActionContext<'_>) -> Result<Outcome<Output>, StepError> {
        let format = params.format.unwrap_or_else(|| Format::of_path(&params.path));
        let text = match params.mode {
            WriteMode::Overwrite => format::render(format, &params.content).map_err(|why| why.for_writing(&params.path))?,
            WriteMode::Append => appended(format, &params, cx).await?,
        };
        if text.len() > MAX_BYTES {
            return Err(StepError::new(
                "output_too_large",
                format!("{}: {} bytes are more than the {MAX_BYTES} that a file may have", params.path, text.len()),
            ));
        }
        let bytes = text.len();
        // Appending, too, replaces the file as a whole: a reader never sees half a row, and a full disk leaves the
        // old file.
        cx.ports.files.write(&params.path, Bytes::from(text), WriteMode::Overwrite).await?;
        Ok(Output { path: params.path, bytes }.into())
    }
}

/// The file's text with the content behind what is there.
async fn appended(format: Format, params: &Params, cx: &ActionContext<'_>) -> Result<String, StepError> {
    let existing = match cx.ports.files.read(&params.path, MAX_BYTES).await {
        Ok(bytes) => bytes,
        Err(why) if why.code == "file_not_found" => Bytes::new(),
        Err(why) => return Err(why),
    };
    let malformed = |why: format::FormatError| why.in_place(&params.path);
    let unwritable = |why: format::FormatError| why.for_writing(&params.path);
    match format {
        Format::Csv | Format::Tsv => {
            let options = if format == Format::Tsv { CsvOptions::tab() } else { CsvOptions::default() };
            let existing = format::decode(format, &existing).map_err(malformed)?;
            append_csv(&existing, &params.content, options).map_err(unwritable)
        }
        Format::Json | Format::Yaml => {
            let list = match existing.iter().all(u8::is_ascii_whitespace) {
                true => Vec::new(),
                false => match format::parse(format, &existing).map_err(malformed)? {
                    Value::Array(list) => list,
                    other => {
                        let message =
                            format!("{}: can be appended to only if it holds a list, but it holds {}", params.path, describe(&other));
                        return Err(StepError::new("not_a_list", message).help("write to another file, or overwrite this one"));
                    }
                },
            };
            format::render(format, &Value::Array(extended(list, &params.content))).map_err(unwritable)
        }
        Format::Jsonl | Format::Text => {
            let mut text = format::decode(format, &existing).map_err(malformed)?.into_owned();
            end_line(&mut text);
            text.push_str(&format::render(format, &params.content).map_err(unwritable)?);
            end_line(&mut text);
            Ok(text)
        }
        Format::Xml => Err(StepError::new("cannot_append", format!("{}: nothing can be added behind an XML document", params.path))
            .help("use mode: overwrite, or a format that can grow, such as CSV or JSON")),
    }
}

fn extended(mut list: Vec<Value>, content: &Value) -> Vec<Value> {
    match content {
        Value::Array(items) => list.extend(items.iter().cloned()),
        one => list.push(one.clone()),
    }
    list
}

fn end_line(text: &mut String) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
}
