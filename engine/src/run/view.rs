//! A run as every surface shows it, projected from its state.

use super::state::{End, RunState, Stage, StepState};
use crate::plan::{BlockId, Plan, Work};
use jiff::Timestamp;
use sayflow_protocol::event::SkipReason;
use sayflow_protocol::run::ItemCounts;
use sayflow_protocol::{BlockName, InstanceKey, RecordedEvent, RunId, RunStatus, RunView, StepStatus, StepView};
use std::sync::Arc;

/// The view of a run that is in memory. `version` is the activated version, none for a draft or a file.
pub fn view(id: &RunId, version: Option<u32>, state: &RunState) -> RunView {
    let (created, started, ended) = state.times();
    let mut steps = Vec::new();
    add_block(state, &InstanceKey::root(BlockName::Main), BlockId::MAIN, &mut steps);
    if state.frame(&InstanceKey::root(BlockName::OnFailure)).is_some() {
        add_block(state, &InstanceKey::root(BlockName::OnFailure), BlockId::ON_FAILURE, &mut steps);
    }
    RunView {
        id: id.clone(),
        workflow: state.plan().workflow.name.clone(),
        version,
        dry_run: state.is_dry_run(),
        status: state.status(),
        created: created.unwrap_or_default(),
        started,
        ended,
        error: if state.status() == RunStatus::Failed { state.error().cloned() } else { None },
        steps,
        outputs: state.outputs().cloned(),
        response: state.response().cloned(),
        lineage: state.lineage().clone(),
        open: state.open_points(),
    }
}

/// The view of a run that is only in the store: its journal folded again.
///
/// # Errors
/// When the journal does not fit the plan.
pub fn view_from_journal(id: &RunId, version: Option<u32>, plan: Arc<Plan>, events: &[RecordedEvent]) -> Result<RunView, super::Illegal> {
    view_at(id, version, plan, events, Timestamp::MIN)
}

/// The same as of a time: what that time has brought since the last event shows, too.
pub(super) fn view_at(
    id: &RunId,
    version: Option<u32>,
    plan: Arc<Plan>,
    events: &[RecordedEvent],
    now: Timestamp,
) -> Result<RunView, super::Illegal> {
    let mut state = RunState::new(plan);
    for event in events {
        state.apply(event)?;
    }
    // The driver has held back what may not begin yet; the journal does not say so.
    state.hold_back(now);
    Ok(view(id, version, &state))
}

fn add_block(state: &RunState, at: &InstanceKey, block: BlockId, steps: &mut Vec<StepView>) {
    let frame = state.frame(at);
    for (place, step) in state.plan().block(block).steps.iter().enumerate() {
        let key = at.child(&step.id);
        steps.push(match frame {
            Some(frame) => step_view(state, &key, &frame.steps[place]),
            None => pending(&key),
        });
        if let Work::Group(inner) = step.work
            && step.for_each.is_none()
            && step.repeat.is_none()
        {
            add_block(state, &key, inner, steps);
        }
    }
}

fn pending(key: &InstanceKey) -> StepView {
    StepView {
        id: key.to_string(),
        status: StepStatus::Pending,
        attempts: 0,
        started: None,
        ended: None,
        output: None,
        error: None,
        items: None,
        simulated: false,
        skipped_because: None,
    }
}

fn step_view(state: &RunState, key: &InstanceKey, step: &StepState) -> StepView {
    let (status, because) = status_of(state, key, step);
    StepView {
        status,
        attempts: step.attempts,
        started: step.started,
        ended: step.ended,
        output: (status == StepStatus::Succeeded).then(|| (*step.output).clone()),
        error: step.error.clone(),
        items: step.items.as_ref().map(|items| ItemCounts {
            total: u32::try_from(items.items.len()).unwrap_or(u32::MAX),
            succeeded: items.succeeded,
            failed: items.failed,
        }),
        simulated: step.simulated,
        skipped_because: because.map(|reason| reason.describe().to_owned()),
        ..pending(key)
    }
}

fn status_of(state: &RunState, key: &InstanceKey, step: &StepState) -> (StepStatus, Option<SkipReason>) {
    let status = match step.stage {
        Stage::Pending | Stage::Judging | Stage::Resolving => StepStatus::Pending,
        Stage::Active | Stage::Closing if state.has_unknown(key) => StepStatus::OutcomeUnknown,
        Stage::Active if state.is_held_back(key) => StepStatus::Pending,
        Stage::Active if state.is_waiting(key) => StepStatus::Waiting,
        Stage::Active | Stage::Closing => StepStatus::Running,
        Stage::Ended(End::Succeeded | End::Forgiven) => StepStatus::Succeeded,
        Stage::Ended(End::Failed) => StepStatus::Failed,
        Stage::Ended(End::Skipped(reason)) => return (StepStatus::Skipped, Some(reason)),
        Stage::Ended(End::Cancelled) if state.has_unknown(key) => StepStatus::OutcomeUnknown,
        Stage::Ended(End::Cancelled) => StepStatus::Cancelled,
    };
    (status, None)
}
