//! Documents as such: checking them, and the schema of what they may say.

use super::App;
use crate::error::AppError;
use crate::principal::{Command, Principal};
use sayflow_agent::conversation::CheckOutcome;
use sayflow_agent::say;
use sayflow_engine::document::{Document, Format, UnknownFormat};
use sayflow_engine::schedule::next_fires;
use sayflow_engine::schema::workflow_schema;
use sayflow_protocol::api::{ValidateRequest, Validation};
use sayflow_protocol::{Diagnostic, Footprint, Severity, Workflow};
use serde_json::Value;

/// How many of the next times are told.
const NEXT_FIRES: usize = 5;

/// A workflow without errors.
pub(super) struct Sound {
    pub(super) workflow: Workflow,
    pub(super) footprint: Footprint,
    /// Warnings.
    pub(super) diagnostics: Vec<Diagnostic>,
}

#[allow(clippy::missing_errors_doc, reason = "see AppError")]
impl App {
    /// Checks a document.
    pub async fn validate(&self, principal: &Principal, request: &ValidateRequest) -> Result<Validation, AppError> {
        self.allow(principal, Command::Validate)?;
        match self.sound_text(&request.text, &request.format).await {
            Ok(sound) => Ok(Validation { valid: true, diagnostics: sound.diagnostics, footprint: Some(sound.footprint) }),
            Err(AppError::InvalidWorkflow(diagnostics)) => Ok(Validation { valid: false, diagnostics, footprint: None }),
            Err(why) => Err(why),
        }
    }

    /// The JSON Schema of the workflow document.
    pub fn schema(&self, principal: &Principal) -> Result<Value, AppError> {
        self.allow(principal, Command::ReadCatalogue)?;
        Ok(workflow_schema())
    }

    /// Reads and checks a text.
    pub(super) async fn sound_text(&self, text: &str, format: &str) -> Result<Sound, AppError> {
        let format: Format =
            format.parse().map_err(|why: UnknownFormat| AppError::invalid(why.to_string(), "name the document's format"))?;
        let document = Document::parse(text, format).map_err(AppError::InvalidWorkflow)?;
        self.sound(&document.value).await
    }

    /// Checks a document in the form in which it is kept. What was sound when it was kept need not be now: an action or
    /// an account may have gone.
    pub(super) async fn sound_document(&self, text: &str) -> Result<Sound, AppError> {
        let value = serde_json::from_str(text).map_err(|why| AppError::Internal(format!("a stored document cannot be read: {why}")))?;
        self.sound(&value).await
    }

    async fn sound(&self, value: &Value) -> Result<Sound, AppError> {
        let workflow: Workflow = serde_json::from_value(value.clone()).map_err(|why| {
            AppError::InvalidWorkflow(vec![Diagnostic {
                code: "E0101".into(),
                severity: Severity::Error,
                pointer: String::new(),
                span: None,
                message: why.to_string(),
                help: None,
            }])
        })?;
        Ok(Sound { workflow, footprint: Footprint::new(), diagnostics: Vec::new() })
    }

    /// What the conversation is told of a workflow.
    pub(super) async fn check_outcome(&self, workflow: &Workflow, timezone: &str) -> Result<CheckOutcome, AppError> {
        let next_fires = next_fires(workflow, self.parts.clock.now(), timezone, NEXT_FIRES);
        Ok(CheckOutcome { graph: say::graph(workflow, &self.parts.catalogue), next_fires, ..CheckOutcome::default() })
    }
}
