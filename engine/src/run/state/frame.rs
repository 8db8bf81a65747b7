//! The state of one list of steps while it runs.

use crate::plan::BlockId;
use jiff::Timestamp;
use sayflow_protocol::{RunError, event::SkipReason};
use serde_json::Value;
use std::sync::Arc;

/// One instance of a block: the main steps, the failure steps, or a group instance.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Which block.
    pub block: BlockId,
    /// The state of its steps, in document order.
    pub steps: Vec<StepState>,
    /// How many steps have not ended.
    pub open: usize,
    /// The first failure in it.
    pub failed: Option<RunError>,
}

/// The state of a step as a whole.
#[derive(Debug, Clone)]
pub struct StepState {
    /// How far it is.
    pub stage: Stage,
    /// How many of the steps before it have not ended.
    pub waiting_on: usize,
    /// What its `if` said.
    pub condition: Option<bool>,
    /// Whether a dry run could not know what the `if` says, so that both branches are shown.
    pub undetermined: bool,
    /// Its loop, under `for_each`.
    pub items: Option<LoopState>,
    /// What it handed back.
    pub output: Arc<Value>,
    /// Why it failed; set under `on_error: continue` too.
    pub error: Option<RunError>,
    /// Whether the output was made up by a dry run.
    pub simulated: bool,
    /// Attempts of the step or, under a loop, of all its instances.
    pub attempts: u32,
    /// When its first attempt began.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
}

/// How far a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Steps before it have not ended.
    Pending,
    /// Its `if` is being judged.
    Judging,
    /// Its list is being resolved.
    Resolving,
    /// Instances are in progress.
    Active,
    /// All instances have ended; the ending is to be journalled.
    Closing,
    /// It ended.
    Ended(End),
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Well.
    Succeeded,
    /// Badly, and the run goes on as if well (`on_error: continue`).
    Forgiven,
    /// Badly.
    Failed,
    /// It was left out.
    Skipped(SkipReason),
    /// It was stopped.
    Cancelled,
}

impl End {
    /// Whether it counts as a success for those that need it.
    pub fn counts_as_success(self) -> bool {
        matches!(self, Self::Succeeded | Self::Forgiven)
    }

    /// Whether it counts as a failure for those that need it: it failed, or could not run because of one.
    pub fn counts_as_failure(self) -> bool {
        matches!(self, Self::Failed | Self::Cancelled | Self::Skipped(SkipReason::WhenNotMet))
    }

    /// Whether those that need it go on as if it were not there.
    pub fn is_neutral(self) -> bool {
        matches!(self, Self::Skipped(reason) if reason.is_neutral())
    }
}

/// The state of a `for_each`.
#[derive(Debug, Clone)]
pub struct LoopState {
    /// The items.
    pub items: Arc<Vec<Value>>,
    /// The place of the next item to begin.
    pub next: usize,
    /// How many are in progress.
    pub active: usize,
    /// Outputs in input order; null until the item ended.
    pub outputs: Vec<Value>,
    /// How many ended well.
    pub succeeded: u32,
    /// How many ended badly.
    pub failed: u32,
    /// The first failure that is not forgiven: no further item begins.
    pub error: Option<RunError>,
}

impl LoopState {
    /// A loop that has not begun.
    pub fn new(items: Vec<Value>) -> Self {
        let count = items.len();
        Self { items: Arc::new(items), next: 0, active: 0, outputs: vec![Value::Null; count], succeeded: 0, failed: 0, error: None }
    }

    /// Whether another item may begin.
    pub fn has_next(&self) -> bool {
        self.error.is_none() && self.next < self.items.len()
    }
}

impl Frame {
    /// A frame in which nothing has begun; `waiting` gives for each step how many come before it.
    pub fn new(block: BlockId, waiting: impl Iterator<Item = usize>) -> Self {
        let steps: Vec<StepState> = waiting.map(StepState::new).collect();
        Self { block, open: steps.len(), steps, failed: None }
    }
}

impl StepState {
    fn new(waiting_on: usize) -> Self {
        Self {
            stage: Stage::Pending,
            waiting_on,
            condition: None,
            undetermined: false,
            items: None,
            output: Arc::new(Value::Null),
            error: None,
            simulated: false,
            attempts: 0,
            started: None,
            ended: None,
        }
    }

    /// How it ended, if it has.
    pub fn end(&self) -> Option<End> {
        match self.stage {
            Stage::Ended(end) => Some(end),
            _ => None,
        }
    }
}
