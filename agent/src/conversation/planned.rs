//! The planner's word: a draft goes to the checks, questions go to the person, "cannot" comes with what would work.

use super::caps;
use super::{Conversation, Effect, Phase};
use crate::planner::PlanOutcome;
use crate::templates;
use sayflow_prompts::{self as prompts, CannotArgs};
use sayflow_protocol::api::{Answer, ItemBody, Question, Usage};

/// How many requests are offered when one cannot be done.
const OFFERS: usize = 3;
/// How much of a request a template must cover to be offered in its place.
const OFFER_FROM: f32 = 0.25;

impl Conversation {
    /// Takes the planner's word.
    pub(super) fn planned(&mut self, outcome: PlanOutcome, usage: Usage) -> Vec<Effect> {
        caps::add(&mut self.turn.usage, &usage);
        match outcome {
            PlanOutcome::Draft { workflow, notes } => {
                self.turn.notes = notes;
                self.phase = Phase::Checking { workflow: workflow.clone() };
                vec![Effect::Check { workflow }]
            }
            PlanOutcome::Questions { questions, .. } => self.questioned(questions),
            PlanOutcome::Cannot { reason, suggestions } => {
                let suggestions = if suggestions.is_empty() { self.offers() } else { suggestions };
                self.give_up(prompts::cannot(&CannotArgs { reason, suggestions }))
            }
        }
    }

    /// Questions that were answered ahead are answered now, and planning goes on; otherwise they are asked.
    fn questioned(&mut self, mut questions: Vec<Question>) -> Vec<Effect> {
        questions.truncate(self.caps.questions);
        let mut effects = Vec::new();
        let mut answers = Vec::new();
        for question in questions {
            if let Some(place) = self.turn.ahead.iter().position(|(id, _)| *id == question.id) {
                let (id, value) = self.turn.ahead.remove(place);
                answers.push(Answer { id, value });
            }
            effects.push(self.record(ItemBody::Question(question)));
        }
        let any_answered = !answers.is_empty();
        for answer in answers {
            effects.push(self.record(ItemBody::Answer(answer)));
        }
        if any_answered && self.caps.reached(self.turn.rounds, &self.turn.usage).is_none() {
            let base = self.thread.base();
            effects.push(self.plan(base, Vec::new()));
        } else {
            effects.extend(self.say_questions());
        }
        effects
    }

    /// Requests that templates answer and that are near to this one.
    fn offers(&self) -> Vec<String> {
        let near = self.turn.retrieved.demonstrations.iter().filter(|hit| hit.score >= OFFER_FROM);
        near.filter_map(|hit| templates::find(&hit.id)?.info.examples.first().cloned()).take(OFFERS).collect()
    }
}
