//! The planner's word: a plan to check, questions to ask, or that it cannot be done. Where the model that plans gives no
//! word, the offline planner is asked, and the reply says so.

use super::effect::PlannerKind;
use super::{Conversation, Effect, Phase};
use crate::model::{Fault, ModelError};
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
    pub(super) fn planned(&mut self, outcome: Result<PlanOutcome, ModelError>, usage: Usage) -> Vec<Effect> {
        self.turn.usage.add(&usage);
        match outcome {
            Ok(PlanOutcome::Draft { workflow, notes }) => {
                self.turn.notes = notes;
                self.check(workflow)
            }
            Ok(_) | Err(_) if self.turn.sound.is_some() || self.turn.failed.is_some() => self.use_what_there_is(),
            Ok(PlanOutcome::Questions { questions, .. }) => self.questioned(questions),
            Ok(PlanOutcome::Cannot { reason, suggestions }) => {
                let suggestions = if suggestions.is_empty() { self.offers() } else { suggestions };
                self.give_up(prompts::cannot(&CannotArgs { reason, suggestions }))
            }
            Err(why) if why.fault == Fault::Cancelled => self.interrupted(),
            Err(why) if self.model_plans() => self.plan_offline(prompts::planned_offline(&why.message, why.help.as_deref())),
            Err(why) => self.give_up(prompts::failed("planning", &sentence(&why.message))),
        }
    }

    /// Checks a workflow.
    pub(super) fn check(&mut self, workflow: sayflow_protocol::Workflow) -> Vec<Effect> {
        self.phase = Phase::Checking { workflow: workflow.clone() };
        vec![Effect::Check { workflow }]
    }

    /// Asks the offline planner, and remembers to say why.
    pub(super) fn plan_offline(&mut self, why: String) -> Vec<Effect> {
        self.turn.planner = PlannerKind::Offline;
        self.turn.fallback = Some(why);
        vec![self.plan_first()]
    }

    /// Another try came to nothing: the draft before it is good, or at least shows what is wrong.
    pub(super) fn use_what_there_is(&mut self) -> Vec<Effect> {
        if let Some(sound) = self.turn.sound.take() {
            return vec![self.save(sound.workflow, sound.checked, sound.report)];
        }
        let Some(failed) = self.turn.failed.take() else { return Vec::new() };
        self.turn.planner = PlannerKind::Model;
        self.turn.fallback = None;
        vec![self.save(failed.workflow, failed.checked, failed.report)]
    }

    /// Questions that were answered ahead are answered now, and planning goes on; otherwise they are asked.
    fn questioned(&mut self, mut questions: Vec<Question>) -> Vec<Effect> {
        questions.truncate(self.caps.questions);
        if questions.is_empty() {
            return self.give_up(prompts::failed("planning", "The planner asked for something and did not say for what."));
        }
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
            effects.push(self.plan_first());
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

/// With one full stop at its end.
fn sentence(text: &str) -> String {
    format!("{}.", text.trim().trim_end_matches('.'))
}
