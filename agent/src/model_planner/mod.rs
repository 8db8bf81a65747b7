//! The model planner: a request becomes an outline in a small language of lines, the outline a document by rule, and what
//! the outline leaves open is filled in by a call for each step. Changes and repairs are lines of the same language and
//! become operations on the document.
//!
//! ```text
//! request + actions + examples + facts -> outline -> document -> parameters -> retries, time limits, empty lists
//! workflow + request or findings       -> changes -> operations -> document -> …
//! ```
//!
//! Every answer is judged; one that cannot be used gets one more try with its faults named. The document still has to pass
//! the checks: the conversation sees to that and asks for repairs.

mod apply;
mod ask;
mod cards;
mod compile;
mod facts;
mod fill;
mod first;
mod judge;
mod material;
mod mend;
#[cfg(test)]
mod mutations;
mod outline;

pub use facts::{DatabaseFact, Facts, FileFact};

use crate::conversation::PlanInput;
use crate::model::{CallContext, ModelClient, ModelError};
use crate::planner::PlanOutcome;
use ask::Session;
use jiff::Zoned;
use sayflow_engine::action::Catalogue;
use sayflow_engine::schedule::next_fires;
use sayflow_protocol::Workflow;
use sayflow_protocol::api::{DryRunReport, Stage, TurnProgress, Usage};

/// How many of the next times a judge is shown.
const NEXT_TIMES: usize = 5;

/// Plans with a language model.
#[derive(Clone)]
pub struct ModelPlanner {
    client: ModelClient,
}

/// What a plan came to.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanAnswer {
    /// The planner's word, or why there is none.
    pub outcome: Result<PlanOutcome, ModelError>,
    /// What all calls cost together, those that failed too.
    pub usage: Usage,
}

/// What a draft does otherwise than was asked.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Verdict {
    /// A sentence each; empty when it does what was asked.
    pub differences: Vec<String>,
    /// What it cost.
    pub usage: Usage,
}

impl ModelPlanner {
    /// A planner that asks this client.
    pub fn new(client: ModelClient) -> Self {
        Self { client }
    }

    /// A first plan; a change of `input.base`; or, with `input.findings`, its repair. Stages are told to the context's
    /// progress; what the model writes is not.
    pub async fn plan(&self, input: &PlanInput, catalogue: &Catalogue, facts: &Facts, cx: &CallContext<'_>) -> PlanAnswer {
        let session = Session::new(&self.client, cx);
        let outcome = match &input.base {
            Some(base) if !input.findings.is_empty() => {
                tell(cx, Stage::Repairing);
                mend::repair(&session, base, input, catalogue, facts).await
            }
            Some(base) => {
                tell(cx, Stage::Outlining);
                mend::change(&session, base, input, catalogue, facts).await
            }
            None => {
                tell(cx, Stage::Outlining);
                first::plan(&session, input, catalogue, facts).await
            }
        };
        PlanAnswer { outcome, usage: session.usage() }
    }

    /// Compares what a dry run showed with the request. `now` is the moment from which the next times are counted, in the
    /// person's zone.
    ///
    /// # Errors
    /// When the model cannot be asked, or does not answer usably; `usage` says what was spent all the same.
    pub async fn judge(
        &self,
        request: &str,
        workflow: &Workflow,
        report: &DryRunReport,
        now: &Zoned,
        cx: &CallContext<'_>,
    ) -> Result<Verdict, ModelError> {
        tell(cx, Stage::Comparing);
        let session = Session::new(&self.client, cx);
        let zone = now.time_zone();
        let name = zone.iana_name().unwrap_or("UTC");
        let next = next_fires(workflow, now.timestamp(), name, NEXT_TIMES);
        let next = next.into_iter().map(|at| at.to_zoned(zone.clone()).strftime("%A %-d %B %Y, %H:%M").to_string()).collect();
        judge::judge(&session, request, workflow, report, next).await.map_err(|error| ModelError { usage: session.usage(), ..error })
    }
}

fn tell(cx: &CallContext<'_>, stage: Stage) {
    cx.progress.tell(TurnProgress::Stage { stage, detail: None });
}

#[cfg(test)]
fn templates_for_tests() -> Vec<Workflow> {
    crate::templates::all().iter().map(|template| template.workflow.clone()).collect()
}
