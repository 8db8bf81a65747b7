//! The pure core of a run: events in, commands out. It reads no clock, no randomness, no disk and no network; time
//! and ids come in with the events. Folding a journal and driving a run go through the same [`RunState::apply`], so
//! that a restart needs no special path.

mod apply;
mod ending;
mod frame;
mod halt;
mod judge;
mod scope;

pub use frame::{End, Frame, LoopState, Stage, StepState};

use crate::plan::{Plan, PlanStep};
use crate::run::command::{Command, Question};
use jiff::Timestamp;
use sayflow_protocol::{BlockName, Effect, Event, InstanceKey, RunError, RunStatus};
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
    error: Option<RunError>,
    outputs: Option<Value>,
    response: Option<Value>,
    created: Option<Timestamp>,
    started: Option<Timestamp>,
    ended: Option<Timestamp>,
    /// The time of the latest event: the only time that the core knows.
    clock: Timestamp,
    frames: HashMap<InstanceKey, Frame>,
    instances: HashMap<InstanceKey, Instance>,
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

/// An instance that is in progress: one attempt series of an action, or a running group instance.
#[derive(Debug, Clone)]
struct Instance {
    attempt: u32,
    stage: InstanceStage,
    effect: Effect,
}

#[derive(Debug, Clone, PartialEq)]
enum InstanceStage {
    /// An attempt should begin.
    Ready,
    /// An attempt is in flight.
    Running,
    /// Between attempts or iterations.
    Paused(Timestamp),
    /// Until a time; then it is done with the output.
    Waiting(Timestamp, Value),
    /// A write whose outcome nobody knows.
    Unknown(RunError),
    /// It ended well and its `until` is being judged.
    JudgingUntil(Value),
    /// A group instance: its frame is in progress.
    Group(Option<Timestamp>),
    /// A group instance whose outputs are being evaluated.
    GroupClosing,
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
            error: None,
            outputs: None,
            response: None,
            created: None,
            started: None,
            ended: None,
            clock: Timestamp::UNIX_EPOCH,
            frames: HashMap::new(),
            instances: HashMap::new(),
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
        let stages = || self.instances.values().map(|instance| &instance.stage);
        let active = stages().any(|stage| matches!(stage, InstanceStage::Ready | InstanceStage::Running));
        if active || self.queue.iter().any(|command| self.is_wanted(command)) {
            return RunStatus::Running;
        }
        if stages().any(|stage| matches!(stage, InstanceStage::Unknown(_))) {
            return RunStatus::Paused;
        }
        if stages().any(|stage| matches!(stage, InstanceStage::Waiting(..) | InstanceStage::Paused(_))) {
            return RunStatus::Waiting;
        }
        RunStatus::Running
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
        self.instances.iter().any(|(at, instance)| at.step_key() == *key && matches!(instance.stage, InstanceStage::Unknown(_)))
    }

    /// Whether every live instance of the step is only waiting for a time.
    pub(crate) fn is_waiting(&self, key: &InstanceKey) -> bool {
        let mut stages = self.instances.iter().filter(|(at, _)| at.step_key() == *key).map(|(_, instance)| &instance.stage).peekable();
        stages.peek().is_some() && stages.all(|stage| matches!(stage, InstanceStage::Waiting(..) | InstanceStage::Paused(_)))
    }

    /// Whether the next attempt of an instance may begin.
    pub(crate) fn expects_attempt(&self, key: &InstanceKey) -> bool {
        self.instances.get(key).is_some_and(|instance| instance.stage == InstanceStage::Ready)
    }

    /// The moment at which [`Self::next`] will have something to do by itself.
    pub fn next_wake(&self) -> Option<Timestamp> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// What must be done now. Draining it costs what was added since the last time.
    pub fn next(&mut self, now: Timestamp) -> Vec<Command> {
        self.ring_timers(now);
        let mut commands = Vec::with_capacity(self.queue.len());
        while let Some(command) = self.queue.pop_front() {
            if self.is_wanted(&command) {
                commands.push(command);
            }
        }
        commands
    }

    /// After a journal was folded: attempts that were in flight when the process died are begun again where that
    /// cannot do harm, and reported as unknown where it can. `is_idempotent` tells for an instance whether doing it
    /// twice is the same as doing it once.
    pub fn recover(&mut self, is_idempotent: impl Fn(&PlanStep) -> bool) {
        let mut keys: Vec<InstanceKey> =
            self.instances.iter().filter(|(_, instance)| instance.stage == InstanceStage::Running).map(|(key, _)| key.clone()).collect();
        keys.sort();
        for key in keys {
            let Some(step) = self.plan_step(&key) else { continue };
            let repeatable = is_idempotent(step);
            let Some(instance) = self.instances.get_mut(&key) else { continue };
            let attempt = instance.attempt;
            if instance.effect == Effect::Write && !repeatable {
                let error = RunError {
                    code: "outcome_unknown".into(),
                    message: "Sayflow stopped while this write was under way; it may or may not have happened".into(),
                    step: Some(key.to_string()),
                    help: Some("look at the destination, then retry, skip or fail the step".into()),
                };
                self.queue.push_back(Command::Record(Event::StepOutcomeUnknown { key, attempt, error }));
            } else {
                instance.stage = InstanceStage::Ready;
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

    /// Whether a queued command still has something to do: while a journal is folded, later events answer the
    /// commands of earlier ones.
    pub(crate) fn is_wanted(&self, command: &Command) -> bool {
        let stage_of = |key: &InstanceKey| self.step_state(&key.step_key()).map(|state| state.stage);
        let instance_stage = |key: &InstanceKey| self.instances.get(key).map(|instance| &instance.stage);
        match command {
            Command::Evaluate(Question::Condition(key)) => stage_of(key) == Some(Stage::Judging),
            Command::Evaluate(Question::Items(key)) => stage_of(key) == Some(Stage::Resolving),
            Command::Evaluate(Question::Until { key, .. }) => matches!(instance_stage(key), Some(InstanceStage::JudgingUntil(_))),
            Command::Evaluate(Question::GroupOutputs(key)) => matches!(instance_stage(key), Some(InstanceStage::GroupClosing)),
            Command::Evaluate(Question::RunOutputs) => self.phase == Phase::Closing,
            Command::Execute { key, attempt } => {
                self.instances.get(key).is_some_and(|i| i.stage == InstanceStage::Ready && *attempt == i.attempt + 1)
            }
            Command::Abort { key } => self.instances.contains_key(key),
            Command::Record(event) => self.is_news(event, &stage_of, &instance_stage),
        }
    }

    fn is_news<'a>(
        &self,
        event: &Event,
        stage_of: &dyn Fn(&InstanceKey) -> Option<Stage>,
        instance_stage: &dyn Fn(&InstanceKey) -> Option<&'a InstanceStage>,
    ) -> bool {
        match event {
            Event::RunStarted => self.phase == Phase::Created,
            Event::RunFinished { .. } => self.phase == Phase::Closing,
            Event::FailureHandlingStarted { .. } => self.phase == Phase::BeforeFailureSteps,
            Event::StepSkipped { key, .. } => stage_of(key) == Some(Stage::Pending),
            Event::StepFinished { key, .. } => {
                stage_of(key) == Some(Stage::Closing) || matches!(instance_stage(key), Some(InstanceStage::GroupClosing))
            }
            Event::StepOutcomeUnknown { key, .. } => instance_stage(key) == Some(&InstanceStage::Running),
            Event::UnknownResolved { key, .. } => matches!(instance_stage(key), Some(InstanceStage::Unknown(_))),
            Event::StepSucceeded { key, .. } => matches!(instance_stage(key), Some(InstanceStage::Waiting(..))),
            _ => true,
        }
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
            let Some(instance) = self.instances.get_mut(&key) else { continue };
            match instance.stage.clone() {
                InstanceStage::Paused(_) => self.begin_instance(&key, at),
                InstanceStage::Waiting(_, output) => {
                    let attempt = instance.attempt;
                    self.queue.push_back(Command::Record(Event::StepSucceeded { key, attempt, output, simulated: false }));
                }
                InstanceStage::Group(Some(deadline)) if deadline <= now => {
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
