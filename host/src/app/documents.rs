//! Documents as such: checking them, and the schema of what they may say.

use super::App;
use crate::error::AppError;
use crate::principal::{Command, Principal};
use sayflow_agent::conversation::CheckOutcome;
use sayflow_agent::say;
use sayflow_protocol::api::{ValidateRequest, Validation};
use sayflow_protocol::{Diagnostic, Footprint, Severity, Workflow};
use serde_json::Value;

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
        Ok(schemars::schema_for!(Workflow).to_value())
    }

    pub(super) async fn sound_text(&self, text: &str, _format: &str) -> Result<Sound, AppError> {
        self.sound_document(text).await
    }

    pub(super) async fn sound_document(&self, text: &str) -> Result<Sound, AppError> {
        let workflow: Workflow = serde_json::from_str(text).map_err(|why| {
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

    pub(super) async fn check_outcome(&self, workflow: &Workflow, _timezone: &str) -> Result<CheckOutcome, AppError> {
        Ok(CheckOutcome { graph: say::graph(workflow, &self.parts.catalogue), ..CheckOutcome::default() })
    }
}
