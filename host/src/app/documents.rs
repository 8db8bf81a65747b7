//! Documents as such: checking them, and the schema of what they may say.

use super::App;
use crate::error::AppError;
use crate::principal::{Command, Principal};
use sayflow_agent::conversation::CheckOutcome;
use sayflow_agent::say;
use sayflow_engine::check::{CheckEnv, Checked, check, check_value};
use sayflow_engine::document::{Document, Format, UnknownFormat};
use sayflow_engine::schedule::next_fires;
use sayflow_engine::schema::workflow_schema;
use sayflow_protocol::api::{ValidateRequest, Validation};
use sayflow_protocol::{Diagnostic, Footprint, Workflow};
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
        let checked = self.check_text(&request.text, &request.format).await?;
        let valid = checked.is_valid();
        Ok(Validation { valid, diagnostics: checked.diagnostics, footprint: valid.then_some(checked.footprint) })
    }

    /// The JSON Schema of the workflow document.
    pub fn schema(&self, principal: &Principal) -> Result<Value, AppError> {
        self.allow(principal, Command::ReadCatalogue)?;
        Ok(workflow_schema())
    }

    /// Reads and checks a text.
    pub(super) async fn sound_text(&self, text: &str, format: &str) -> Result<Sound, AppError> {
        let checked = self.check_text(text, format).await?;
        sound(checked)
    }

    /// Checks a document in the form in which it is kept. What was sound when it was kept need not be now: an action or
    /// an account may have gone.
    pub(super) async fn sound_document(&self, text: &str) -> Result<Sound, AppError> {
        let value = serde_json::from_str(text).map_err(|why| AppError::Internal(format!("a stored document cannot be read: {why}")))?;
        let accounts = self.accounts().await?;
        sound(check_value(&value, &self.check_env(&accounts, &self.parts.timezone)))
    }

    /// Checks a workflow that was made of another one.
    pub(super) async fn sound_workflow(&self, workflow: &Workflow) -> Result<Sound, AppError> {
        let value = serde_json::to_value(workflow).map_err(|why| AppError::Internal(format!("a workflow cannot be written: {why}")))?;
        let accounts = self.accounts().await?;
        sound(check_value(&value, &self.check_env(&accounts, &self.parts.timezone)))
    }

    /// What the conversation is told of a workflow.
    pub(super) async fn check_outcome(&self, workflow: &Workflow, timezone: &str) -> Result<CheckOutcome, AppError> {
        let value = serde_json::to_value(workflow).map_err(|why| AppError::Internal(format!("a plan cannot be written: {why}")))?;
        let accounts = self.accounts().await?;
        let env = self.check_env(&accounts, timezone);
        let checked = check_value(&value, &env);
        Ok(CheckOutcome {
            next_fires: next_fires(workflow, env.now, timezone, NEXT_FIRES),
            graph: say::graph(workflow, &self.parts.catalogue),
            footprint: if checked.is_valid() { checked.footprint } else { Footprint::new() },
            diagnostics: checked.diagnostics,
        })
    }

    /// The accounts that there are, as `(name, type)`.
    pub(super) async fn accounts(&self) -> Result<Vec<(String, String)>, AppError> {
        Ok(self.parts.vault.list().await?.into_iter().map(|account| (account.name, account.kind)).collect())
    }

    async fn check_text(&self, text: &str, format: &str) -> Result<Checked, AppError> {
        let format: Format =
            format.parse().map_err(|why: UnknownFormat| AppError::invalid(why.to_string(), "name the document's format"))?;
        let document = match Document::parse(text, format) {
            Ok(document) => document,
            Err(diagnostics) => return Ok(Checked { workflow: None, diagnostics, footprint: Footprint::new() }),
        };
        let accounts = self.accounts().await?;
        Ok(check(&document, &self.check_env(&accounts, &self.parts.timezone)))
    }

    fn check_env<'a>(&'a self, credentials: &'a [(String, String)], timezone: &'a str) -> CheckEnv<'a> {
        CheckEnv { catalogue: &self.parts.catalogue, credentials, now: self.parts.clock.now(), timezone }
    }
}

/// What the checks let pass.
fn sound(checked: Checked) -> Result<Sound, AppError> {
    let valid = checked.is_valid();
    let Checked { workflow, diagnostics, footprint } = checked;
    match workflow.filter(|_| valid) {
        Some(workflow) => Ok(Sound { workflow, footprint, diagnostics }),
        None => Err(AppError::InvalidWorkflow(diagnostics)),
    }
}
