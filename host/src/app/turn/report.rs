//! How things stand and what there is, for the conversation to say.

use super::hosted::Hosted;
use crate::error::AppError;
use sayflow_agent::conversation::{Listed, Listing, StatusReport, WorkflowStatus};
use sayflow_protocol::api::run::RunQuery;
use sayflow_protocol::api::{ApprovalQuery, WorkflowSummary};
use sayflow_protocol::run::RunSummary;
use sayflow_protocol::{RunId, RunStatus};

/// So many workflows, runs and approvals are looked at.
const MOST: u32 = 20;

/// Statuses of runs that have not ended.
const GOING: [RunStatus; 4] = [RunStatus::Queued, RunStatus::Running, RunStatus::Waiting, RunStatus::Paused];

impl Hosted<'_> {
    pub(super) async fn status(&self, workflow: Option<String>, run: Option<RunId>) -> Result<StatusReport, AppError> {
        let run = match run {
            Some(run) => Some(self.app.run(&self.principal, run.as_str()).await?),
            None => None,
        };
        let summaries = match &workflow {
            Some(name) => vec![super::super::workflows::summary(&self.app.workflow_row(name).await?)?],
            None => self.app.workflows(&self.principal).await?.workflows.into_iter().filter(|one| one.active.is_some()).collect(),
        };
        let mut workflows = Vec::new();
        for summary in summaries.into_iter().take(MOST as usize) {
            workflows.push(self.workflow_status(summary).await?);
        }
        let approvals = self.app.approvals(&self.principal, ApprovalQuery::default()).await?.approvals.len();
        Ok(StatusReport { run, workflows, going: self.going(workflow.as_deref()).await?, approvals })
    }

    async fn workflow_status(&self, summary: WorkflowSummary) -> Result<WorkflowStatus, AppError> {
        let triggers = self.app.workflow_triggers(&self.principal, &summary.name, self.reach.get()).await?.triggers;
        let query = RunQuery { workflow: Some(summary.name.clone()), limit: Some(1), ..RunQuery::default() };
        let last = self.app.runs(&self.principal, query).await?.runs.into_iter().next();
        Ok(WorkflowStatus { summary, triggers, last })
    }

    /// Runs that have not ended, newest first within each status.
    pub(super) async fn going(&self, workflow: Option<&str>) -> Result<Vec<RunSummary>, AppError> {
        let mut going = Vec::new();
        for status in GOING {
            let query = RunQuery { workflow: workflow.map(str::to_owned), status: Some(status), limit: Some(MOST), cursor: None };
            going.extend(self.app.runs(&self.principal, query).await?.runs);
        }
        Ok(going)
    }

    pub(super) async fn list(&self, what: Listing) -> Result<Listed, AppError> {
        Ok(match what {
            Listing::Workflows => Listed::Workflows(self.app.workflows(&self.principal).await?.workflows),
            Listing::Runs => {
                let query = RunQuery { limit: Some(MOST), ..RunQuery::default() };
                Listed::Runs(self.app.runs(&self.principal, query).await?.runs)
            }
            Listing::Schedules => {
                let mut active = Vec::new();
                for summary in self.app.workflows(&self.principal).await?.workflows.into_iter().filter(|one| one.active.is_some()) {
                    let triggers = self.app.workflow_triggers(&self.principal, &summary.name, self.reach.get()).await?.triggers;
                    active.push((summary.name, triggers));
                }
                Listed::Schedules(active)
            }
            Listing::Approvals => Listed::Approvals(self.app.approvals(&self.principal, ApprovalQuery::default()).await?.approvals),
        })
    }
}
