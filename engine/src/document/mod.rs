//! Workflow documents as text: YAML, JSON and TOML read into one JSON value, and every value's place in the text is
//! kept, so that a finding can point at it.

mod emit;
mod json;
mod position;
mod toml;
mod tree;
mod yaml;

pub use emit::{emit, emit_yaml};

use position::Positions;
use sayflow_protocol::{Diagnostic, Severity, Span};
use serde_json::Value;
use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::str::FromStr;

/// The largest document, in bytes.
pub const MAX_SIZE: usize = 1 << 20;
/// How deep lists and objects may nest.
pub(crate) const MAX_DEPTH: usize = 64;

/// How a document is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// YAML 1.2 with its core scalars: `on` and `yes` are text.
    Yaml,
    /// JSON, without comments or trailing commas.
    Json,
    /// TOML 1.
    Toml,
}

impl Format {
    /// The format that a file's extension stands for.
    pub fn from_path(path: &Path) -> Option<Self> {
        path.extension()?.to_str()?.parse().ok()
    }

    /// The name, which is also the usual extension.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yaml => "yaml",
            Self::Json => "json",
            Self::Toml => "toml",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no document format; use yaml, json or toml")]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        match text.to_ascii_lowercase().as_str() {
            "yaml" | "yml" => Ok(Self::Yaml),
            "json" => Ok(Self::Json),
            "toml" => Ok(Self::Toml),
            _ => Err(UnknownFormat(text.to_owned())),
        }
    }
}

/// Where a value stands, as byte ranges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its key, for a member of an object.
    pub key: Option<Range<usize>>,
    /// The value itself.
    pub value: Range<usize>,
}

/// A document that was read.
#[derive(Debug, Clone)]
pub struct Document {
    /// The text as it was written.
    pub text: String,
    /// How it was written.
    pub format: Format,
    /// What it says.
    pub value: Value,
    places: HashMap<String, Place>,
    positions: Positions,
}

impl Document {
    /// Reads a text.
    ///
    /// # Errors
    /// Why it cannot be read, with places. There is at least one finding.
    pub fn parse(text: &str, format: Format) -> Result<Self, Vec<Diagnostic>> {
        let positions = Positions::new(text);
        let report = |trouble: Trouble| vec![trouble.into_diagnostic(&positions, text)];
        if text.len() > MAX_SIZE {
            let message = format!("the document has {} bytes; {MAX_SIZE} is the most", text.len());
            return Err(report(Trouble::new("E0103", 0..0, message).help("split the workflow, and read data from files")));
        }
        let (value, places) = match format {
            Format::Yaml => yaml::read(text),
            Format::Json => json::read(text),
            Format::Toml => toml::read(text),
        }
        .map_err(report)?;
        if !value.is_object() {
            let what = if value.is_null() { "the document is empty".to_owned() } else { format!("the document is {}", describe(&value)) };
            return Err(report(Trouble::new("E0105", 0..0, what).help("write a workflow: an object with `name` and `steps`")));
        }
        Ok(Self { text: text.to_owned(), format, value, places, positions })
    }

    /// The place of the value that a JSON pointer names, or of the nearest value around it. Of a list or an object
    /// it is the key, or the first line.
    pub fn span(&self, pointer: &str) -> Option<Span> {
        let (place, exact) = self.place(pointer)?;
        let container = self.value.pointer(pointer).is_none_or(|value| value.is_object() || value.is_array());
        match (&place.key, container || !exact) {
            (Some(key), true) => Some(self.positions.span(&self.text, key.clone())),
            _ => Some(self.positions.span(&self.text, self.first_line(place.value.clone()))),
        }
    }

    /// The place of the key of a member.
    pub fn key_span(&self, pointer: &str) -> Option<Span> {
        match self.places.get(pointer).and_then(|place| place.key.clone()) {
            Some(key) => Some(self.positions.span(&self.text, key)),
            None => self.span(pointer),
        }
    }

    /// The place of a stretch of code inside a text, such as `steps.fetch`; of the whole text when it is not written so.
    pub(crate) fn span_of_code(&self, pointer: &str, code: &str) -> Option<Span> {
        let range = self.places.get(pointer)?.value.clone();
        let written = self.text.get(range.clone())?;
        let goes_on = |end: usize| written[end..].starts_with(|next: char| next.is_alphanumeric() || next == '_' || next == '$');
        let found = written.match_indices(code).map(|(at, _)| at).find(|at| {
            let before = &written[..*at];
            let begins = !before.ends_with(|last: char| last.is_alphanumeric() || last == '_' || last == '.');
            // The same word in the text around an expression is not meant.
            let inside = before.rfind("${{").is_some_and(|start| !before[start..].contains("}}"));
            begins && inside && !goes_on(at + code.len())
        });
        match found {
            Some(at) => Some(self.positions.span(&self.text, range.start + at..range.start + at + code.len())),
            None => self.span(pointer),
        }
    }

    /// Where exactly the value that a JSON pointer names is written. A block of YAML may end with the comments behind it.
    pub fn written_at(&self, pointer: &str) -> Option<&Place> {
        self.places.get(pointer)
    }

    fn place(&self, pointer: &str) -> Option<(&Place, bool)> {
        let mut at = pointer;
        loop {
            if let Some(place) = self.places.get(at) {
                return Some((place, at.len() == pointer.len()));
            }
            at = &at[..at.rfind('/')?];
        }
    }

    fn first_line(&self, range: Range<usize>) -> Range<usize> {
        let text = self.text.get(range.clone()).unwrap_or_default();
        let length = text.find('\n').map_or(text.len(), |end| text[..end].trim_end().len());
        range.start..range.start + length
    }
}

/// Why a text cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble {
    code: &'static str,
    pointer: String,
    range: Range<usize>,
    message: String,
    help: Option<String>,
}

impl Trouble {
    pub(crate) fn new(code: &'static str, range: Range<usize>, message: impl Into<String>) -> Self {
        Self { code, pointer: String::new(), range, message: message.into(), help: None }
    }

    pub(crate) fn at(mut self, pointer: &str) -> Self {
        self.pointer = pointer.to_owned();
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    fn into_diagnostic(self, positions: &Positions, text: &str) -> Diagnostic {
        Diagnostic {
            code: self.code.to_owned(),
            severity: Severity::Error,
            pointer: self.pointer,
            span: Some(positions.span(text, self.range)),
            message: self.message,
            help: self.help,
        }
    }
}

/// What kind of value it is, in words.
pub(crate) fn describe(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// A member's name as a part of a JSON pointer.
pub(crate) fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_document_in_three_formats_is_the_same_value() {
        let yaml = Document::parse("name: a\nsteps:\n  - id: x\n    with: { n: 1, t: on, ok: true }\n", Format::Yaml).expect("yaml");
        let json = Document::parse(r#"{"name": "a", "steps": [{"id": "x", "with": {"n": 1, "t": "on", "ok": true}}]}"#, Format::Json);
        let toml = Document::parse("name = \"a\"\n[[steps]]\nid = \"x\"\nwith = { n = 1, t = \"on\", ok = true }\n", Format::Toml);
        assert_eq!(yaml.value, json.expect("json").value);
        assert_eq!(yaml.value, toml.expect("toml").value);
    }

    #[test]
    fn every_value_and_key_can_be_pointed_at_in_every_format() {
        for (format, text) in [
            (Format::Yaml, "é: 1\nsteps:\n  - id: first\n    with:\n      url: \"http://x\"\n"),
            (Format::Json, "{\"é\": 1, \"steps\": [\n {\"id\": \"first\", \"with\": {\"url\": \"http://x\"}}]}"),
            (Format::Toml, "\"é\" = 1\n[[steps]]\nid = \"first\"\n[steps.with]\nurl = \"http://x\"\n"),
        ] {
            let document = Document::parse(text, format).expect("readable");
            let shown = |span: Option<Span>| span.map(|span| document.text[span.start..span.end].trim_matches('"').to_owned());
            assert_eq!(shown(document.span("/steps/0/id")).as_deref(), Some("first"), "{format}");
            assert_eq!(shown(document.span("/steps/0/with/url")).as_deref(), Some("http://x"), "{format}");
            assert_eq!(shown(document.key_span("/steps/0/with/url")).as_deref(), Some("url"), "{format}");
            assert_eq!(shown(document.span("/steps/0/with")).as_deref(), Some("with"), "{format}");
            assert_eq!(document.span("/steps/0/nothing/here"), document.span("/steps/0"), "{format}");
        }
    }

    #[test]
    fn code_is_found_inside_expressions_only() {
        let document = Document::parse("text: item ${{ items.n }} item ${{ 1 + item }}\n", Format::Yaml).expect("readable");
        assert_eq!(document.span_of_code("/text", "item").map(|span| span.column), Some(40));
        assert_eq!(document.span_of_code("/text", "index"), document.span("/text"));
    }

    #[test]
    fn formats_are_known_by_extension() {
        assert_eq!(Format::from_path(Path::new("a/b.YML")), Some(Format::Yaml));
        assert_eq!(Format::from_path(Path::new("a.toml")), Some(Format::Toml));
        assert_eq!(Format::from_path(Path::new("a.txt")), None);
    }
}
