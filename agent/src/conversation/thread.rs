//! The fold of a thread's items: what is asked for, what was answered, which questions are open, the draft.
//!
//! The same fold is used while a turn runs and when a thread is read back, so that both come to the same state.

use super::digest::{Digest, Memory};
use super::intent::Intent;
use indexmap::IndexMap;
use sayflow_protocol::Workflow;
use sayflow_protocol::api::{DraftView, ItemBody, Question};

/// Who said something, as stored in [`ItemBody::Message`].
pub(super) const USER: &str = "user";
/// The other side.
pub(super) const AGENT: &str = "agent";

/// What the items tell.
#[derive(Debug, Clone, Default)]
pub(super) struct Thread {
    /// The request that is worked on.
    pub(super) request: String,
    /// Answers to questions about it.
    pub(super) answers: Vec<(Question, String)>,
    open: Vec<Question>,
    draft: Option<DraftView>,
    turn: Option<HeardTurn>,
    memory: Memory,
}

/// A message without a reply yet.
#[derive(Debug, Clone, Default)]
pub(super) struct HeardTurn {
    /// What was said.
    pub(super) text: String,
    /// Answers that came with it, by question id.
    pub(super) answers: IndexMap<String, String>,
    /// What it means, once that was decided.
    pub(super) intent: Option<Intent>,
    /// Whether a draft came of it.
    pub(super) drafted: bool,
    /// Whether questions came of it.
    pub(super) asked: bool,
}

impl Thread {
    /// Questions that wait for an answer.
    pub(super) fn open(&self) -> &[Question] {
        &self.open
    }

    /// The newest draft.
    pub(super) fn draft(&self) -> Option<&DraftView> {
        self.draft.as_ref()
    }

    /// The newest draft's document. None when there is none, or when it is of a shape no longer known.
    pub(super) fn base(&self) -> Option<Workflow> {
        serde_json::from_value(self.draft.as_ref()?.workflow.clone()).ok()
    }

    /// The turn that has no reply yet.
    pub(super) fn turn(&self) -> Option<&HeardTurn> {
        self.turn.as_ref()
    }

    /// Whether there is one.
    pub(super) fn is_unfinished(&self) -> bool {
        self.turn.is_some()
    }

    /// What was said so far, in short.
    pub(super) fn digest(&self) -> Digest {
        self.memory.digest()
    }

    /// Takes an item in.
    pub(super) fn apply(&mut self, body: &ItemBody) {
        match body {
            ItemBody::Message { role, text } if role == USER => {
                self.memory.person(text);
                self.turn = Some(HeardTurn { text: text.clone(), ..HeardTurn::default() });
            }
            ItemBody::Message { text, .. } => {
                self.memory.agent(text);
                self.decide();
                self.turn = None;
            }
            ItemBody::Answer(answer) => self.answered(&answer.id, &answer.value),
            ItemBody::Question(question) => {
                self.decide();
                self.memory.asked(&question.about);
                self.open.retain(|other| other.id != question.id);
                self.open.push(question.clone());
                if let Some(turn) = &mut self.turn {
                    turn.asked = true;
                }
            }
            ItemBody::Draft(draft) => {
                self.decide();
                self.open.clear();
                self.memory.drafted(draft.workflow.get("name").and_then(serde_json::Value::as_str).unwrap_or("a workflow"));
                self.draft = Some(draft.clone());
                if let Some(turn) = &mut self.turn {
                    turn.drafted = true;
                }
            }
            ItemBody::Run { .. } => self.memory.ran(),
            ItemBody::Intent { intent, .. } => self.memory.took_for(intent),
            ItemBody::Approval(_) | ItemBody::Notice { .. } | ItemBody::Spent { .. } => {}
        }
    }

    /// An answer that comes with a message is kept until the message's meaning is decided; a later one was given
    /// ahead, to a question that came up just now.
    fn answered(&mut self, id: &str, value: &str) {
        let turn = self.turn.get_or_insert_with(HeardTurn::default);
        if turn.intent.is_none() {
            turn.answers.insert(id.to_owned(), value.to_owned());
        } else if let Some(place) = self.open.iter().position(|question| question.id == id) {
            self.answers.push((self.open.remove(place), value.to_owned()));
        }
    }

    /// Decides what the message means, once, and changes what is asked for accordingly.
    pub(super) fn decide(&mut self) -> Option<Intent> {
        let turn = self.turn.as_ref()?;
        if let Some(intent) = &turn.intent {
            return Some(intent.clone());
        }
        let intent = Intent::of(&self.request, &self.open, &turn.text, &turn.answers);
        match &intent {
            Intent::Request { text } => {
                self.request.clone_from(text);
                self.answers.clear();
                self.open.clear();
            }
            Intent::Answers { given, more } => {
                self.answers.extend(given.iter().cloned());
                if !more.is_empty() {
                    self.request = format!("{}\n{more}", self.request).trim().to_owned();
                }
                // What is still unknown is asked again after planning.
                self.open.clear();
            }
            Intent::Drop => {
                self.answers.clear();
                self.open.clear();
            }
            Intent::UnknownAnswers { .. } | Intent::Nothing | Intent::SmallTalk(_) => {}
        }
        if let Some(turn) = &mut self.turn {
            turn.intent = Some(intent.clone());
        }
        Some(intent)
    }
}
