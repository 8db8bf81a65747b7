//! What a run's journal says. An event is what happened; the state is the fold of the events. Events are data
//! that must still parse after an upgrade: fields are added, never renamed.

pub use crate::approval::{ApprovalDecision, ApprovalQuestion};
pub use crate::lineage::Lineage;

use crate::action::Effect;
use crate::id::{ApprovalId, RunId};
use crate::key::InstanceKey;
use crate::run::{RunError, RunStatus};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One thing that happened in a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// The run was accepted. Always the first event.
    RunCreated {
        /// The workflow's name.
        workflow: String,
        /// The activated version.
        version: Option<u32>,
        /// Whether writes are simulated.
        dry_run: bool,
        /// The inputs, with defaults filled in.
        inputs: Value,
        /// `{type, time, payload, headers}`.
        trigger: Value,
        /// How it hangs together with other runs; left out where it does not.
        #[serde(default, skip_serializing_if = "Lineage::is_alone")]
        lineage: Lineage,
        /// Whether it stops before each step until somebody says go on.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        stepwise: bool,
    },
    /// What an earlier run found out and this one does not do again. Follows the first event of a retried run.
    ResultsKept {
        /// By instance, in the order of the earlier journal.
        results: Vec<KeptResult>,
    },
    /// The first step may begin.
    RunStarted,
    /// An `if` was judged.
    ConditionDecided {
        /// The step.
        key: InstanceKey,
        /// Its value.
        value: bool,
        /// Whether a dry run could not know, so that both branches are shown.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        simulated: bool,
    },
    /// The list of a `for_each` is known.
    ItemsResolved {
        /// The step.
        key: InstanceKey,
        /// The items.
        items: Vec<Value>,
    },
    /// An attempt begins; durable before a write is sent.
    StepStarted {
        /// The instance.
        key: InstanceKey,
        /// From 1.
        attempt: u32,
        /// What the action does to the world.
        effect: Effect,
        /// What the destination uses to recognise a repeat.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        idempotency_key: Option<String>,
        /// The resolved parameters, shortened where they are large.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        input: Option<Value>,
    },
    /// An attempt ended well.
    StepSucceeded {
        /// The instance.
        key: InstanceKey,
        /// From 1.
        attempt: u32,
        /// What it handed back.
        output: Value,
        /// Whether a dry run made the output up.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        simulated: bool,
    },
    /// A unit of a step (the step, or one item of it) ended well in the run that this one retries, and is not done again.
    StepKept {
        /// The unit.
        key: InstanceKey,
        /// What it handed back then.
        output: Value,
    },
    /// An attempt ended badly.
    StepFailed {
        /// The instance.
        key: InstanceKey,
        /// From 1; 0 when it failed before an attempt could begin.
        attempt: u32,
        /// Why.
        error: RunError,
        /// When it is tried again, if it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_at: Option<Timestamp>,
    },
    /// A write was sent and got no definite answer.
    StepOutcomeUnknown {
        /// The instance.
        key: InstanceKey,
        /// From 1.
        attempt: u32,
        /// What is known.
        error: RunError,
    },
    /// Somebody, or the step's `on_unknown`, decided about an unknown outcome.
    UnknownResolved {
        /// The instance.
        key: InstanceKey,
        /// What is done.
        decision: UnknownDecision,
        /// Who decided; none when the step's `on_unknown` did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
    },
    /// A person has to decide before the step goes on.
    ApprovalRequested {
        /// The instance.
        key: InstanceKey,
        /// From 1; of the attempt that has not begun where a place is asked about.
        attempt: u32,
        /// The object that is decided about.
        approval: ApprovalId,
        /// What is asked.
        question: ApprovalQuestion,
    },
    /// It was decided, or nobody did in time.
    ApprovalDecided {
        /// The instance.
        key: InstanceKey,
        /// The object.
        approval: ApprovalId,
        /// How.
        decision: ApprovalDecision,
        /// Who; none when it expired.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
        /// What they said to it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        comment: Option<String>,
    },
    /// The step runs another workflow and waits for it. Durable before the other run is created.
    CallStarted {
        /// The instance.
        key: InstanceKey,
        /// From 1.
        attempt: u32,
        /// The other run.
        run: RunId,
        /// Its workflow.
        workflow: String,
        /// Its inputs.
        inputs: Value,
    },
    /// The step has nothing to do until a time.
    StepWaiting {
        /// The instance.
        key: InstanceKey,
        /// From 1.
        attempt: u32,
        /// Until when.
        until: Timestamp,
        /// What it hands back then.
        output: Value,
    },
    /// The `until` of a `repeat` was judged.
    UntilDecided {
        /// The instance of one iteration.
        key: InstanceKey,
        /// Whether it is over.
        done: bool,
        /// When the next iteration begins, if it is not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next_at: Option<Timestamp>,
    },
    /// The step was left out.
    StepSkipped {
        /// The step.
        key: InstanceKey,
        /// Why.
        reason: SkipReason,
    },
    /// A step that consists of several instances (a loop, a group) ended.
    StepFinished {
        /// The step or, for a group under a loop, its instance.
        key: InstanceKey,
        /// How it ended; `None` for well.
        error: Option<RunError>,
        /// A group's declared outputs; none for a loop, whose output is the list of its items' outputs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        output: Option<Value>,
    },
    /// An attempt was stopped because the run is being cancelled or ran out of time.
    StepCancelled {
        /// The instance.
        key: InstanceKey,
        /// From 1.
        attempt: u32,
    },
    /// `flow.respond` answered whoever started the run.
    Responded {
        /// The instance.
        key: InstanceKey,
        /// `{status, headers, body}`.
        response: Value,
    },
    /// Somebody asked for the run to rest: what is in flight ends, nothing new begins.
    PauseRequested {
        /// Who.
        by: String,
    },
    /// It goes on.
    ResumeRequested {
        /// Who.
        by: String,
    },
    /// A run that stops before each step may go on.
    Advanced {
        /// Who said so.
        by: String,
        /// How far.
        to: Advance,
    },
    /// Somebody asked for the run to stop.
    CancelRequested {
        /// Who.
        by: String,
    },
    /// The run, or a group, used up its time.
    TimedOut {
        /// The group's instance; the block's root for the run.
        key: InstanceKey,
    },
    /// The failure steps begin.
    FailureHandlingStarted {
        /// What they see as `error`.
        error: RunError,
    },
    /// The run ended. Always the last event.
    RunFinished {
        /// `succeeded`, `failed` or `cancelled`.
        status: RunStatus,
        /// Why it failed.
        error: Option<RunError>,
        /// What it hands back.
        outputs: Option<Value>,
    },
}

/// One thing that an earlier run found out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum KeptResult {
    /// What an `if` said.
    Condition {
        /// The step.
        key: InstanceKey,
        /// Its value.
        value: bool,
    },
    /// The list of a `for_each`.
    Items {
        /// The step.
        key: InstanceKey,
        /// The items.
        items: Vec<Value>,
    },
    /// What a unit handed back.
    Output {
        /// The step, or one item of it.
        key: InstanceKey,
        /// The output.
        output: Value,
    },
    /// A unit failed and the run went on (`on_error: continue`).
    Forgiven {
        /// The step, or one item of it.
        key: InstanceKey,
        /// Why it failed.
        error: RunError,
    },
}

/// How far a run that stops before each step goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Advance {
    /// One attempt of one step instance.
    Step,
    /// Until a step with this id is about to begin.
    Until(String),
    /// To the end.
    End,
}

/// What is done about an unknown outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnknownDecision {
    /// Send it again.
    Retry,
    /// Take it as done, with output null.
    Skip,
    /// Take it as failed.
    Fail,
}

/// Why a step was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// Its `if` was false.
    ConditionFalse,
    /// The step of its `else_of` ran.
    ElseNotTaken,
    /// All that it needs were skipped.
    NeedsSkipped,
    /// Its `when` does not hold, because of an earlier failure.
    WhenNotMet,
}

impl SkipReason {
    /// Whether steps that need this one go on as if it were not there.
    pub fn is_neutral(self) -> bool {
        !matches!(self, Self::WhenNotMet)
    }

    /// A few words for people.
    pub fn describe(self) -> &'static str {
        match self {
            Self::ConditionFalse => "its condition was false",
            Self::ElseNotTaken => "the other branch was taken",
            Self::NeedsSkipped => "everything it needs was skipped",
            Self::WhenNotMet => "a step it needs did not end as required",
        }
    }
}

/// An event with its place in the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RecordedEvent {
    /// From 1, without gaps within one run.
    pub seq: u64,
    /// The run.
    pub run: RunId,
    /// When.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}
