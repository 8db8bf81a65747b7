//! What the conversation is told.

use super::act::{Acted, Loaded, Refused};
use super::known::Known;
use crate::model::{ChatAnswer, ModelError};
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
        /// The planner's word, or why the model that plans gave none.
        outcome: Result<PlanOutcome, ModelError>,
        /// What this call cost.
        usage: Usage,
    },
    /// What [`super::Effect::Check`] came to.
    Checked(CheckOutcome),
    /// What [`super::Effect::DryRun`] came to: its report, or why there is none.
    DryRan(Result<DryRunReport, String>),
    /// What [`super::Effect::Understand`] came to.
    Understood(Result<ChatAnswer, ModelError>),
    /// What [`super::Effect::Load`] found.
    Loaded(Result<Loaded, Refused>),
    /// What [`super::Effect::Judge`] came to.
    Judged {
        /// In what the workflow differs from what was asked, a sentence each; or why nobody knows.
        differences: Result<Vec<String>, ModelError>,
        /// What this call cost.
        usage: Usage,
    },
    /// What [`super::Effect::Act`] came to.
    Acted(Result<Acted, Refused>),
    /// What [`super::Effect::Say`] came to.
    Said(Result<ChatAnswer, ModelError>),
    /// Somebody wants the turn to stop; what was under way was given up.
    Interrupted,
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
            Self::Understood(_) => "understood",
            Self::Loaded(_) => "loaded",
            Self::Judged { .. } => "judged",
            Self::Acted(_) => "acted",
            Self::Said(_) => "said",
            Self::Interrupted => "interrupted",
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
    /// What the host knows.
    pub known: Known,
}

/// What is not stored of an unfinished turn.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Resumed {
    /// IANA name of the person's zone.
    pub timezone: String,
    /// Whether the dry run also tries network reads.
    pub network_reads: bool,
    /// What the host knows.
    pub known: Known,
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
