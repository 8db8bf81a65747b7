//! Explanations: why a run failed, what a workflow does, what would make it better; and the changed workflow that follows
//! from each.

use super::super::workflows::canonical;
use super::hosted::Hosted;
use crate::error::AppError;
use crate::samples::WorkspaceSamples;
use sayflow_agent::advise::{self, History, Readers};
use sayflow_agent::conversation::{Acted, Edited, Subject};
use sayflow_agent::planner::Samples;
use sayflow_agent::{document, edit, explain};
use sayflow_protocol::api::run::RunQuery;
use sayflow_protocol::api::{Operation, Suggestion};
use sayflow_protocol::{RunId, RunStatus, RunView, Workflow};
use std::path::Path;

/// So many runs of a workflow are looked at for suggestions.
const RUNS: u32 = 30;

/// A run that is explained.
struct Explained {
    view: RunView,
    /// The document that it ran.
    workflow: Workflow,
    explanation: explain::Explanation,
}

impl Hosted<'_> {
    /// Why a run failed: this one unless it went well, else the newest that failed.
    pub(super) async fn explain_run(&self, run: Option<RunId>, workflow: Option<String>) -> Result<Acted, AppError> {
        let asked = match &run {
            Some(run) => Some(self.app.run(&self.principal, run.as_str()).await?),
            None => None,
        };
        if let Some(name) = &workflow {
            // A name that nobody has is told as such.
            self.app.workflow_row(name).await?;
        }
        let chosen = match asked.as_ref().filter(|view| view.status != RunStatus::Succeeded) {
            Some(view) => Some(view.clone()),
            None => self.newest_failed(workflow.as_deref()).await?,
        };
        let Some(view) = chosen else {
            return Ok(Acted::NothingFailed { workflow, run: asked.map(|view| (view.id, view.status)) });
        };
        let Explained { view, workflow, explanation } = self.explained(view).await?;
        let fix = match explanation.fix.as_deref() {
            Some(operations) => self.mended(&view, &workflow, operations).await?,
            None => None,
        };
        let fix = fix.map(|edited| edit::view(&edited.against, &edited.base, &edited.workflow));
        Ok(Acted::Explained { run: view.id, workflow: view.workflow, text: explanation.text, fix })
    }

    async fn newest_failed(&self, workflow: Option<&str>) -> Result<Option<RunView>, AppError> {
        let query = RunQuery { workflow: workflow.map(str::to_owned), status: Some(RunStatus::Failed), limit: Some(1), cursor: None };
        match self.app.runs(&self.principal, query).await?.runs.into_iter().next() {
            Some(run) => Ok(Some(self.app.run(&self.principal, run.id.as_str()).await?)),
            None => Ok(None),
        }
    }

    async fn explained(&self, view: RunView) -> Result<Explained, AppError> {
        let row = self.app.parts.store.run(view.id.as_str()).await?;
        let row = row.ok_or_else(|| AppError::not_found("run", view.id.as_str(), super::super::runs::SEE_RUNS))?;
        let workflow = read(&row.document, &format!("the document of run {}", view.id))?;
        let journal = self.app.run_journal(&self.principal, view.id.as_str(), 0).await?.events;
        let credentials = self.app.accounts().await?;
        let samples = WorkspaceSamples::new(&self.app.parts.ports, Path::new(&row.workspace));
        let files = tokio::task::spawn_blocking(move || samples.files()).await.unwrap_or_default();
        let known = explain::Known {
            catalogue: &self.app.parts.catalogue,
            journal: &journal,
            files: &files,
            credentials: &credentials,
            zone: &self.timezone,
        };
        let explanation = explain::run(&workflow, &view, &known);
        Ok(Explained { view, workflow, explanation })
    }

    /// The mended workflow: the newest saved version of it where the change fits there, else what the run ran.
    async fn mended(&self, view: &RunView, ran: &Workflow, operations: &[Operation]) -> Result<Option<Edited>, AppError> {
        let mut bases = Vec::new();
        if let Some(row) = self.app.parts.store.workflow(&view.workflow).await? {
            let newest = read(&row.document, &format!("workflow {}", row.name))?;
            bases.push((format!("version {} of {}", row.latest, row.name), newest));
        }
        bases.push((format!("what run {} ran", view.id), ran.clone()));
        Ok(bases.into_iter().find_map(|(against, base)| {
            let workflow = edit::apply(&base, operations).ok().filter(|changed| *changed != base)?;
            Some(Edited { against, base, workflow })
        }))
    }

    /// The workflow that does not fail as a run did.
    pub(super) async fn fix(&self, run: RunId) -> Result<Acted, AppError> {
        let view = self.app.run(&self.principal, run.as_str()).await?;
        let Explained { view, workflow, explanation } = self.explained(view).await?;
        let mended = match explanation.fix.as_deref() {
            Some(operations) => self.mended(&view, &workflow, operations).await?,
            None => None,
        };
        Ok(mended.map_or(Acted::NotApplicable { picks: Vec::new(), applicable: Vec::new() }, Acted::Edited))
    }

    pub(super) async fn describe(&self, of: Subject) -> Result<Acted, AppError> {
        let (_, workflow) = self.subject(of).await?;
        let checked = self.app.check_outcome(&workflow, &self.timezone).await?;
        let catalogue = &self.app.parts.catalogue;
        Ok(Acted::Described { text: document::describe(&workflow, catalogue, &checked.footprint, &checked.next_fires, &self.timezone) })
    }

    pub(super) async fn suggest(&self, of: Subject) -> Result<Acted, AppError> {
        let (_, workflow) = self.subject(of).await?;
        let (suggestions, runs) = self.suggestions(&workflow).await?;
        Ok(Acted::Suggested { workflow: workflow.name, suggestions, runs })
    }

    /// What would make a workflow better, and how many of its runs were looked at.
    async fn suggestions(&self, workflow: &Workflow) -> Result<(Vec<Suggestion>, usize), AppError> {
        let document = canonical(workflow)?;
        let query = RunQuery { workflow: Some(workflow.name.clone()), limit: Some(RUNS), ..RunQuery::default() };
        let mut runs = Vec::new();
        for summary in self.app.runs(&self.principal, query).await?.runs {
            // Runs of another version say nothing about this one.
            let same = self.app.parts.store.run(summary.id.as_str()).await?.is_some_and(|row| row.document == document);
            if same && summary.status.is_final() && !summary.dry_run {
                runs.push(self.app.run(&self.principal, summary.id.as_str()).await?);
            }
        }
        let count = runs.len();
        let history = History { runs, readers: Readers::Unknown, credentials: self.app.accounts().await? };
        Ok((advise::suggestions(workflow, &self.app.parts.catalogue, &history), count))
    }

    /// The workflow that follows the suggestions that were picked; all that can be carried out when none was.
    pub(super) async fn improve(&self, of: Subject, picks: Vec<usize>) -> Result<Acted, AppError> {
        let (against, base) = self.subject(of).await?;
        let (suggestions, _) = self.suggestions(&base).await?;
        let able = |number: &usize| suggestions.get(number.wrapping_sub(1)).is_some_and(|one| !one.operations.is_empty());
        let applicable: Vec<usize> = (1..=suggestions.len()).filter(able).collect();
        let chosen = if picks.is_empty() { applicable.clone() } else { picks.clone() };
        if chosen.is_empty() || !chosen.iter().all(able) {
            return Ok(Acted::NotApplicable { picks, applicable });
        }
        let mut workflow = base.clone();
        for number in chosen {
            match edit::apply(&workflow, &suggestions[number - 1].operations) {
                Ok(changed) => workflow = changed,
                // Of all that can be done, one may make another needless; one that was picked has to be done.
                Err(_) if picks.is_empty() => {}
                Err(why) => return Err(AppError::Conflict(format!("suggestion {number} does not go together with the others: {why}"))),
            }
        }
        if workflow == base {
            return Ok(Acted::NotApplicable { picks, applicable });
        }
        Ok(Acted::Edited(Edited { against, base, workflow }))
    }

    /// A workflow, with what it is called as the base of a change.
    async fn subject(&self, of: Subject) -> Result<(String, Workflow), AppError> {
        match of {
            Subject::Draft(workflow) => Ok(("the draft before".to_owned(), workflow)),
            Subject::Saved(name) => {
                let row = self.app.workflow_row(&name).await?;
                Ok((format!("version {} of {name}", row.latest), read(&row.document, &format!("workflow {name}"))?))
            }
        }
    }
}

fn read(document: &str, what: &str) -> Result<Workflow, AppError> {
    serde_json::from_str(document).map_err(|why| AppError::Internal(format!("{what} cannot be read: {why}")))
}
