//! `idle-schedule`: a schedule whose runs find nothing to do.

use super::facts::Facts;
use super::suggest;
use sayflow_prompts::SuggestionArgs;
use sayflow_protocol::api::{Operation, Suggestion};
use sayflow_protocol::{RunStatus, RunView, StepStatus};

/// So many runs in a row have to do nothing.
const RUNS: usize = 20;

pub(super) fn find(facts: &Facts<'_>) -> Vec<Suggestion> {
    let Some(at) = facts.schedules().next() else { return Vec::new() };
    if facts.writes().next().is_none() {
        return Vec::new();
    }
    let idle = facts.history.counted().take_while(|run| did_nothing(facts, run)).count();
    if idle < RUNS {
        return Vec::new();
    }
    let arguments = SuggestionArgs { total: idle, ..SuggestionArgs::default() };
    let unset = Operation::Unset { step: None, pointer: format!("/triggers/{at}") };
    vec![suggest("idle-schedule", None, arguments, vec![unset])]
}

/// Whether a run went well and none of its writes was done.
fn did_nothing(facts: &Facts<'_>, run: &RunView) -> bool {
    // What is in a loop is not shown step by step: the loop itself tells how many items there were.
    let idle = |place: &super::facts::Place<'_>| {
        let shown = run.steps.iter().find(|view| view.id == place.path);
        let looped = place.looped.and_then(|group| run.steps.iter().find(|view| view.id.rsplit('/').next() == Some(group.id.as_str())));
        shown.or(looped).is_some_and(|view| view.status == StepStatus::Skipped || view.items.is_some_and(|items| items.total == 0))
    };
    run.status == RunStatus::Succeeded && facts.writes().all(idle)
}
