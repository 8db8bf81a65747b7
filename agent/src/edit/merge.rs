//! What other parts ask about references: which steps are used, and one step in the place of two.

use super::apply::canonical;
use super::path::{StepPath, step_mut};
use super::references::{follow, uses};
use sayflow_protocol::Workflow;

/// The paths of the steps that something refers to, waits for or stands in for.
pub(crate) fn used_steps(workflow: &Workflow) -> Vec<String> {
    let found = uses(&canonical(workflow)).into_iter().filter_map(|one| Some(one.found_in?.child(&one.id).to_string()));
    let mut found: Vec<String> = found.collect();
    found.sort();
    found.dedup();
    found
}

/// The workflow with one step for two of the same list: whatever refers to `gone` refers to `kept`.
pub(crate) fn merged(workflow: &Workflow, kept: &str, gone: &str) -> Option<Workflow> {
    let (kept, gone) = (StepPath::of_step(kept), StepPath::of_step(gone));
    if kept.list() != gone.list() {
        return None;
    }
    let mut document = canonical(workflow);
    follow(&mut document, &gone.list(), gone.id(), kept.id());
    let (steps, at) = step_mut(&mut document, &gone).ok()?;
    steps.remove(at);
    serde_json::from_value(document).ok()
}
