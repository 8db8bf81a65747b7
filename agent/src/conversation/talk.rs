//! Talk and questions about Sayflow: a model words the reply where there is one, from data that is handed over as data and
//! without any tool; else the words of ours stand alone.

use super::small_talk::SmallTalk;
use super::{Conversation, Effect, Phase};
use crate::model::{AnswerForm, ChatAnswer, ChatCall, Fault, Message, ModelError, Role};
use sayflow_prompts as prompts;
use serde_json::{Value, json};

/// The longest reply, in tokens.
const ANSWER: u32 = 500;
/// So many workflows are told of.
const WORKFLOWS: usize = 30;
/// The longest text that is handed over, in characters.
const LONGEST: usize = 6_000;

impl Conversation {
    /// Replies to talk.
    pub(super) fn talk(&mut self, talk: SmallTalk) -> Vec<Effect> {
        let plain = talk.words();
        if !self.turn.known.has_model() || self.caps.reached(0, &self.turn.usage).is_some() {
            return self.finish(plain);
        }
        let message: String = self.thread.turn().map(|turn| turn.text.chars().take(LONGEST).collect()).unwrap_or_default();
        let (system, user) = prompts::talk(&self.data(&plain), &message);
        self.phase = Phase::Talking { plain };
        vec![Effect::Say(ChatCall {
            role: Role::Chat,
            purpose: "talk",
            messages: vec![Message::system(system), Message::user(user)],
            answer: AnswerForm::Text,
            tools: Vec::new(),
            max_output_tokens: ANSWER,
        })]
    }

    /// Takes the model's words.
    pub(super) fn said(&mut self, answer: Result<ChatAnswer, ModelError>, plain: String) -> Vec<Effect> {
        match answer {
            Ok(answer) => {
                self.turn.usage.add(&answer.usage);
                let text = answer.text.trim().to_owned();
                self.finish(if text.is_empty() { plain } else { text })
            }
            Err(why) if why.fault == Fault::Cancelled => self.interrupted(),
            Err(why) => {
                self.turn.usage.add(&why.usage);
                tracing::info!(%why, "a model had no words");
                self.finish(plain)
            }
        }
    }

    /// What the reply may speak of.
    fn data(&self, help: &str) -> Value {
        let clipped = |text: &str| text.chars().take(LONGEST).collect::<String>();
        let workflows: Vec<Value> = self
            .turn
            .known
            .workflows
            .iter()
            .take(WORKFLOWS)
            .map(|workflow| json!({ "name": workflow.name, "description": workflow.description, "active_version": workflow.active }))
            .collect();
        let digest = self.thread.digest();
        let who = |said: &super::Said| if said.who == super::Who::Person { "person" } else { "agent" };
        let recent: Vec<Value> = digest.recent.iter().map(|said| json!({ "who": who(said), "text": said.text })).collect();
        json!({
            "said_before": recent,
            "what_sayflow_can_do": help,
            "draft": self.thread.draft().map(|draft| json!({
                "summary": clipped(&draft.summary),
                "document": clipped(&draft.workflow.to_string()),
            })),
            "open_questions": self.thread.open().iter().map(|question| &question.text).collect::<Vec<_>>(),
            "saved_workflows": workflows,
            "saved_workflows_in_all": self.turn.known.workflows.len(),
            "commands": [
                "run it", "activate it", "turn it off", "status", "why did it fail?", "what does NAME do?", "how can I make it better?", "undo",
                "list my workflows", "sayflow credentials set NAME", "sayflow actions", "sayflow templates", "sayflow approve", "sayflow serve",
            ],
        })
    }
}
