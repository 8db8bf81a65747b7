//! Why a verb could not do its work: what happened, the way out, and the exit code.

use crate::exit::Exit;
use sayflow_protocol::Diagnostic;
use serde_json::{Map, Value, json};

/// A verb's error. Its JSON form is `{"error": {code, message, help}}`, with `diagnostics` where a document is
/// invalid.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// How the process ends.
    pub exit: Exit,
    /// Stable word, such as `not_found` or `no_such_file`.
    pub code: String,
    /// What happened.
    pub message: String,
    /// The way out.
    pub help: Option<String>,
    /// Findings, where a document is invalid.
    pub diagnostics: Vec<Diagnostic>,
    /// The document that the findings speak of, where it is known.
    pub document: Option<Box<Document>>,
}

/// A document as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// What people call it: a path, or `stdin`.
    pub name: String,
    /// Its text.
    pub text: String,
    /// `yaml`, `json` or `toml`.
    pub format: String,
}

impl Failure {
    /// A failure with exit code 1.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { exit: Exit::Failed, code: code.to_owned(), message: message.into(), help: None, diagnostics: Vec::new(), document: None }
    }

    /// A wrong command line.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, ..Self::new("usage", message) }
    }

    /// Stopped by a person before there was anything to undo.
    pub fn interrupted() -> Self {
        Self { exit: Exit::Cancelled, ..Self::new("cancelled", "Stopped.") }
    }

    /// Adds the way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says which document the findings speak of.
    #[must_use]
    pub fn about(mut self, document: &Document) -> Self {
        self.document = Some(Box::new(document.clone()));
        self
    }

    /// The JSON form.
    pub fn to_json(&self) -> Value {
        let mut error = Map::new();
        error.insert("code".to_owned(), json!(self.code));
        error.insert("message".to_owned(), json!(self.message));
        error.insert("help".to_owned(), json!(self.help));
        if !self.diagnostics.is_empty() {
            error.insert("diagnostics".to_owned(), json!(self.diagnostics));
        }
        json!({ "error": error })
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::Interrupted {
            return Self::interrupted();
        }
        Self::new("io", format!("The terminal or a file could not be used: {error}"))
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::new("json", format!("An answer could not be written as JSON: {error}"))
    }
}
