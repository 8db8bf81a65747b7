//! What a conversation has the application do: each act is the same method as the API's, with the same principal. Nothing
//! is ever approved here.

use super::hosted::Hosted;
use crate::error::AppError;
use sayflow_agent::conversation::{Act, Acted, Refused};
use sayflow_protocol::api::workflow::ActivateWorkflow;
use sayflow_protocol::api::{Pending, RunSource, SaveWorkflow, StartRun};
use sayflow_protocol::{DraftId, RunId};
use serde_json::{Map, Value};

impl Hosted<'_> {
    pub(super) async fn act(&self, act: Act) -> Result<Acted, Refused> {
        Ok(match act {
            Act::Run { source, inputs } => self.start(source, inputs).await?,
            Act::Activate { workflow, draft } => self.activate(workflow, draft).await?,
            Act::StopRun { run } => self.stop_run(run).await?,
            Act::Deactivate { workflow } => self.deactivate(workflow).await?,
            Act::UndoWorkflow { workflow } => {
                let request = ActivateWorkflow::default();
                Acted::WorkflowUndone(self.app.undo_workflow(&self.principal, &workflow, request, self.reach.get()).await?)
            }
            Act::Status { workflow, run } => Acted::Status(self.status(workflow, run).await?),
            Act::List(what) => Acted::Listed(self.list(what).await?),
            Act::ExplainRun { run, workflow } => self.explain_run(run, workflow).await?,
            Act::Describe { of } => self.describe(of).await?,
            Act::Suggest { of } => self.suggest(of).await?,
            Act::Fix { run } => self.fix(run).await?,
            Act::Improve { of, picks } => self.improve(of, picks).await?,
        })
    }

    async fn start(&self, source: RunSource, inputs: Map<String, Value>) -> Result<Acted, AppError> {
        let request = StartRun {
            source: source.clone(),
            inputs: inputs.clone().into_iter().collect(),
            dry_run: false,
            network_reads: false,
            stepwise: false,
            payload: None,
            approve: None,
            workspace: self.thread.workspace.clone(),
        };
        let launched = self.app.launch(&self.principal, request, Some(self.key())).await?;
        let workflow = launched.workflow;
        match (launched.started.run, launched.started.approval) {
            (Some(run), _) => Ok(Acted::Started { run: run.id, workflow }),
            (None, Some(approval)) => {
                let pending = Pending::Run { source, inputs: inputs.into_iter().collect() };
                Ok(Acted::NeedsApproval { approval, workflow, pending })
            }
            (None, None) => Err(AppError::Internal("a run was neither started nor held back".into())),
        }
    }

    async fn activate(&self, workflow: String, draft: Option<DraftId>) -> Result<Acted, AppError> {
        if let Some(draft) = draft {
            let request = SaveWorkflow { draft: Some(draft), document: None, workspace: self.thread.workspace.clone() };
            self.app.save_workflow(&self.principal, request).await?;
        }
        let request = ActivateWorkflow::default();
        let mut activated = self.app.activate_workflow(&self.principal, &workflow, request, self.reach.get()).await?;
        if let Some(approval) = activated.approval.take() {
            let pending = Pending::Activate { workflow: workflow.clone(), version: activated.summary.latest };
            return Ok(Acted::NeedsApproval { approval, workflow, pending });
        }
        let (_, document) = self.app.saved_document(&workflow).await?;
        let footprint = self.app.sound_document(&document).await?.footprint;
        Ok(Acted::Activated { activated, footprint })
    }

    async fn stop_run(&self, run: RunId) -> Result<Acted, AppError> {
        let cancelled = self.app.cancel_run(&self.principal, run.as_str()).await?;
        let view = self.app.run(&self.principal, run.as_str()).await?;
        Ok(Acted::StoppedRun { run, workflow: view.workflow, was_active: cancelled.was_active, status: view.status })
    }

    async fn deactivate(&self, workflow: String) -> Result<Acted, AppError> {
        let was_active = self.app.workflow_row(&workflow).await?.active.is_some();
        self.app.deactivate_workflow(&self.principal, &workflow).await?;
        let running = self.going(Some(&workflow)).await?.len();
        Ok(Acted::Deactivated { workflow, was_active, running })
    }
}
