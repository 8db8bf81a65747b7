//! The pure core of a run: events in, commands out. It reads no clock, no randomness, no disk and no network; time
//! and ids come in with the events. Folding a journal and driving a run go through the same [`RunState::apply`], so
//! that a restart needs no special path.

mod apply;
mod asking;
mod ending;
mod frame;
mod halt;
mod instances;
mod judge;
mod kept;
mod pace;
mod scope;
mod wanted;

pub use frame::{End, Frame, LoopState, Stage, StepState};

use crate::plan::{Plan, PlanStep};
use crate::run::command::Command;
use instances::{Class, InstanceStage, Instances};
use jiff::Timestamp;
use kept::Kept;
use pace::Pace;
use sayflow_protocol::event::{ApprovalDecision, Lineage};
use sayflow_protocol::run::OpenPoint;
use sayflow_protocol::{ApprovalId, BlockName, Effect, Event, FootprintEntry, InstanceKey, RunError, RunId, RunStatus};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

/// An event that cannot follow what the journal says so far.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the journal does not fit the run: {0}")]
pub struct Illegal(pub String);

/// The state of a run: the fold of its events.
pub struct RunState {
    plan: Arc<Plan>,
    phase: Phase,
    status: RunStatus,
    dry_run: bool,
    inputs: Arc<Value>,
    trigger: Arc<Value>,
    lineage: Lineage,
    kept: Kept,
    pace: Pace,
    /// Places outside the footprint that a person approved in this run.
    widened: Vec<FootprintEntry>,
    error: Option<RunError>,
    outputs: Option<Value>,
    response: Option<Value>,
    created: Option<Timestamp>,
    started: Option<Timestamp>,
    ended: Option<Timestamp>,
    /// The time of the latest event: the only time that the core knows.
    clock: Timestamp,
    frames: HashMap<InstanceKey, Frame>,
    instances: Instances,
    timers: BTreeSet<(Timestamp, InstanceKey)>,
    halts: Vec<Halt>,
    queue: VecDeque<Command>,
}

/// Which part of a run is in progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    New,
    Created,
    Main,
    /// The main steps ended badly and the failure steps are about to begin.
    BeforeFailureSteps,
    OnFailure,
    /// Everything ended; the ending is to be journalled.
    Closing,
    Ended,
}

/// A part of the run that is being stopped: what is in flight below `key` is waited for.
#[derive(Debug, Clone)]
struct Halt {
    key: InstanceKey,
    /// `None` when a person cancels the whole run.
    error: Option<RunError>,
    draining: BTreeSet<InstanceKey>,
}

impl RunState {
    /// A run of which nothing is known yet.
    pub fn new(plan: Arc<Plan>) -> Self {
        Self {
            plan,
            phase: Phase::New,
            status: RunStatus::Queued,
            dry_run: false,
            inputs: Arc::new(Value::Null),
            trigger: Arc::new(Value::Null),
            lineage: Lineage::default(),
            kept: Kept::default(),
            pace: Pace::default(),
            widened: Vec::new(),
            error: None,
            outputs: None,
            response: None,
            created: None,
            started: None,
            ended: None,
            clock: Timestamp::UNIX_EPOCH,
            frames: HashMap::new(),
            instances: Instances::default(),
            timers: BTreeSet::new(),
            halts: Vec::new(),
            queue: VecDeque::new(),
        }
    }

    /// The plan that is run.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// Where the run stands.
    pub fn status(&self) -> RunStatus {
        if self.status != RunStatus::Running {
            return self.status;
        }
        let count = |class| self.instances.count(class);
        // Attempts that are held back are ready too.
        let begins = count(Class::Ready) > self.pace.held_attempts();
        if begins || count(Class::Busy) > 0 || !self.halts.is_empty() || self.queue.iter().any(|command| self.is_wanted(command)) {
            return RunStatus::Running;
        }
        if self.pace.holds_something() || count(Class::Unknown) + count(Class::Asking) > 0 {
            return RunStatus::Paused;
        }
        if self.pace.is_paused() {
            return RunStatus::Paused;
        }
        if count(Class::Timed) + count(Class::Calling) > 0 { RunStatus::Waiting } else { RunStatus::Running }
    }

    /// Whether writes are simulated.
    pub fn is_dry_run(&self) -> bool {
        self.dry_run
    }

    /// Why the run failed, if it did.
    pub fn error(&self) -> Option<&RunError> {
        self.error.as_ref()
    }

    /// What the run handed back.
    pub fn outputs(&self) -> Option<&Value> {
        self.outputs.as_ref()
    }

    /// What `flow.respond` answered.
    pub fn response(&self) -> Option<&Value> {
        self.response.as_ref()
    }

    /// The `type` of what started the run.
    pub fn trigger_kind(&self) -> &str {
        self.trigger.get("type").and_then(Value::as_str).unwrap_or("manual")
    }

    /// How it hangs together with other runs.
    pub fn lineage(&self) -> &Lineage {
        &self.lineage
    }

    /// Places outside the footprint that a person approved in this run.
    pub fn widened(&self) -> &[FootprintEntry] {
        &self.widened
    }

    /// When it was accepted, began and ended.
    pub fn times(&self) -> (Option<Timestamp>, Option<Timestamp>, Option<Timestamp>) {
        (self.created, self.started, self.ended)
    }

    /// The frame of a block or group instance.
    pub fn frame(&self, key: &InstanceKey) -> Option<&Frame> {
        self.frames.get(key)
    }

    /// Whether an instance of the step with this key or below it has an unknown outcome.
    pub(crate) fn has_unknown(&self, key: &InstanceKey) -> bool {
        self.instances.count(Class::Unknown) > 0
            && self.instances.iter().any(|(at, instance)| at.step_key() == *key && matches!(instance.stage(), InstanceStage::Unknown(_)))
    }

    /// Whether every live instance of the step is only waiting: for a time, a person or another run.
    pub(crate) fn is_waiting(&self, key: &InstanceKey) -> bool {
        let mut stages = self.instances.iter().filter(|(at, _)| at.step_key() == *key).map(|(_, instance)| instance.stage()).peekable();
        let waits = |stage: &InstanceStage| {
            matches!(stage, InstanceStage::Waiting(..) | InstanceStage::Paused(_) | InstanceStage::Asking(..) | InstanceStage::Calling(..))
        };
        stages.peek().is_some() && stages.all(waits)
    }

    /// Whether the next attempt of an instance may begin.
    pub(crate) fn expects_attempt(&self, key: &InstanceKey) -> bool {
        self.instances.stage(key) == Some(&InstanceStage::Ready)
    }

    /// The object that an instance asks about, if it does.
    pub(crate) fn asks(&self, key: &InstanceKey) -> Option<&ApprovalId> {
        match self.instances.stage(key)? {
            InstanceStage::Asking(approval, _) => Some(approval),
            _ => None,
        }
    }

    /// The attempt that an instance is in.
    pub(crate) fn attempt_of(&self, key: &InstanceKey) -> u32 {
        self.instances.get(key).map_or(0, |instance| instance.attempt)
    }

    /// Whether the outcome of an instance is unknown.
    pub(crate) fn is_unknown(&self, key: &InstanceKey) -> bool {
        matches!(self.instances.stage(key), Some(InstanceStage::Unknown(_)))
    }

    /// Whether an instance is being stopped.
    pub(crate) fn is_halted(&self, key: &InstanceKey) -> bool {
        self.was_halted(key)
    }

    /// Whether a person has asked for the run to stop.
    pub(crate) fn is_being_cancelled(&self) -> bool {
        self.halts.iter().any(|halt| halt.error.is_none())
    }

    /// Whether somebody paused the run.
    pub(crate) fn is_paused(&self) -> bool {
        self.pace.is_paused()
    }

    /// Whether the run stops before each step.
    pub(crate) fn is_stepwise(&self) -> bool {
        self.pace.is_stepwise()
    }

    /// The runs that instances wait for: instance, run, workflow.
    pub(crate) fn calls(&self) -> Vec<(InstanceKey, RunId, String)> {
        if self.instances.count(Class::Calling) == 0 {
            return Vec::new();
        }
        let mut calls: Vec<_> = self
            .instances
            .iter()
            .filter_map(|(key, instance)| match instance.stage() {
                InstanceStage::Calling(run, workflow) => Some((key.clone(), run.clone(), workflow.clone())),
                _ => None,
            })
            .collect();
        calls.sort();
        calls
    }

    /// Whether somebody is asked anything.
    pub(crate) fn is_asking(&self) -> bool {
        self.instances.count(Class::Asking) > 0
    }

    /// What has to happen from outside before the run goes on.
    pub fn open_points(&self) -> Vec<OpenPoint> {
        let mut points = self.pace.open_points();
        let open = |_: &InstanceKey, instance: &instances::Instance| {
            matches!(instance.stage(), InstanceStage::Unknown(_) | InstanceStage::Asking(..) | InstanceStage::Calling(..))
        };
        for step in self.instances.keys_where(open) {
            points.extend(match self.instances.stage(&step) {
                Some(InstanceStage::Unknown(error)) => Some(OpenPoint::Unknown { step, error: error.clone() }),
                Some(InstanceStage::Asking(approval, question)) => {
                    Some(OpenPoint::Approval { step, approval: approval.clone(), question: (**question).clone() })
                }
                Some(InstanceStage::Calling(run, workflow)) => Some(OpenPoint::Call { step, run: run.clone(), workflow: workflow.clone() }),
                _ => None,
            });
        }
        points
    }

    /// The moment at which [`Self::next`] will have something to do by itself.
    pub fn next_wake(&self) -> Option<Timestamp> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// Whether the step is about to begin and held back.
    pub(crate) fn is_held_back(&self, key: &InstanceKey) -> bool {
        self.pace.holds(key)
    }

    /// What must be done now. Draining it costs what was added since the last time.
    pub fn next(&mut self, now: Timestamp) -> Vec<Command> {
        self.ring_timers(now);
        let mut commands = Vec::with_capacity(self.queue.len());
        while let Some(command) = self.queue.pop_front() {
            if self.is_wanted(&command)
                && let Some(command) = self.pace.pass(command)
            {
                commands.push(command);
            }
        }
        commands
    }

    /// Holds back what may not begin yet at a time, as [`Self::next`] does, and leaves the rest where it is: for looking at
    /// a journal that was folded.
    pub(super) fn hold_back(&mut self, now: Timestamp) {
        self.ring_timers(now);
        for command in std::mem::take(&mut self.queue) {
            if self.is_wanted(&command)
                && let Some(command) = self.pace.pass(command)
            {
                self.queue.push_back(command);
            }
        }
    }

    /// After a journal was folded: attempts that were in flight when the process died are begun again where that
    /// cannot do harm, and reported as unknown where it can. `is_idempotent` tells for an instance whether doing it
    /// twice is the same as doing it once.
    pub fn recover(&mut self, is_idempotent: impl Fn(&PlanStep) -> bool) {
        let in_flight = self.instances.keys_where(|_, instance| *instance.stage() == InstanceStage::Running);
        // How they ended is journalled below; there is nothing left to stop.
        self.queue.retain(|command| !matches!(command, Command::Abort { key } if in_flight.binary_search(key).is_ok()));
        for key in in_flight {
            let Some(step) = self.plan_step(&key) else { continue };
            let repeatable = is_idempotent(step);
            let Some((attempt, effect)) = self.instances.get(&key).map(|instance| (instance.attempt, instance.effect)) else { continue };
            if effect == Effect::Write && !repeatable {
                let error = RunError {
                    code: "outcome_unknown".into(),
                    message: "Sayflow stopped while this write was under way; it may or may not have happened".into(),
                    step: Some(key.to_string()),
                    help: Some("look at the destination, then retry, skip or fail the step".into()),
                };
                self.queue.push_back(Command::Record(Event::StepOutcomeUnknown { key, attempt, error }));
            } else if self.was_halted(&key) {
                // It is being stopped: nothing of it is in flight any more.
                self.queue.push_back(Command::Record(Event::StepCancelled { key, attempt }));
            } else {
                self.instances.set_stage(&key, InstanceStage::Ready);
                // Whoever let the attempt begin has let this one begin.
                self.pace.give_back();
                self.queue.push_back(Command::Execute { key, attempt: attempt + 1 });
            }
        }
    }

    /// The plan's step of an instance.
    pub fn plan_step(&self, key: &InstanceKey) -> Option<&PlanStep> {
        let frame = self.frames.get(&key.parent())?;
        let block = self.plan.block(frame.block);
        block.index.get(key.step_id()).map(|&place| &block.steps[place])
    }

    /// Fires what is due.
    fn ring_timers(&mut self, now: Timestamp) {
        while let Some((at, key)) = self.timers.first().cloned() {
            if at > now {
                return;
            }
            self.timers.pop_first();
            if key.path.is_empty() {
                self.queue.push_back(Command::Record(Event::TimedOut { key }));
                continue;
            }
            let Some(instance) = self.instances.get(&key) else { continue };
            let attempt = instance.attempt;
            match instance.stage() {
                InstanceStage::Paused(_) => self.begin_instance(&key, at),
                InstanceStage::Waiting(_, output) => {
                    let output = output.clone();
                    self.queue.push_back(Command::Record(Event::StepSucceeded { key, attempt, output, simulated: false }));
                }
                InstanceStage::Asking(approval, _) => self.queue.push_back(Command::Record(Event::ApprovalDecided {
                    approval: approval.clone(),
                    key,
                    decision: ApprovalDecision::Expired,
                    by: None,
                    comment: None,
                })),
                InstanceStage::Group(Some(deadline)) if *deadline <= now => {
                    self.queue.push_back(Command::Record(Event::TimedOut { key }));
                }
                _ => {}
            }
        }
    }

    fn step_state(&self, step_key: &InstanceKey) -> Option<&StepState> {
        let frame = self.frames.get(&step_key.parent())?;
        let place = *self.plan.block(frame.block).index.get(step_key.step_id())?;
        frame.steps.get(place)
    }

    fn step_state_mut(&mut self, step_key: &InstanceKey) -> Option<&mut StepState> {
        let frame = self.frames.get_mut(&step_key.parent())?;
        let place = *self.plan.block(frame.block).index.get(step_key.step_id())?;
        frame.steps.get_mut(place)
    }

    /// The place of a step in its frame, with the frame's key.
    fn locate(&self, key: &InstanceKey) -> Result<(InstanceKey, usize), Illegal> {
        let parent = key.parent();
        let frame = self.frames.get(&parent).ok_or_else(|| Illegal(format!("\"{key}\" is not in progress")))?;
        let place = self.plan.block(frame.block).index.get(key.step_id());
        let place = *place.ok_or_else(|| Illegal(format!("the workflow has no step \"{key}\"")))?;
        Ok((parent, place))
    }

    fn root_key(&self) -> InstanceKey {
        InstanceKey::root(if self.phase == Phase::OnFailure { BlockName::OnFailure } else { BlockName::Main })
    }
}
