//! The conversation: a machine. An event goes in, the state changes, a list of effects comes out; whoever hosts it
//! carries the effects out and brings back what came of them as the next event.
//!
//! ```text
//! TurnPosted -> Record*, then by what is meant:
//!   unsure       Understand                       Understood -> any of the below, or Understand once more
//!   a request    Load?, Retrieve                  Retrieved  -> Plan
//!   a command    Act                              Acted      -> Record*, End | Check (an edit)
//!   talk         Say | Record, End                Said       -> Record, End
//! Planned    -> Check | Record*, End | Plan (offline, where the model cannot)
//! Checked    -> DryRun | Plan (repair) | SaveDraft
//! DryRan     -> Judge | SaveDraft | Plan          Judged     -> SaveDraft | Plan (once)
//! Saved      -> Record, End
//! Failed, Interrupted -> Record, End
//! ```
//!
//! It reads no clock, no randomness, no disk and no network. All that it knows of a thread is a fold of the thread's
//! stored items ([`Conversation::from_items`]), so that after a restart [`Event::Resumed`] goes on with what was left
//! unfinished. Each behaviour is one file.

mod act;
mod acted;
mod begin;
mod caps;
mod checked;
mod command;
mod commanded;
mod digest;
mod dry_ran;
mod effect;
mod event;
mod failed;
mod finish;
mod intent;
mod interrupted;
mod judged;
mod known;
mod loaded;
mod planned;
mod report;
mod retrieved;
mod rules;
mod small_talk;
mod talk;
mod thread;
mod understand;

pub use act::{Act, Acted, Edited, Listed, Loaded, Refused, StatusReport, Subject, WorkflowStatus};
pub use caps::Caps;
pub use command::{About, Command, ExplainWhat, ListWhat, Listing, Picks, RunWhat, StopWhat, Which};
pub use digest::{Digest, Said, Who};
pub use effect::{DraftParts, Effect, PlanInput, PlannerKind, TurnOutcome};
pub use event::{CheckOutcome, Event, Resumed, TurnPosted};
pub use finish::say_back;
pub use known::{Known, KnownWorkflow};

use crate::model::Message;
use crate::retrieval::Retrieved;
use sayflow_protocol::api::{ApprovalView, DiffView, DryRunReport, ItemBody, Pending, Question, ThreadEvent, Usage};
use sayflow_protocol::{Diagnostic, RunId, Workflow};
use thread::Thread;

/// One thread's conversation. One turn is under way at a time: the host keeps the next message until
/// [`Effect::End`].
#[derive(Debug, Clone)]
pub struct Conversation {
    caps: Caps,
    thread: Thread,
    phase: Phase,
    turn: Turn,
}

/// What the machine waits for.
#[derive(Debug, Clone, PartialEq, Default)]
#[allow(clippy::large_enum_variant, reason = "one is kept for each conversation")]
enum Phase {
    /// A turn.
    #[default]
    Idle,
    /// [`Event::Understood`].
    Understanding {
        /// What was asked, for another try.
        messages: Vec<Message>,
        /// How often.
        tries: u32,
    },
    /// [`Event::Loaded`].
    Loading { workflow: String },
    /// [`Event::Retrieved`].
    Retrieving,
    /// [`Event::Planned`].
    Planning,
    /// [`Event::Checked`].
    Checking { workflow: Workflow },
    /// [`Event::DryRan`].
    DryRunning { workflow: Workflow, checked: CheckOutcome },
    /// [`Event::Judged`].
    Judging { attempt: Attempt },
    /// [`Event::Saved`].
    Saving,
    /// [`Event::Acted`].
    Acting { command: Command },
    /// [`Event::Said`].
    Talking {
        /// What is said where no model has anything to say.
        plain: String,
    },
}

/// A plan with what is known of it.
#[derive(Debug, Clone, PartialEq)]
struct Attempt {
    workflow: Workflow,
    checked: CheckOutcome,
    report: Option<DryRunReport>,
}

/// What a plan is a change of.
#[derive(Debug, Clone, PartialEq)]
struct Base {
    /// In words.
    against: String,
    workflow: Workflow,
}

/// What is known of the turn under way and not stored: a restart begins it anew.
#[derive(Debug, Clone, Default)]
struct Turn {
    timezone: String,
    network_reads: bool,
    known: Known,
    retrieved: Retrieved,
    /// Who plans.
    planner: PlannerKind,
    /// Why it is not who it should be.
    fallback: Option<String>,
    /// What is changed.
    base: Option<Base>,
    /// What the planner took for granted.
    notes: Vec<String>,
    /// Plans asked for.
    rounds: u32,
    /// Those of them that were repairs.
    repairs: u32,
    /// The findings that the last repair was to mend.
    mending: Vec<Diagnostic>,
    /// Whether a draft was compared with the request.
    judged: bool,
    /// In what it differs, as far as that is not mended.
    differences: Vec<String>,
    /// A draft that is good enough while a better one is tried.
    sound: Option<Attempt>,
    /// The model's best plan, which the checks refuse, while the offline planner tries.
    failed: Option<Attempt>,
    /// Whether the workflow comes from operations and not from a planner.
    edited: bool,
    /// Whether a model decided what the message means.
    by_model: bool,
    /// Answers to questions that have not been asked.
    ahead: Vec<(String, String)>,
    usage: Usage,
    run: Option<RunId>,
    approval: Option<ApprovalView>,
    pending: Option<Pending>,
    proposal: Option<DiffView>,
    interrupted: bool,
}

impl Turn {
    fn new(timezone: String, network_reads: bool, known: Known) -> Self {
        Self { timezone, network_reads, planner: known.planner, known, ..Self::default() }
    }
}

impl Conversation {
    /// A conversation in which nothing was said yet.
    pub fn new(caps: Caps) -> Self {
        Self { caps, thread: Thread::default(), phase: Phase::Idle, turn: Turn::default() }
    }

    /// The conversation that a thread's stored items tell of, in order.
    pub fn from_items(caps: Caps, items: &[ThreadEvent]) -> Self {
        let mut conversation = Self::new(caps);
        for stored in items {
            conversation.thread.apply(&stored.item.body);
        }
        conversation
    }

    /// Questions that wait for an answer.
    pub fn open_questions(&self) -> &[Question] {
        self.thread.open()
    }

    /// Whether the stored items end in a message that has no reply: [`Event::Resumed`] goes on with it.
    pub fn is_unfinished(&self) -> bool {
        self.thread.is_unfinished()
    }

    /// Whether a turn is under way.
    pub fn is_busy(&self) -> bool {
        self.phase != Phase::Idle
    }

    /// What models are told of what was said so far. Its size is bounded.
    pub fn digest(&self) -> Digest {
        self.thread.digest()
    }

    /// Takes an event. An event that nothing waits for, such as the late answer of a call that was given up, changes
    /// nothing and has no effects.
    pub fn handle(&mut self, event: Event) -> Vec<Effect> {
        match (event, std::mem::take(&mut self.phase)) {
            (Event::TurnPosted(posted), Phase::Idle) => self.begin(posted),
            (Event::Resumed(resumed), Phase::Idle) => self.resume(resumed),
            (Event::Understood(answer), Phase::Understanding { messages, tries }) => self.understood(answer, messages, tries),
            (Event::Loaded(loaded), Phase::Loading { workflow }) => self.loaded(&workflow, loaded),
            (Event::Retrieved(retrieved), Phase::Retrieving) => self.retrieved(retrieved),
            (Event::Planned { outcome, usage }, Phase::Planning) => self.planned(outcome, usage),
            (Event::Checked(checked), Phase::Checking { workflow }) => self.checked(workflow, checked),
            (Event::DryRan(report), Phase::DryRunning { workflow, checked }) => self.dry_ran(workflow, checked, report),
            (Event::Judged { differences, usage }, Phase::Judging { attempt }) => self.judged(attempt, differences, usage),
            (Event::Saved(draft), Phase::Saving) => self.saved(draft),
            (Event::Acted(acted), Phase::Acting { command }) => self.acted(&command, acted),
            (Event::Said(answer), Phase::Talking { plain }) => self.said(answer, plain),
            (Event::Interrupted, phase) if phase != Phase::Idle => self.interrupted(),
            (Event::Failed { message }, phase) if phase != Phase::Idle => self.failed(&phase, &message),
            (event, phase) => {
                tracing::warn!(event = event.name(), "an event came that the conversation does not wait for");
                self.phase = phase;
                Vec::new()
            }
        }
    }

    /// Puts an item into the thread: into the state at once, and into the store by the effect.
    fn record(&mut self, body: ItemBody) -> Effect {
        self.thread.apply(&body);
        Effect::Record(body)
    }
}
