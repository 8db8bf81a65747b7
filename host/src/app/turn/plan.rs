//! Planning without a model, trying a plan, and loading what is to be changed.

use super::super::threads::words_of;
use super::super::trial::Trial;
use super::super::{approval, spent};
use super::hosted::Hosted;
use crate::error::AppError;
use crate::samples::WorkspaceSamples;
use jiff::Zoned;
use jiff::tz::TimeZone;
use sayflow_agent::conversation::{Event, Loaded, PlanInput, Refused};
use sayflow_agent::planner::{ActionRanker, PlanContext, Samples};
use sayflow_agent::retrieval::Library;
use sayflow_engine::action::Catalogue;
use sayflow_engine::footprint::footprint;
use sayflow_engine::trigger::sample_payload;
use sayflow_protocol::Workflow;
use sayflow_protocol::api::DryRunReport;
use sayflow_protocol::workflow::Trigger;
use std::sync::Arc;
use std::time::Instant;

/// What a planner may look at, to be taken to another thread.
pub(super) struct Looking {
    catalogue: Arc<Catalogue>,
    library: Arc<Library>,
    now: Zoned,
    timezone: String,
    credentials: Vec<(String, String)>,
    workflows: Vec<String>,
    samples: WorkspaceSamples,
}

impl Looking {
    /// Looks. It may block.
    pub(super) fn with<T>(&self, look: impl FnOnce(&PlanContext<'_>) -> T) -> T {
        look(&PlanContext {
            catalogue: &self.catalogue,
            now: self.now.clone(),
            timezone: &self.timezone,
            credentials: &self.credentials,
            workflows: &self.workflows,
            samples: &self.samples,
            ranker: Some(&*self.library as &dyn ActionRanker),
        })
    }
}

impl Hosted<'_> {
    /// Plans on a thread of its own: planning computes for milliseconds, and the samples read files meanwhile.
    pub(super) async fn plan_offline(&self, input: PlanInput) -> Result<Event, AppError> {
        let looking = self.looking().await?;
        let planner = Arc::clone(&self.app.parts.planner);
        let begun = Instant::now();
        let planned = tokio::task::spawn_blocking(move || looking.with(|context| planner.plan(&input.request(), context)));
        Ok(match planned.await {
            Ok(outcome) => Event::Planned { outcome: Ok(outcome), usage: spent(begun) },
            Err(why) => {
                tracing::error!("the planner failed: {why}");
                Event::Failed { message: "the planner failed; this is a defect of Sayflow".into() }
            }
        })
    }

    /// What a planner may look at.
    pub(super) async fn looking(&self) -> Result<Looking, AppError> {
        let parts = &self.app.parts;
        Ok(Looking {
            catalogue: Arc::clone(&parts.catalogue),
            library: Arc::clone(&parts.library),
            now: self.now(),
            timezone: self.timezone.clone(),
            credentials: self.app.accounts().await?,
            workflows: parts.store.list_workflows().await?.into_iter().map(|row| row.name).collect(),
            samples: WorkspaceSamples::new(&parts.ports, &self.workspace),
        })
    }

    /// The moment, in the person's zone.
    pub(super) fn now(&self) -> Zoned {
        self.app.parts.clock.now().to_zoned(TimeZone::get(&self.timezone).unwrap_or(TimeZone::UTC))
    }

    pub(super) async fn dry_run(&self, workflow: Workflow, network_reads: bool) -> Result<DryRunReport, String> {
        let now = self.app.parts.clock.now().to_string();
        let payload = sample_payload(&workflow, &now, self.waiting_file(&workflow).as_deref());
        // A model names places that the person may never have heard of.
        let withheld = approval::unnamed_reads(&footprint(&workflow, &self.app.parts.catalogue), &words_of(&self.items));
        let trial = Trial { folder: self.workspace.clone(), payload: payload.clone(), network_reads, withheld };
        let report = self.app.try_out(&workflow, trial).await.map_err(|why| why.to_string())?;
        Ok(DryRunReport { payload, ..report })
    }

    /// A file that the workflow's trigger would find now, for the trial.
    fn waiting_file(&self, workflow: &Workflow) -> Option<String> {
        workflow.triggers.iter().find_map(|trigger| match trigger {
            Trigger::File { path, pattern } => {
                let samples = WorkspaceSamples::new(&self.app.parts.ports, &self.workspace);
                let folder = format!("{}/", path.trim_end_matches('/'));
                let fits = |name: &str| pattern.as_ref().is_none_or(|pattern| name.ends_with(pattern.trim_start_matches('*')));
                samples.files().into_iter().find(|file| file.strip_prefix(&folder).is_some_and(|name| !name.contains('/') && fits(name)))
            }
            _ => None,
        })
    }

    /// The newest version of a saved workflow.
    pub(super) async fn load(&self, name: &str) -> Result<Loaded, Refused> {
        let row = self.app.workflow_row(name).await?;
        let workflow =
            serde_json::from_str(&row.document).map_err(|why| AppError::Internal(format!("workflow {name} cannot be read: {why}")))?;
        Ok(Loaded { workflow, version: u32::try_from(row.latest).unwrap_or_default() })
    }
}

/// What a person is told where the application refuses.
impl From<AppError> for Refused {
    fn from(why: AppError) -> Self {
        if let AppError::Internal(fault) = &why {
            tracing::error!("{fault}");
        }
        let findings: Vec<String> = match &why {
            AppError::InvalidWorkflow(findings) => {
                findings.iter().filter(|finding| finding.is_error()).map(|finding| finding.message.clone()).collect()
            }
            _ => Vec::new(),
        };
        let help = why.to_problem().help;
        let message = if findings.is_empty() { why.to_string() } else { format!("{why}: {}", findings.join("; ")) };
        Self { message, help }
    }
}
