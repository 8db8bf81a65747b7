//! A turn begins: what was said is recorded, its meaning decided, and the work started.

use super::event::{Resumed, TurnPosted};
use super::intent::Intent;
use super::thread::USER;
use super::{Conversation, Effect, Phase, Turn};
use sayflow_prompts as prompts;
use sayflow_protocol::api::{Answer, ItemBody};

impl Conversation {
    /// A message came.
    pub(super) fn begin(&mut self, posted: TurnPosted) -> Vec<Effect> {
        self.turn = Turn { timezone: posted.timezone, network_reads: posted.network_reads, ..Turn::default() };
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

    /// Goes on where the stored items end. A draft or questions that were stored only need their reply; all else is
    /// planned anew, because nothing of it was stored.
    pub(super) fn resume(&mut self, resumed: Resumed) -> Vec<Effect> {
        self.turn = Turn { timezone: resumed.timezone, network_reads: resumed.network_reads, ..Turn::default() };
        let Some(turn) = self.thread.turn() else { return Vec::new() };
        if turn.drafted {
            return self.say_draft();
        }
        if turn.asked && !self.thread.open().is_empty() {
            return self.say_questions();
        }
        self.start()
    }

    fn start(&mut self) -> Vec<Effect> {
        let heard = self.thread.turn().map(|turn| turn.answers.clone()).unwrap_or_default();
        let open: Vec<String> = self.thread.open().iter().map(|question| question.id.clone()).collect();
        match self.thread.decide() {
            Some(Intent::Request { .. } | Intent::Answers { .. }) => {
                self.turn.ahead = heard.into_iter().filter(|(id, _)| !open.contains(id)).collect();
                self.phase = Phase::Retrieving;
                vec![Effect::Retrieve { text: self.thread.request.clone() }]
            }
            Some(Intent::UnknownAnswers { ids }) => self.finish(prompts::unknown_answer(&ids, &open)),
            Some(Intent::Drop) => self.finish(prompts::dropped()),
            Some(Intent::SmallTalk(talk)) => self.small_talk(talk),
            Some(Intent::Nothing) => self.finish(prompts::nothing_said()),
            None => Vec::new(),
        }
    }
}
