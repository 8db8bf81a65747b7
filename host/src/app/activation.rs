//! Letting workflows start by themselves: activating a version after its footprint was approved, going back, stopping.

use super::workflows::summary;
use super::{App, approval};
use crate::error::AppError;
use crate::principal::{Command, Principal};
use sayflow_engine::trigger::{ActivateError, TriggerState};
use sayflow_protocol::Workflow;
use sayflow_protocol::api::workflow::{ActivateWorkflow, TriggerList};
use sayflow_protocol::api::{ActivatedWorkflow, TriggerView, WorkflowSummary};
use sayflow_store::WorkflowRow;
use std::collections::BTreeMap;

/// How the outside reaches the server that asks.
#[derive(Debug, Clone, Copy)]
pub struct Reach<'a> {
    /// Such as `http://127.0.0.1:8787`.
    pub address: &'a str,
    /// Whether it stays after its last client and run have ended.
    pub lasting: bool,
}

/// Begins the key under which the versions are kept that were active before.
const HISTORY: &str = "active before: ";

/// So many steps back are remembered.
const REMEMBERED: usize = 20;

/// The versions that were active before, oldest first; none where no version was.
type History = Vec<Option<i64>>;

#[allow(clippy::missing_errors_doc, reason = "see AppError")]
impl App {
    /// Makes a version the active one (the newest when none is named), or says what has to be approved first.
    pub async fn activate_workflow(
        &self,
        principal: &Principal,
        name: &str,
        request: ActivateWorkflow,
        reach: Reach<'_>,
    ) -> Result<ActivatedWorkflow, AppError> {
        self.allow(principal, Command::ChangeWorkflow)?;
        let row = self.workflow_row(name).await?;
        let version = request.version.map_or(row.latest, i64::from);
        let Some(stored) = self.parts.store.workflow_version(name, version).await? else {
            let help = format!("its versions are 1 to {}", row.latest);
            return Err(AppError::not_found("version", &format!("{name} {version}"), &help));
        };
        let sound = self.sound_document(&stored.document).await?;
        let payload = approval::Payload {
            document: &stored.document,
            inputs: &BTreeMap::new(),
            workspace: &stored.workspace,
            footprint: &sound.footprint,
        };
        if let Some(open) = approval::needed(payload, None)
            && !open.is_given(request.approve.as_deref())
        {
            let approval = Some(open.into_view(self.parts.ids.new_id().into(), name));
            let (summary, lasting) = (summary(&row)?, reach.lasting);
            return Ok(ActivatedWorkflow { summary, approval, triggers: Vec::new(), lasting, diagnostics: sound.diagnostics });
        }
        // Remembered first: that a step back leads to where one is does less harm than that it is not there.
        if row.active != Some(version) {
            let mut history = self.history(name).await?;
            history.push(row.active);
            self.keep_history(name, history).await?;
        }
        let triggers = self.switch_on(&sound.workflow, version, reach).await?;
        let summary = summary(&self.workflow_row(name).await?)?;
        Ok(ActivatedWorkflow { summary, approval: None, triggers, lasting: reach.lasting, diagnostics: sound.diagnostics })
    }

    /// Goes back to the version that was active before. It was approved when it was activated.
    pub async fn undo_workflow(
        &self,
        principal: &Principal,
        name: &str,
        _: ActivateWorkflow,
        reach: Reach<'_>,
    ) -> Result<ActivatedWorkflow, AppError> {
        self.allow(principal, Command::ChangeWorkflow)?;
        let row = self.workflow_row(name).await?;
        let mut history = self.history(name).await?;
        let before = loop {
            match history.pop() {
                Some(before) if before == row.active => {}
                Some(before) => break before,
                None => {
                    return Err(AppError::Conflict(format!(
                        "no other version of \"{name}\" was active before; activate one with: sayflow workflows activate {name} --version N"
                    )));
                }
            }
        };
        let (triggers, diagnostics) = match before {
            None => {
                self.parts.triggers.deactivate(name).await?;
                (Vec::new(), Vec::new())
            }
            Some(version) => {
                let stored = self.parts.store.workflow_version(name, version).await?;
                let stored = stored.ok_or_else(|| AppError::Internal(format!("version {version} of \"{name}\" is missing")))?;
                let sound = self.sound_document(&stored.document).await?;
                (self.switch_on(&sound.workflow, version, reach).await?, sound.diagnostics)
            }
        };
        self.keep_history(name, history).await?;
        let summary = summary(&self.workflow_row(name).await?)?;
        Ok(ActivatedWorkflow { summary, approval: None, triggers, lasting: reach.lasting, diagnostics })
    }

    /// Stops the triggers of a workflow. Runs that have begun go on.
    pub async fn deactivate_workflow(&self, principal: &Principal, name: &str) -> Result<WorkflowSummary, AppError> {
        self.allow(principal, Command::ChangeWorkflow)?;
        let row = self.workflow_row(name).await?;
        if row.active.is_some() {
            let mut history = self.history(name).await?;
            history.push(row.active);
            self.keep_history(name, history).await?;
        }
        self.parts.triggers.deactivate(name).await?;
        summary(&self.workflow_row(name).await?)
    }

    /// The triggers of the active version: the next times, when they last fired, and what is wrong with them.
    pub async fn workflow_triggers(&self, principal: &Principal, name: &str, reach: Reach<'_>) -> Result<TriggerList, AppError> {
        self.allow(principal, Command::ReadWorkflows)?;
        let row = self.workflow_row(name).await?;
        Ok(TriggerList { triggers: self.active_triggers(&row, reach).await? })
    }

    /// The same for a row that was read; none while no version is active.
    pub(super) async fn active_triggers(&self, row: &WorkflowRow, reach: Reach<'_>) -> Result<Vec<TriggerView>, AppError> {
        let Some(active) = row.active else { return Ok(Vec::new()) };
        let Some(stored) = self.parts.store.workflow_version(&row.name, active).await? else { return Ok(Vec::new()) };
        let workflow: Workflow = serde_json::from_str(&stored.document)
            .map_err(|why| AppError::Internal(format!("version {active} of \"{}\" cannot be read: {why}", row.name)))?;
        let states = self.parts.triggers.triggers(&workflow, u32::try_from(active).ok()).await?;
        states.into_iter().map(|state| self.trigger_view(state, reach)).collect()
    }

    /// Forgets what was active before: the workflow was deleted.
    pub(super) async fn forget_history(&self, name: &str) -> Result<(), AppError> {
        self.keep_history(name, History::new()).await
    }

    async fn switch_on(&self, workflow: &Workflow, version: i64, reach: Reach<'_>) -> Result<Vec<TriggerView>, AppError> {
        let version = u32::try_from(version).map_err(|_| AppError::Internal(format!("{version} is no version")))?;
        let states = self.parts.triggers.activate(workflow, version).await?;
        states.into_iter().map(|state| self.trigger_view(state, reach)).collect()
    }

    fn trigger_view(&self, state: TriggerState, reach: Reach<'_>) -> Result<TriggerView, AppError> {
        let trigger =
            serde_json::to_value(&state.trigger).map_err(|why| AppError::Internal(format!("a trigger cannot be written: {why}")))?;
        // A server in a process of its own has another port each time; what stays is that of the lasting one.
        let address = if reach.lasting { reach.address } else { &self.parts.address };
        let path = state.route.as_deref().and_then(|route| route.split_once(' ')).map(|(_, path)| path);
        Ok(TriggerView {
            kind: state.trigger.kind().to_owned(),
            trigger,
            description: state.description,
            timezone: state.timezone,
            next: state.next,
            looks_at: state.looks_at,
            last_fired: state.last_fired,
            fired: state.fired,
            url: path.map(|path| format!("{address}/hooks/{path}")),
            trouble: state.trouble,
            alarm: state.alarm,
        })
    }

    async fn history(&self, name: &str) -> Result<History, AppError> {
        let kept = self.parts.store.meta(&format!("{HISTORY}{name}")).await?;
        Ok(kept.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }

    async fn keep_history(&self, name: &str, mut history: History) -> Result<(), AppError> {
        let surplus = history.len().saturating_sub(REMEMBERED);
        history.drain(..surplus);
        let text = serde_json::to_string(&history).map_err(|why| AppError::Internal(format!("a history cannot be written: {why}")))?;
        Ok(self.parts.store.set_meta(&format!("{HISTORY}{name}"), &text).await?)
    }
}

impl From<ActivateError> for AppError {
    fn from(why: ActivateError) -> Self {
        match why {
            ActivateError::Store(why) => Self::Store(why),
            ActivateError::RouteTaken { .. } => Self::Conflict(why.to_string()),
            ActivateError::Trigger(_) => Self::InvalidRequest { message: why.to_string(), help: None },
            ActivateError::NoSuchVersion { .. } => Self::Missing { message: why.to_string(), help: None },
        }
    }
}
