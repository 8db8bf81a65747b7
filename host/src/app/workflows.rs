//! Saved workflows and their versions.

use super::{App, Reach, workspace};
use crate::error::AppError;
use crate::principal::{Command, Principal};
use jiff::Timestamp;
use sayflow_protocol::Workflow;
use sayflow_protocol::api::workflow::{WorkflowList, WorkflowView};
use sayflow_protocol::api::{SaveWorkflow, WorkflowSummary};
use sayflow_store::WorkflowRow;
use serde_json::Value;

/// How to see which workflows there are.
const SEE_WORKFLOWS: &str = "list the saved workflows with: sayflow workflows list";

#[allow(clippy::missing_errors_doc, reason = "see AppError")]
impl App {
    /// All saved workflows by name.
    pub async fn workflows(&self, principal: &Principal) -> Result<WorkflowList, AppError> {
        self.allow(principal, Command::ReadWorkflows)?;
        let rows = self.parts.store.list_workflows().await?;
        Ok(WorkflowList { workflows: rows.iter().map(summary).collect::<Result<_, _>>()? })
    }

    /// A saved workflow with its newest document.
    pub async fn workflow(&self, principal: &Principal, name: &str, reach: Reach<'_>) -> Result<WorkflowView, AppError> {
        self.allow(principal, Command::ReadWorkflows)?;
        let row = self.workflow_row(name).await?;
        let triggers = self.active_triggers(&row, reach).await?;
        Ok(WorkflowView { summary: summary(&row)?, workflow: document(&row)?, triggers })
    }

    /// Keeps a draft or a document, which must be free of errors, as the newest version under its name.
    pub async fn save_workflow(&self, principal: &Principal, request: SaveWorkflow) -> Result<WorkflowSummary, AppError> {
        self.allow(principal, Command::ChangeWorkflow)?;
        let folder = workspace(&request.workspace)?;
        let (sound, folder) = match (&request.draft, &request.document) {
            (Some(draft), None) => {
                let row = self.draft_row(draft.as_str()).await?;
                (self.sound_document(&row.document).await?, row.workspace)
            }
            (None, Some(document)) => (self.sound_text(&document.text, &document.format).await?, folder.to_string_lossy().into_owned()),
            _ => return Err(AppError::invalid("there is nothing to save, or too much", "send either `draft` or `document`")),
        };
        let text = canonical(&sound.workflow)?;
        let now = self.parts.clock.now().as_microsecond();
        self.parts.store.save_workflow(&sound.workflow.name, &text, &folder, now).await?;
        if self.parts.indexed.initialized() {
            self.parts.library.put_workflow(&sound.workflow);
        }
        summary(&self.workflow_row(&sound.workflow.name).await?)
    }

    /// Removes a workflow with all its versions. Its runs stay.
    pub async fn delete_workflow(&self, principal: &Principal, name: &str) -> Result<(), AppError> {
        self.allow(principal, Command::ChangeWorkflow)?;
        self.parts.triggers.deactivate(name).await?;
        if !self.parts.store.delete_workflow(name).await? {
            return Err(AppError::not_found("workflow", name, SEE_WORKFLOWS));
        }
        self.parts.engine.forget_versions(name);
        self.forget_history(name).await?;
        if self.parts.indexed.initialized() {
            self.parts.library.remove_workflow(name);
        }
        Ok(())
    }

    /// The version that runs, and its document: the active one, else the newest.
    pub(super) async fn saved_document(&self, name: &str) -> Result<(u32, String), AppError> {
        let row = self.workflow_row(name).await?;
        let version = row.active.unwrap_or(row.latest);
        let found = self.parts.store.workflow_version(name, version).await?;
        let found = found.ok_or_else(|| AppError::Internal(format!("version {version} of \"{name}\" is missing")))?;
        Ok((number(version)?, found.document))
    }

    pub(super) async fn workflow_row(&self, name: &str) -> Result<WorkflowRow, AppError> {
        let row = self.parts.store.workflow(name).await?;
        row.ok_or_else(|| AppError::not_found("workflow", name, SEE_WORKFLOWS))
    }
}

/// The document in the form that is kept and compared: keys in the order of the type, nothing that is left out.
pub(super) fn canonical(workflow: &Workflow) -> Result<String, AppError> {
    serde_json::to_string(workflow).map_err(|why| AppError::Internal(format!("a workflow cannot be written: {why}")))
}

fn document(row: &WorkflowRow) -> Result<Value, AppError> {
    serde_json::from_str(&row.document).map_err(|why| AppError::Internal(format!("workflow {} cannot be read: {why}", row.name)))
}

pub(super) fn summary(row: &WorkflowRow) -> Result<WorkflowSummary, AppError> {
    let description = document(row)?.get("description").and_then(Value::as_str).map(str::to_owned);
    let updated = Timestamp::from_microsecond(row.updated).map_err(|why| AppError::Internal(why.to_string()))?;
    let active = row.active.map(number).transpose()?;
    Ok(WorkflowSummary { name: row.name.clone(), description, latest: number(row.latest)?, active, updated })
}

fn number(version: i64) -> Result<u32, AppError> {
    u32::try_from(version).map_err(|_| AppError::Internal(format!("{version} is no version")))
}
