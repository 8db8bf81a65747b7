//! The plan of a workflow: what the run core works from. Expressions are compiled, actions are looked up and the
//! edges between steps are explicit.

mod build;
mod edges;

pub use build::PlanError;

use crate::action::DynAction;
use crate::check::HandedOver;
use crate::expr::Template;
use crate::footprint::Guard;
use crate::ports::Redirects;
use indexmap::IndexMap;
use sayflow_protocol::workflow::{OnError, OnUnknown, When, Workflow};
use sayflow_protocol::{BlockName, Effect};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// A compiled workflow. Immutable and shared.
pub struct Plan {
    /// The document it was made from.
    pub workflow: Workflow,
    /// All lists of steps: the main one first, the failure steps second, then the groups.
    pub blocks: Vec<Block>,
    /// What the run hands back.
    pub outputs: Option<Template>,
    /// How long a run may take.
    pub timeout: Option<Duration>,
    /// The places that its steps may go to.
    pub guard: Guard,
    /// What its calls of other workflows hand over of outsiders' words.
    pub(crate) handed_over: HandedOver,
}

/// The place of a block in [`Plan::blocks`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BlockId(pub usize);

impl BlockId {
    /// The workflow's `steps`.
    pub const MAIN: Self = Self(0);
    /// The workflow's `on_failure`.
    pub const ON_FAILURE: Self = Self(1);

    /// The block that a key's path begins in.
    pub fn of_root(name: BlockName) -> Self {
        match name {
            BlockName::Main => Self::MAIN,
            BlockName::OnFailure => Self::ON_FAILURE,
        }
    }
}

/// A list of steps with the edges between them.
#[derive(Default)]
pub struct Block {
    /// In document order.
    pub steps: Vec<PlanStep>,
    /// Places by id.
    pub index: HashMap<String, usize>,
    /// What a group shows outside.
    pub outputs: Option<Template>,
}

/// One step, compiled.
pub struct PlanStep {
    /// Its id.
    pub id: String,
    /// What it does.
    pub work: Work,
    /// The places of the steps that must end first, `else_of` excepted.
    pub needs: Vec<usize>,
    /// The place of the step whose `if` must have been false.
    pub else_of: Option<usize>,
    /// The places of the steps that wait for this one, each once.
    pub dependents: Vec<usize>,
    /// What must be true of those that it needs.
    pub when: When,
    /// Its `if`.
    pub condition: Option<Template>,
    /// Its `for_each`.
    pub for_each: Option<Template>,
    /// Items at once, at least 1.
    pub concurrency: usize,
    /// Its `repeat`.
    pub repeat: Option<RepeatPlan>,
    /// Its `retry`.
    pub retry: RetryPlan,
    /// The longest an attempt (of a group: an instance) may take.
    pub timeout: Option<Duration>,
    /// What a failure does.
    pub on_error: OnError,
    /// What an unknown outcome does.
    pub on_unknown: OnUnknown,
    /// What the destination uses to recognise a repeat, where the document says so.
    pub idempotency_key: Option<Template>,
}

/// What a step does.
pub enum Work {
    /// It runs an action.
    Action(ActionCall),
    /// It runs a group.
    Group(BlockId),
}

/// An action with its parameters.
pub struct ActionCall {
    /// The action.
    pub action: Arc<dyn DynAction>,
    /// Its parameters by name.
    pub with: IndexMap<String, Param>,
    /// The credential's name, where the document says one.
    pub credential: Option<String>,
    /// What it does to the world with these parameters.
    pub effect: Effect,
    /// Whether doing it twice with these parameters is the same as doing it once.
    pub idempotent: bool,
    /// Whether the destination recognises a repeat by the idempotency key, so that sending it again with the same key is
    /// safe when nobody knows whether it arrived.
    pub takes_key: bool,
    /// Where a read may be redirected.
    pub redirects: Redirects,
}

/// A parameter.
pub enum Param {
    /// Filled in before the action runs.
    Value(Template),
    /// Handed over compiled and evaluated per item.
    Lambda(Template),
}

impl Param {
    /// The compiled value.
    pub fn template(&self) -> &Template {
        match self {
            Self::Value(template) | Self::Lambda(template) => template,
        }
    }
}

/// A compiled `repeat`.
pub struct RepeatPlan {
    /// Over `output` and `iteration`.
    pub until: Template,
    /// The pause between iterations.
    pub every: Duration,
    /// The most iterations, at least 1.
    pub max: u32,
}

/// A `retry` with its defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPlan {
    /// All attempts together, at least 1.
    pub max_attempts: u32,
    /// The first pause.
    pub backoff: Duration,
    /// The longest pause.
    pub max_backoff: Duration,
}

impl Plan {
    /// The block with an id.
    pub fn block(&self, id: BlockId) -> &Block {
        &self.blocks[id.0]
    }

    /// Whether there is a step at a place (`id` or `group/inner`), items and iterations left aside.
    pub fn has_step(&self, key: &sayflow_protocol::InstanceKey) -> bool {
        self.locate(key).is_some()
    }

    /// The place of a step, items and iterations left aside.
    pub fn locate(&self, key: &sayflow_protocol::InstanceKey) -> Option<(BlockId, usize)> {
        let mut block = BlockId::of_root(key.block);
        let (last, groups) = key.path.split_last()?;
        for segment in groups {
            let place = *self.block(block).index.get(&segment.step)?;
            match self.block(block).steps[place].work {
                Work::Group(inner) => block = inner,
                Work::Action(_) => return None,
            }
        }
        self.block(block).index.get(&last.step).map(|&place| (block, place))
    }

    /// Whether there are failure steps.
    pub fn handles_failure(&self) -> bool {
        !self.block(BlockId::ON_FAILURE).steps.is_empty()
    }
}
