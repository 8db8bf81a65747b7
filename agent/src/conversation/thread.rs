//! The fold of a thread's items: what is asked for, what was answered, which questions are open, the drafts.
//!
//! The same fold is used while a turn runs and when a thread is read back, so that both come to the same state.

use super::command::Command;
use super::digest::{Digest, Memory};
use super::intent::{Intent, Reading};
use super::known::Known;
use super::rules::{Kind, Offered, Place};
use indexmap::IndexMap;
use sayflow_protocol::api::{DraftView, ItemBody, Question};
use sayflow_protocol::{RunId, Workflow};
use serde_json::Value;

/// Who said something, as stored in [`ItemBody::Message`].
pub(super) const USER: &str = "user";
/// The other side.
pub(super) const AGENT: &str = "agent";

/// So many drafts can be undone.
const DRAFTS: usize = 30;

/// What the items tell.
#[derive(Debug, Clone, Default)]
pub(super) struct Thread {
    /// The request that is worked on.
    pub(super) request: String,
    /// Answers to questions about it.
    pub(super) answers: Vec<(Question, String)>,
    /// What the request starts from.
    pub(super) origin: Origin,
    open: Vec<Question>,
    /// The drafts that can be gone back to, the newest last.
    drafts: Vec<DraftView>,
    run: Option<RunId>,
    offered: Option<Offered>,
    turn: Option<HeardTurn>,
    memory: Memory,
}

/// What a request starts from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Origin {
    /// The draft, where there is one.
    #[default]
    Draft,
    /// Nothing: a workflow of its own.
    Nothing,
    /// A saved workflow.
    Saved(String),
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
    /// What was stored of that.
    command: Option<Command>,
    /// Whether a draft came of it.
    pub(super) drafted: bool,
    /// Whether questions came of it.
    pub(super) asked: bool,
    /// The run that came of it.
    pub(super) ran: Option<RunId>,
}

impl Thread {
    /// Questions that wait for an answer.
    pub(super) fn open(&self) -> &[Question] {
        &self.open
    }

    /// The newest draft.
    pub(super) fn draft(&self) -> Option<&DraftView> {
        self.drafts.last()
    }

    /// The draft before it.
    pub(super) fn draft_before(&self) -> Option<&DraftView> {
        self.drafts.iter().rev().nth(1)
    }

    /// How many drafts can be gone back to from the newest.
    pub(super) fn drafts_before(&self) -> usize {
        self.drafts.len().saturating_sub(1)
    }

    /// The newest draft's document. None when there is none, or when it is of a shape no longer known.
    pub(super) fn document(&self) -> Option<Workflow> {
        serde_json::from_value(self.draft()?.workflow.clone()).ok()
    }

    /// The newest draft's name.
    pub(super) fn draft_name(&self) -> Option<&str> {
        self.draft().map(name_of)
    }

    /// The newest run of the conversation.
    pub(super) fn run(&self) -> Option<&RunId> {
        self.run.as_ref()
    }

    /// What was offered last.
    pub(super) fn offered(&self) -> Option<&Offered> {
        self.offered.as_ref()
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
                // One that got no reply counts all the same.
                self.settle();
                self.memory.person(text);
                self.turn = Some(HeardTurn { text: text.clone(), ..HeardTurn::default() });
            }
            ItemBody::Message { text, .. } => {
                self.settle();
                self.memory.agent(text);
                self.turn = None;
            }
            ItemBody::Answer(answer) => self.answered(&answer.id, &answer.value),
            ItemBody::Question(question) => {
                self.settle();
                self.memory.asked(&question.about);
                self.open.retain(|other| other.id != question.id);
                self.open.push(question.clone());
                if let Some(turn) = &mut self.turn {
                    turn.asked = true;
                }
            }
            ItemBody::Draft(draft) => {
                self.settle();
                self.drafted(draft);
            }
            ItemBody::Run { run } => {
                self.memory.ran();
                self.run = Some(run.clone());
                if let Some(turn) = &mut self.turn {
                    turn.ran = Some(run.clone());
                }
            }
            ItemBody::Intent { intent, arguments } => self.took_for(intent, arguments),
            ItemBody::Approval(_) | ItemBody::Notice { .. } | ItemBody::Spent { .. } => {}
        }
    }

    /// A draft that was there before is gone back to; all that came behind it is forgotten.
    fn drafted(&mut self, draft: &DraftView) {
        self.open.clear();
        self.offered = None;
        self.origin = Origin::Draft;
        self.memory.drafted(name_of(draft));
        match self.drafts.iter().position(|other| other.id == draft.id) {
            Some(place) => self.drafts.truncate(place + 1),
            None => self.drafts.push(draft.clone()),
        }
        if self.drafts.len() > DRAFTS {
            self.drafts.remove(0);
        }
        if let Some(turn) = &mut self.turn {
            turn.drafted = true;
        }
    }

    /// What a message was taken for was stored, or what was offered. One from a version that knows more commands counts
    /// as talk.
    fn took_for(&mut self, intent: &str, arguments: &Value) {
        if let Some(offered) = Offered::of_item(intent, arguments) {
            self.offered = Some(offered);
            return;
        }
        self.memory.took_for(intent);
        let command = Command::parse(intent, arguments).unwrap_or(Command::SmallTalk);
        if !matches!(command, Command::Apply(_) | Command::SmallTalk | Command::Help | Command::Again) {
            self.offered = None;
        }
        if let Some(turn) = &mut self.turn {
            turn.command = Some(command);
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

    /// What the rules make of the turn's message, with what the host knows.
    pub(super) fn read(&self, known: &Known) -> Option<Reading> {
        let turn = self.turn.as_ref()?;
        let place = Place { known, draft: self.draft_name(), has_run: self.run.is_some(), offered: self.offered.as_ref() };
        Some(Reading::of(&self.request, &self.open, place, &turn.text, &turn.answers))
    }

    /// What was decided about the turn's message before.
    pub(super) fn decided(&self) -> Option<Intent> {
        let turn = self.turn.as_ref()?;
        turn.intent.clone().or_else(|| turn.command.as_ref().map(|command| self.meaning(command, &turn.text)))
    }

    /// What a command comes to in this place.
    pub(super) fn meaning(&self, command: &Command, text: &str) -> Intent {
        let request = |kind| Intent::Request { text: text.trim().to_owned(), kind };
        match command {
            Command::Create => request(Kind::New),
            Command::Change(which) => match &which.workflow {
                Some(name) if self.draft_name() != Some(name) => Intent::Request {
                    // For the planner the workflow is there already.
                    text: text.trim().replace(name, "it"),
                    kind: Kind::Saved(name.clone()),
                },
                _ => request(Kind::Follow),
            },
            Command::Again if !self.request.is_empty() => Intent::Again,
            other => Intent::Command(other.clone()),
        }
    }

    /// Decides what the message means, once, and changes what is asked for accordingly.
    pub(super) fn decide(&mut self, intent: Intent) {
        match &intent {
            Intent::Request { text, kind } => {
                self.request.clone_from(text);
                self.origin = match kind {
                    Kind::New => Origin::Nothing,
                    Kind::Follow => Origin::Draft,
                    Kind::Saved(name) => Origin::Saved(name.clone()),
                };
                self.answers.clear();
                self.open.clear();
                self.offered = None;
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
                self.offered = None;
            }
            Intent::Again => self.open.clear(),
            Intent::Command(_) | Intent::UnknownAnswers { .. } | Intent::Nothing | Intent::SmallTalk(_) => {}
        }
        if let Some(turn) = &mut self.turn {
            turn.intent = Some(intent);
        }
    }

    /// Decides by what was stored, or by the rules alone, when a message is followed by what came of it.
    fn settle(&mut self) {
        if self.turn.as_ref().is_none_or(|turn| turn.intent.is_some()) {
            return;
        }
        let intent = self.decided().or_else(|| self.read(&Known::default()).map(|reading| reading.intent));
        if let Some(intent) = intent {
            self.decide(intent);
        }
    }
}

fn name_of(draft: &DraftView) -> &str {
    draft.workflow.get("name").and_then(Value::as_str).unwrap_or("a workflow")
}
