//! The candidates are here: plan.

use super::effect::{PlanInput, PlannerKind};
use super::{Conversation, Effect, Phase};
use crate::retrieval::Retrieved;
use sayflow_protocol::{Diagnostic, Workflow};

impl Conversation {
    /// Plans with what was found.
    pub(super) fn retrieved(&mut self, retrieved: Retrieved) -> Vec<Effect> {
        self.turn.retrieved = retrieved;
        let base = self.thread.base();
        vec![self.plan(base, Vec::new())]
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
            planner: PlannerKind::Offline,
        })
    }
}
