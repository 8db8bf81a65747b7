//! The one object that `ask --output json` prints. Its keys are a public contract.

use jiff::Timestamp;
use sayflow_protocol::api::{ActivatedWorkflow, ApprovalView, DiffView, DraftView, DryRunReport, Question, TurnView, Usage};
use sayflow_protocol::{Diagnostic, Footprint, RunError, RunId, RunStatus, RunView, StepView, ThreadId};
use serde::Serialize;
use serde_json::Value;

#[derive(Debug, Serialize)]
pub(super) struct Report<'a> {
    thread: &'a ThreadId,
    reply: &'a str,
    planner: &'a str,
    draft: Option<Draft<'a>>,
    questions: &'a [Question],
    approval: Option<&'a ApprovalView>,
    run: Option<Run<'a>>,
    usage: Usage,
    /// A change that is proposed.
    #[serde(skip_serializing_if = "Option::is_none")]
    proposal: Option<&'a DiffView>,
    /// What a yes has activated.
    #[serde(skip_serializing_if = "Option::is_none")]
    activated: Option<&'a ActivatedWorkflow>,
    /// Whether the turn was stopped.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    interrupted: bool,
}

#[derive(Debug, Serialize)]
struct Draft<'a> {
    workflow: &'a Value,
    summary: &'a str,
    footprint: &'a Footprint,
    next_fires: &'a [Timestamp],
    diagnostics: &'a [Diagnostic],
    dry_run: Option<&'a DryRunReport>,
    /// What changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    diff: Option<&'a DiffView>,
}

#[derive(Debug, Serialize)]
struct Run<'a> {
    id: &'a RunId,
    status: RunStatus,
    error: Option<&'a RunError>,
    steps: &'a [StepView],
    outputs: Option<&'a Value>,
}

impl<'a> Report<'a> {
    pub(super) fn new(
        turn: &'a TurnView,
        approval: Option<&'a ApprovalView>,
        run: Option<&'a RunView>,
        activated: Option<&'a ActivatedWorkflow>,
    ) -> Self {
        Self {
            thread: &turn.thread,
            reply: &turn.reply,
            planner: &turn.planner,
            draft: turn.draft.as_ref().map(Draft::new),
            questions: &turn.questions,
            approval,
            run: run.map(Run::new),
            usage: turn.usage,
            proposal: turn.proposal.as_ref(),
            activated,
            interrupted: turn.interrupted,
        }
    }
}

impl<'a> Draft<'a> {
    fn new(draft: &'a DraftView) -> Self {
        Self {
            workflow: &draft.workflow,
            summary: &draft.summary,
            footprint: &draft.footprint,
            next_fires: &draft.next_fires,
            diagnostics: &draft.diagnostics,
            dry_run: draft.dry_run.as_ref(),
            diff: draft.diff.as_ref(),
        }
    }
}

impl<'a> Run<'a> {
    fn new(run: &'a RunView) -> Self {
        Self { id: &run.id, status: run.status, error: run.error.as_ref(), steps: &run.steps, outputs: run.outputs.as_ref() }
    }
}
