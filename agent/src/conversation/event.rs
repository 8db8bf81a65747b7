//! What the conversation is told.

use crate::planner::PlanOutcome;
use crate::retrieval::Retrieved;
use indexmap::IndexMap;
use jiff::Timestamp;
use sayflow_protocol::api::draft::GraphNode;
use sayflow_protocol::api::{DraftView, DryRunReport, Usage};
use sayflow_protocol::{Diagnostic, Footprint};

/// Something happened.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "events are handled one at a time, never kept in bulk")]
pub enum Event {
    /// A person said something.
    TurnPosted(TurnPosted),
    /// The process started again, or the host wants to go on with an unfinished turn.
    Resumed(Resumed),
    /// What [`super::Effect::Retrieve`] found.
    Retrieved(Retrieved),
    /// What [`super::Effect::Plan`] came to.
    Planned {
        /// The planner's word.
        outcome: PlanOutcome,
        /// What this call cost.
        usage: Usage,
    },
    /// What [`super::Effect::Check`] came to.
    Checked(CheckOutcome),
    /// What [`super::Effect::DryRun`] came to: its report, or why there is none.
    DryRan(Result<DryRunReport, String>),
    /// [`super::Effect::SaveDraft`] is done; the draft as it was stored.
    Saved(DraftView),
    /// The effect under way could not be carried out.
    Failed {
        /// Why, as a sentence.
        message: String,
    },
}

impl Event {
    /// The kind of event, for logs.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::TurnPosted(_) => "turn_posted",
            Self::Resumed(_) => "resumed",
            Self::Retrieved(_) => "retrieved",
            Self::Planned { .. } => "planned",
            Self::Checked(_) => "checked",
            Self::DryRan(_) => "dry_ran",
            Self::Saved(_) => "saved",
            Self::Failed { .. } => "failed",
        }
    }
}

/// A message.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TurnPosted {
    /// What the person says; may be empty when there are answers.
    pub text: String,
    /// Answers by question id. An answer to a question that is not open is kept for this turn, in case the planner
    /// asks it, when there is a text too; without one it is refused.
    pub answers: IndexMap<String, String>,
    /// IANA name of the person's zone.
    pub timezone: String,
    /// Whether the dry run also tries network reads.
    pub network_reads: bool,
}

/// What is not stored of an unfinished turn.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Resumed {
    /// IANA name of the person's zone.
    pub timezone: String,
    /// Whether the dry run also tries network reads.
    pub network_reads: bool,
}

/// What the checks say of a workflow.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CheckOutcome {
    /// All findings.
    pub diagnostics: Vec<Diagnostic>,
    /// Where it would read and write; empty when it does not pass.
    pub footprint: Footprint,
    /// The next times it would fire.
    pub next_fires: Vec<Timestamp>,
    /// Its steps for people: [`crate::say::graph`].
    pub graph: Vec<GraphNode>,
}
