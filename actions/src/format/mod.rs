//! File formats: bytes to values and back. Used by `file.*`, by `http.request` and by the parsing actions.

mod csv;
mod decode;
mod json;
mod text;
mod xml;
mod yaml;

pub use csv::{CsvOptions, Header, append_csv, parse_csv, render_csv};
pub use decode::decode;

use crate::spellings::also;
use sayflow_engine::action::StepError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(transform = |schema: &mut schemars::Schema| also(schema, &["ndjson", "yml", "txt", "md"]))]
pub enum Format {
    /// One JSON value.
    Json,
    /// A JSON value a line.
    #[serde(alias = "ndjson")]
    Jsonl,
    /// A table with a header line.
    Csv,
    /// A table with a header line, parted by tabs.
    Tsv,
    /// One or more YAML documents.
    #[serde(alias = "yml")]
    Yaml,
    /// An XML document.
    Xml,
    /// Plain text.
    #[serde(alias = "txt", alias = "md")]
    Text,
}

impl Format {
    /// The format that a path's extension stands for; plain text for any that is not known.
    pub fn of_path(path: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path);
        let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
        match extension.as_deref() {
            Some("json" | "geojson") => Self::Json,
            Some("jsonl" | "ndjson") => Self::Jsonl,
            Some("csv") => Self::Csv,
            Some("tsv" | "tab") => Self::Tsv,
            Some("yaml" | "yml") => Self::Yaml,
            Some("xml") => Self::Xml,
            _ => Self::Text,
        }
    }

    /// Its name in running text.
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::Jsonl => "JSON lines",
            Self::Csv => "CSV",
            Self::Tsv => "TSV",
            Self::Yaml => "YAML",
            Self::Xml => "XML",
            Self::Text => "text",
        }
    }
}

/// Where and why a text is not of its format, or a value cannot be written in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormatError {
    /// The format.
    pub format: Format,
    /// Line from 1, where known.
    pub line: Option<u64>,
    /// Column in characters from 1, where known.
    pub column: Option<u64>,
    /// What is wrong.
    pub message: String,
}

impl FormatError {
    pub(crate) fn new(format: Format, message: impl Into<String>) -> Self {
        Self { format, line: None, column: None, message: message.into() }
    }

    pub(crate) fn at(mut self, line: u64, column: u64) -> Self {
        self.line = Some(line);
        self.column = Some(column);
        self
    }

    /// The error of a step that read `place`, such as a path.
    pub fn in_place(&self, place: &str) -> StepError {
        let position = match (self.line, self.column) {
            (Some(line), Some(column)) => format!(":{line}:{column}"),
            (Some(line), None) => format!(":{line}"),
            _ => String::new(),
        };
        StepError::new("malformed", format!("{place}{position}: not valid {}: {}", self.format.name(), self.message))
            .help("mend it, or say what it is with the parameter `format`")
    }

    /// The error of a step that could not write a value to `place`.
    pub fn for_writing(&self, place: &str) -> StepError {
        StepError::new("cannot_format", format!("{place}: cannot be written as {}: {}", self.format.name(), self.message))
    }
}

/// Reads bytes of a format.
///
/// # Errors
/// Names line and column where the format's parser knows them.
pub fn parse(format: Format, bytes: &[u8]) -> Result<Value, FormatError> {
    let text = decode(format, bytes)?;
    match format {
        Format::Json => json::parse(&text),
        Format::Jsonl => json::parse_lines(&text),
        Format::Csv => parse_csv(&text, CsvOptions::default()).map(Value::Array),
        Format::Tsv => parse_csv(&text, CsvOptions::tab()).map(Value::Array),
        Format::Yaml => yaml::parse(&text),
        Format::Xml => xml::parse(&text),
        Format::Text => Ok(Value::String(text.into_owned())),
    }
}

/// Writes a value in a format.
///
/// # Errors
/// When the format has no way to say it.
pub fn render(format: Format, value: &Value) -> Result<String, FormatError> {
    match format {
        Format::Json => json::render(value),
        Format::Jsonl => Ok(json::render_lines(value)),
        Format::Csv => render_csv(value, CsvOptions::default()),
        Format::Tsv => render_csv(value, CsvOptions::tab()),
        Format::Yaml => yaml::render(value),
        Format::Xml => xml::render(value),
        Format::Text => Ok(text::render(value)),
    }
}
