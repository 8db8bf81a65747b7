//! The candidates are here: plan.

use super::effect::{PlanInput, PlannerKind};
use super::thread::Origin;
use super::{Base, Conversation, Effect, Phase};
use crate::retrieval::Retrieved;
use sayflow_protocol::{Diagnostic, Workflow};

/// What a change of the draft is a change of.
const DRAFT_BEFORE: &str = "the draft before";

impl Conversation {
    /// Plans with what was found.
    pub(super) fn retrieved(&mut self, retrieved: Retrieved) -> Vec<Effect> {
        self.turn.retrieved = retrieved;
        if self.thread.origin == Origin::Draft {
            self.turn.base = self.thread.document().map(|workflow| Base { against: DRAFT_BEFORE.to_owned(), workflow });
        }
        vec![self.plan_first()]
    }

    /// Asks for a plan, with what there is to change.
    pub(super) fn plan_first(&mut self) -> Effect {
        let base = self.turn.base.as_ref().map(|base| base.workflow.clone());
        self.plan(base, Vec::new())
    }

    /// Asks for a plan. With findings, `base` is the plan that they are about.
    pub(super) fn plan(&mut self, base: Option<Workflow>, findings: Vec<Diagnostic>) -> Effect {
        self.turn.rounds += 1;
        self.phase = Phase::Planning;
        Effect::Plan(PlanInput {
            text: self.thread.request.clone(),
            answers: self.thread.answers.clone(),
            base,
            retrieved: self.turn.retrieved.clone(),
            findings,
            digest: self.thread.digest(),
            planner: self.turn.planner,
        })
    }

    /// Whether a model plans.
    pub(super) fn model_plans(&self) -> bool {
        self.turn.planner == PlannerKind::Model
    }
}
