//! What the conversation wants done.

use super::act::Act;
use super::digest::Digest;
use crate::model::ChatCall;
use crate::planner::PlanRequest;
use crate::retrieval::Retrieved;
use jiff::Timestamp;
use sayflow_protocol::api::draft::GraphNode;
use sayflow_protocol::api::{ApprovalView, DiffView, DraftView, DryRunReport, ItemBody, Pending, Question, Usage};
use sayflow_protocol::{Diagnostic, DraftId, Footprint, RunId, Workflow};

/// Something to do, in the order of the list. At most one of a list is answered with an event: it is the last one.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "effects are carried out one at a time, never kept in bulk")]
pub enum Effect {
    /// Append the item to the thread: messages of both sides, questions and answers. No event comes back.
    Record(ItemBody),
    /// Look for actions and proven workflows; then [`super::Event::Retrieved`].
    Retrieve {
        /// The request.
        text: String,
    },
    /// Ask a model what a message means; then [`super::Event::Understood`].
    Understand(ChatCall),
    /// Load the newest version of a saved workflow; then [`super::Event::Loaded`].
    Load {
        /// Its name.
        workflow: String,
    },
    /// Call the planner; then [`super::Event::Planned`].
    Plan(PlanInput),
    /// Check the workflow; then [`super::Event::Checked`].
    Check {
        /// Which.
        workflow: Workflow,
    },
    /// Run it with real reads and simulated writes; then [`super::Event::DryRan`].
    DryRun {
        /// Which.
        workflow: Workflow,
        /// Whether network reads are tried too.
        network_reads: bool,
    },
    /// Ask a model whether the workflow does what was asked; then [`super::Event::Judged`].
    Judge {
        /// The request, with the answers to questions about it.
        request: String,
        /// The workflow.
        workflow: Workflow,
        /// What it did in the dry run.
        report: DryRunReport,
    },
    /// Do something through the application; then [`super::Event::Acted`].
    Act(Act),
    /// Have a model word the reply; then [`super::Event::Said`].
    Say(ChatCall),
    /// Store the draft under a new id and append it to the thread; then [`super::Event::Saved`].
    SaveDraft(DraftParts),
    /// The turn is over. No event comes back.
    End(TurnOutcome),
}

/// What a planner is given.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PlanInput {
    /// The request in the person's words.
    pub text: String,
    /// Answers to questions about it.
    pub answers: Vec<(Question, String)>,
    /// The thread's draft, or the plan that is to be mended.
    pub base: Option<Workflow>,
    /// What was found for it.
    pub retrieved: Retrieved,
    /// What is wrong with `base`; empty unless it is to be mended.
    pub findings: Vec<Diagnostic>,
    /// What was said before, in short.
    pub digest: Digest,
    /// Whom to ask.
    pub planner: PlannerKind,
}

/// The two planners.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PlannerKind {
    /// Rules alone.
    #[default]
    Offline,
    /// A language model.
    Model,
}

impl PlannerKind {
    /// Its name in answers and stored items.
    pub fn name(self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::Model => "model",
        }
    }
}

impl PlanInput {
    /// The request as planners take it.
    pub fn request(&self) -> PlanRequest<'_> {
        PlanRequest { text: &self.text, answers: &self.answers, base: self.base.as_ref() }
    }
}

/// A draft without an id.
#[derive(Debug, Clone, PartialEq)]
pub struct DraftParts {
    /// The document.
    pub workflow: Workflow,
    /// What it does, in plain words.
    pub summary: String,
    /// Where it reads and writes.
    pub footprint: Footprint,
    /// The next times it would fire.
    pub next_fires: Vec<Timestamp>,
    /// Findings of the checks.
    pub diagnostics: Vec<Diagnostic>,
    /// What a dry run showed.
    pub dry_run: Option<DryRunReport>,
    /// Its steps for people.
    pub graph: Vec<GraphNode>,
    /// What changed.
    pub diff: Option<DiffView>,
}

impl DraftParts {
    /// The draft as every surface shows it.
    ///
    /// # Errors
    /// When the workflow has no JSON form.
    pub fn into_view(self, id: DraftId) -> Result<DraftView, serde_json::Error> {
        Ok(DraftView {
            id,
            workflow: serde_json::to_value(&self.workflow)?,
            summary: self.summary,
            footprint: self.footprint,
            next_fires: self.next_fires,
            diagnostics: self.diagnostics,
            dry_run: self.dry_run,
            graph: self.graph,
            diff: self.diff,
        })
    }
}

/// What a turn came to: the host adds the thread's id, the planner's name and the approval to make a `TurnView`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TurnOutcome {
    /// What the agent says.
    pub reply: String,
    /// The draft of this turn.
    pub draft: Option<DraftView>,
    /// Questions that are open now.
    pub questions: Vec<Question>,
    /// Whether the agent said that it cannot do this.
    pub cannot: bool,
    /// What the turn cost.
    pub usage: Usage,
    /// Who planned; the best planner that there is where nothing was planned.
    pub planner: PlannerKind,
    /// What has to be approved before something else than a run of the draft goes on.
    pub approval: Option<ApprovalView>,
    /// What goes on then.
    pub pending: Option<Pending>,
    /// The run that was started.
    pub run: Option<RunId>,
    /// A change that is proposed.
    pub proposal: Option<DiffView>,
    /// Whether somebody stopped the turn.
    pub interrupted: bool,
}
