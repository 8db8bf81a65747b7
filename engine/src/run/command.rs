//! What must be done now. A command is not journalled; the event that it leads to is.

use sayflow_protocol::{Event, InstanceKey};
use serde_json::Value;

/// One thing to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Journal a decision that follows from what is known.
    Record(Event),
    /// Answer a question with the expressions of the plan, and journal the answer.
    Evaluate(Question),
    /// Begin an attempt: resolve the parameters, journal the intent, run the action.
    Execute {
        /// The instance.
        key: InstanceKey,
        /// From 1.
        attempt: u32,
    },
    /// Stop an attempt that is in flight and journal how it ended.
    Abort {
        /// The instance.
        key: InstanceKey,
    },
}

/// What an expression has to decide.
#[derive(Debug, Clone, PartialEq)]
pub enum Question {
    /// The `if` of a step; answered with `ConditionDecided`.
    Condition(InstanceKey),
    /// The list of a `for_each`; answered with `ItemsResolved`.
    Items(InstanceKey),
    /// The `until` of an iteration that ended with this output; answered with `UntilDecided`.
    Until {
        /// The instance of the iteration.
        key: InstanceKey,
        /// What it handed back.
        output: Value,
    },
    /// The declared outputs of a group instance; answered with `StepFinished`.
    GroupOutputs(InstanceKey),
    /// The outputs of the run; answered with `RunFinished`.
    RunOutputs,
}
