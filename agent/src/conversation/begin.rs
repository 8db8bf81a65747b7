//! A turn begins: what was said is recorded, its meaning decided, and the work started.

use super::event::{Resumed, TurnPosted};
use super::intent::{Intent, Reading};
use super::rules::Sureness;
use super::thread::{Origin, USER};
use super::{Conversation, Effect, Phase, Turn};
use sayflow_prompts as prompts;
use sayflow_protocol::api::{Answer, ItemBody};

impl Conversation {
    /// A message came.
    pub(super) fn begin(&mut self, posted: TurnPosted) -> Vec<Effect> {
        self.turn = Turn::new(posted.timezone, posted.network_reads, posted.known);
        let mut effects = Vec::new();
        if !posted.text.trim().is_empty() || posted.answers.is_empty() {
            effects.push(self.record(ItemBody::Message { role: USER.to_owned(), text: posted.text }));
        }
        for (id, value) in posted.answers {
            effects.push(self.record(ItemBody::Answer(Answer { id, value })));
        }
        effects.extend(self.start());
        effects
    }

    /// Goes on where the stored items end. What was stored of the turn only needs its reply; all else is done anew,
    /// because nothing of it was stored.
    pub(super) fn resume(&mut self, resumed: Resumed) -> Vec<Effect> {
        self.turn = Turn::new(resumed.timezone, resumed.network_reads, resumed.known);
        let Some(turn) = self.thread.turn() else { return Vec::new() };
        if turn.drafted {
            return self.say_draft();
        }
        if let Some(run) = turn.ran.clone() {
            return self.say_started(run);
        }
        if turn.asked && !self.thread.open().is_empty() {
            return self.say_questions();
        }
        self.start()
    }

    /// Decides what was said: by what was stored of it, by the rules where they are sure, else by a model.
    fn start(&mut self) -> Vec<Effect> {
        if let Some(intent) = self.thread.decided() {
            return self.go_on(intent);
        }
        let Some(reading) = self.thread.read(&self.turn.known) else { return Vec::new() };
        match reading.sureness {
            Sureness::Unsure if self.turn.known.has_model() => vec![self.understand()],
            _ => self.take(reading),
        }
    }

    /// Goes by what the rules make of it.
    pub(super) fn take(&mut self, reading: Reading) -> Vec<Effect> {
        let mut effects = Vec::new();
        let mut intent = reading.intent;
        if let Some(command) = reading.command {
            effects.push(self.record(command.to_item()));
            intent = self.thread.decided().unwrap_or(intent);
        }
        effects.extend(self.go_on(intent));
        effects
    }

    /// Starts the work.
    pub(super) fn go_on(&mut self, intent: Intent) -> Vec<Effect> {
        let heard = self.thread.turn().map(|turn| turn.answers.clone()).unwrap_or_default();
        let open: Vec<String> = self.thread.open().iter().map(|question| question.id.clone()).collect();
        self.thread.decide(intent.clone());
        match intent {
            Intent::Request { .. } | Intent::Answers { .. } | Intent::Again => {
                self.turn.ahead = heard.into_iter().filter(|(id, _)| !open.contains(id)).collect();
                self.look_up()
            }
            Intent::Command(command) => self.command(command),
            Intent::UnknownAnswers { ids } => self.finish(prompts::unknown_answer(&ids, &open)),
            Intent::Drop => self.finish(prompts::dropped()),
            Intent::SmallTalk(talk) => self.small_talk(talk),
            Intent::Nothing => self.finish(prompts::nothing_said()),
        }
    }

    /// Gathers what a plan needs: the workflow that is to be changed, then candidates.
    fn look_up(&mut self) -> Vec<Effect> {
        if let Origin::Saved(workflow) = self.thread.origin.clone() {
            self.phase = Phase::Loading { workflow: workflow.clone() };
            return vec![Effect::Load { workflow }];
        }
        self.retrieve()
    }

    /// Looks for candidates.
    pub(super) fn retrieve(&mut self) -> Vec<Effect> {
        self.phase = Phase::Retrieving;
        vec![Effect::Retrieve { text: self.thread.request.clone() }]
    }
}
