//! The conversation: a machine. An event goes in, the state changes, a list of effects comes out; whoever hosts it
//! carries the effects out and brings back what came of them as the next event.
//!
//! ```text
//! TurnPosted -> Record*, Retrieve      Retrieved -> Plan
//! Planned    -> Check | Record*, End   Checked   -> DryRun | Plan (repair) | SaveDraft
//! DryRan     -> SaveDraft | Plan       Saved     -> Record, End
//! Failed     -> Record, End
//! ```
//!
//! It reads no clock, no randomness, no disk and no network. All that it knows of a thread is a fold of the thread's
//! stored items ([`Conversation::from_items`]), so that after a restart [`Event::Resumed`] goes on with what was left
//! unfinished. Each behaviour is one file.

mod begin;
mod caps;
mod checked;
mod digest;
mod dry_ran;
mod effect;
mod event;
mod failed;
mod finish;
mod intent;
mod planned;
mod retrieved;
mod small_talk;
mod thread;

pub use caps::Caps;
pub use digest::{Digest, Said, Who};
pub use effect::{DraftParts, Effect, PlanInput, PlannerKind, TurnOutcome};
pub use finish::say_back;
pub use event::{CheckOutcome, Event, Resumed, TurnPosted};

use crate::retrieval::Retrieved;
use sayflow_protocol::api::{ItemBody, Question, ThreadEvent, Usage};
use sayflow_protocol::{Diagnostic, Workflow};
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
    /// [`Event::Retrieved`].
    Retrieving,
    /// [`Event::Planned`].
    Planning,
    /// [`Event::Checked`].
    Checking { workflow: Workflow },
    /// [`Event::DryRan`].
    DryRunning { workflow: Workflow, checked: CheckOutcome },
    /// [`Event::Saved`].
    Saving,
}

/// What is known of the turn under way and not stored: a restart begins it anew.
#[derive(Debug, Clone, Default)]
struct Turn {
    timezone: String,
    network_reads: bool,
    retrieved: Retrieved,
    /// What the planner took for granted.
    notes: Vec<String>,
    /// Plans asked for.
    rounds: u32,
    /// Those of them that were repairs.
    repairs: u32,
    /// The findings that the last repair was to mend.
    mending: Vec<Diagnostic>,
    /// Answers to questions that have not been asked.
    ahead: Vec<(String, String)>,
    usage: Usage,
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

    /// Takes an event. An event that nothing waits for, such as the late answer of a call that was given up, changes
    /// nothing and has no effects.
    pub fn handle(&mut self, event: Event) -> Vec<Effect> {
        match (event, std::mem::take(&mut self.phase)) {
            (Event::TurnPosted(posted), Phase::Idle) => self.begin(posted),
            (Event::Resumed(resumed), Phase::Idle) => self.resume(resumed),
            (Event::Retrieved(retrieved), Phase::Retrieving) => self.retrieved(retrieved),
            (Event::Planned { outcome, usage }, Phase::Planning) => self.planned(outcome, usage),
            (Event::Checked(checked), Phase::Checking { workflow }) => self.checked(workflow, checked),
            (Event::DryRan(report), Phase::DryRunning { workflow, checked }) => self.dry_ran(workflow, checked, report),
            (Event::Saved(draft), Phase::Saving) => self.saved(draft),
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
