//! `file.write`: write a value to a file.

use crate::format::{self, CsvOptions, Format, FormatError, append_csv};
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
use tokio::sync::Mutex;

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
            .idempotent_when("mode", &["overwrite"])
            .example(json!({ "path": "out/report.csv", "bytes": 128 }))
    }

    async fn run(&self, params: Params, cx: &ActionContext<'_>) -> Result<Outcome<Output>, StepError> {
        let format = params.format.unwrap_or_else(|| Format::of_path(&params.path));
        let bytes = match params.mode {
            WriteMode::Overwrite => {
                let text = match already(format, &params.content) {
                    Some((text, _)) => text.to_owned(),
                    None => format::render(format, &params.content).map_err(|why| why.for_writing(&params.path))?,
                };
                put(&params.path, &text, text.len(), WriteMode::Overwrite, cx).await?
            }
            WriteMode::Append => append(format, &params, cx).await?,
        };
        Ok(Output { path: params.path, bytes }.into())
    }
}

/// Text that is a list or an object of the format already, such as the output of `json.format`, and what it says. It
/// is written as it is; quoting it once more is never meant.
pub(crate) fn already(format: Format, content: &Value) -> Option<(&str, Value)> {
    let text = content.as_str().filter(|_| matches!(format, Format::Json | Format::Jsonl | Format::Yaml | Format::Xml))?;
    let value = format::parse(format, text.as_bytes()).ok()?;
    let whole = match (&value, format) {
        (Value::Array(lines), Format::Jsonl) => lines.iter().all(|line| line.is_object() || line.is_array()),
        (value, _) => value.is_object() || value.is_array(),
    };
    whole.then_some((text, value))
}

/// Appends read what is there first; two at the same time would lose one.
static APPENDS: Mutex<()> = Mutex::const_new(());

async fn put(path: &str, text: &str, size: usize, mode: WriteMode, cx: &ActionContext<'_>) -> Result<usize, StepError> {
    if size > MAX_BYTES {
        let message = format!("{path}: {size} bytes are more than the {MAX_BYTES} that a file may have");
        return Err(StepError::new("output_too_large", message).help("write to several files, or to a database"));
    }
    cx.ports.files.write(path, Bytes::copy_from_slice(text.as_bytes()), mode).await?;
    Ok(size)
}

/// Adds the content to what is there; returns the size it has then.
async fn append(format: Format, params: &Params, cx: &ActionContext<'_>) -> Result<usize, StepError> {
    let _one_at_a_time = APPENDS.lock().await;
    let existing = match cx.ports.files.read(&params.path, MAX_BYTES).await {
        Ok(bytes) => bytes,
        Err(why) if why.code == "file_not_found" => Bytes::new(),
        Err(why) => return Err(why),
    };
    let text = appended(format, params, &existing)?;
    // What only grows is added to; what changes in its middle, such as a JSON list, is replaced as a whole.
    match text.as_bytes().strip_prefix(existing.as_ref()) {
        Some(added) => put(&params.path, &String::from_utf8_lossy(added), text.len(), WriteMode::Append, cx).await,
        None => put(&params.path, &text, text.len(), WriteMode::Overwrite, cx).await,
    }
}

/// The file's text with the content behind what is there.
fn appended(format: Format, params: &Params, existing: &[u8]) -> Result<String, StepError> {
    let malformed = |why: FormatError| why.in_place(&params.path);
    let unwritable = |why: FormatError| why.for_writing(&params.path);
    match format {
        Format::Csv | Format::Tsv => {
            let options = if format == Format::Tsv { CsvOptions::tab() } else { CsvOptions::default() };
            let existing = format::decode(format, existing).map_err(malformed)?;
            append_csv(&existing, &params.content, options).map_err(unwritable)
        }
        Format::Json | Format::Yaml => {
            let list = list_in(format, params, existing)?;
            let added = already(format, &params.content).map_or_else(|| params.content.clone(), |(_, value)| value);
            format::render(format, &Value::Array(extended(list, &added))).map_err(unwritable)
        }
        Format::Jsonl | Format::Text => {
            let mut text = format::decode(format, existing).map_err(malformed)?.into_owned();
            end_line(&mut text);
            match already(format, &params.content) {
                Some((lines, _)) => text.push_str(lines),
                None => text.push_str(&format::render(format, &params.content).map_err(unwritable)?),
            }
            end_line(&mut text);
            Ok(text)
        }
        Format::Xml => Err(StepError::new("cannot_append", format!("{}: nothing can be added behind an XML document", params.path))
            .help("use mode: overwrite, or a format that can grow, such as CSV or JSON")),
    }
}

/// The list that a file holds; an empty file holds an empty one.
fn list_in(format: Format, params: &Params, existing: &[u8]) -> Result<Vec<Value>, StepError> {
    if existing.iter().all(u8::is_ascii_whitespace) {
        return Ok(Vec::new());
    }
    match format::parse(format, existing).map_err(|why| why.in_place(&params.path))? {
        Value::Array(list) => Ok(list),
        other => {
            let message = format!("{}: can be appended to only if it holds a list, but it holds {}", params.path, describe(&other));
            Err(StepError::new("not_a_list", message).help("write to another file, or overwrite this one"))
        }
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
