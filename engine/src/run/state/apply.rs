//! What each event does to the state.

use super::instances::{Instance, InstanceStage};
use super::{Illegal, LoopState, Phase, RunState, Stage};
use crate::run::command::{Command, Question};
use jiff::Timestamp;
use sayflow_protocol::event::{SkipReason, UnknownDecision};
use sayflow_protocol::{BlockName, Event, InstanceKey, RecordedEvent, RunError, RunStatus};
use serde_json::Value;
use std::sync::Arc;

impl RunState {
    /// Takes in what happened.
    ///
    /// # Errors
    /// When the event cannot follow what came before; the state is then not to be used any more.
    pub fn apply(&mut self, recorded: &RecordedEvent) -> Result<(), Illegal> {
        self.ring_timers(recorded.at);
        self.clock = recorded.at;
        match &recorded.event {
            Event::RunCreated { dry_run, inputs, trigger, lineage, stepwise, .. } => {
                self.lineage = lineage.clone();
                if *stepwise {
                    self.pace.go_stepwise();
                }
                self.created(*dry_run, inputs, trigger)
            }
            Event::ResultsKept { results } if self.phase == Phase::Created => {
                self.kept.take_in(results);
                Ok(())
            }
            Event::ResultsKept { .. } => Err(Illegal("results are kept before a run begins".into())),
            Event::RunStarted => self.begun(),
            Event::ConditionDecided { key, value, simulated } => self.condition_decided(key, *value, *simulated),
            Event::ItemsResolved { key, items } => self.items_resolved(key, items),
            Event::StepStarted { key, attempt, effect, .. } => self.attempt_started(key, *attempt, *effect),
            Event::StepSucceeded { key, output, simulated, .. } => self.attempt_succeeded(key, output, *simulated),
            Event::StepFailed { key, attempt, error, retry_at } => match retry_at {
                Some(at) => self.attempt_paused(key, *attempt, *at),
                None => self.attempt_failed(key, error),
            },
            Event::StepOutcomeUnknown { key, attempt, error } => self.outcome_unknown(key, *attempt, error),
            Event::UnknownResolved { key, decision, .. } => self.unknown_resolved(key, *decision),
            Event::StepWaiting { key, attempt, until, output } => {
                self.rest(key, *attempt, InstanceStage::Waiting(*until, output.clone()), Some(*until))
            }
            Event::StepKept { key, output } => self.kept_output(key, output),
            Event::ApprovalRequested { key, attempt, approval, question } => self.approval_requested(key, *attempt, approval, question),
            Event::ApprovalDecided { key, approval, decision, by, comment } => {
                self.approval_decided(key, approval, *decision, by.as_deref(), comment.as_deref())
            }
            Event::CallStarted { key, attempt, run, workflow, .. } => {
                self.rest(key, *attempt, InstanceStage::Calling(run.clone(), workflow.clone()), None)
            }
            Event::UntilDecided { key, done, next_at } => self.until_decided(key, *done, *next_at),
            Event::StepSkipped { key, reason } => self.skipped(key, *reason),
            Event::StepFinished { key, error, output } => self.finished(key, error.as_ref(), output.as_ref()),
            Event::StepCancelled { key, .. } => self.attempt_cancelled(key),
            Event::Responded { response, .. } => {
                self.response = Some(response.clone());
                Ok(())
            }
            Event::PauseRequested { by } => {
                self.pace.pause(by);
                Ok(())
            }
            Event::ResumeRequested { .. } => {
                let held = self.pace.resume();
                self.queue_first(held);
                Ok(())
            }
            Event::Advanced { to, .. } => {
                let held = self.pace.advance(to);
                self.queue_first(held);
                Ok(())
            }
            Event::CancelRequested { .. } => self.cancel_requested(),
            Event::TimedOut { key } => self.timed_out(key),
            Event::FailureHandlingStarted { error } => self.failure_handling_started(error),
            Event::RunFinished { status, error, outputs } => self.run_finished(*status, error.as_ref(), outputs.as_ref()),
        }
    }

    fn created(&mut self, dry_run: bool, inputs: &Value, trigger: &Value) -> Result<(), Illegal> {
        if self.phase != Phase::New {
            return Err(Illegal("a run is created once".into()));
        }
        self.phase = Phase::Created;
        self.dry_run = dry_run;
        self.inputs = Arc::new(inputs.clone());
        self.trigger = Arc::new(trigger.clone());
        self.created = Some(self.clock);
        self.queue.push_back(Command::Record(Event::RunStarted));
        Ok(())
    }

    fn begun(&mut self) -> Result<(), Illegal> {
        if self.phase != Phase::Created {
            return Err(Illegal("a run begins once, after it was created".into()));
        }
        self.phase = Phase::Main;
        self.status = RunStatus::Running;
        self.started = Some(self.clock);
        if let Some(limit) = self.plan.timeout
            && let Ok(deadline) = self.clock.checked_add(limit)
        {
            self.timers.insert((deadline, InstanceKey::root(BlockName::Main)));
        }
        self.open_frame(InstanceKey::root(BlockName::Main), crate::plan::BlockId::MAIN)
    }

    fn condition_decided(&mut self, key: &InstanceKey, value: bool, simulated: bool) -> Result<(), Illegal> {
        let state = self.step_state_mut(key).ok_or_else(|| Illegal(format!("\"{key}\" is not in progress")))?;
        if state.stage != Stage::Judging {
            return Err(Illegal(format!("the condition of \"{key}\" was not asked for")));
        }
        state.condition = Some(value);
        state.undetermined = simulated;
        if value {
            self.after_condition(key)
        } else {
            // The skip follows at once; it is journalled so that readers of the journal need no plan.
            state.stage = Stage::Pending;
            self.queue.push_back(Command::Record(Event::StepSkipped { key: key.clone(), reason: SkipReason::ConditionFalse }));
            Ok(())
        }
    }

    fn items_resolved(&mut self, key: &InstanceKey, items: &[Value]) -> Result<(), Illegal> {
        let state = self.step_state_mut(key).ok_or_else(|| Illegal(format!("\"{key}\" is not in progress")))?;
        if state.stage != Stage::Resolving {
            return Err(Illegal(format!("the items of \"{key}\" were not asked for")));
        }
        state.items = Some(LoopState::new(items.to_vec()));
        state.stage = Stage::Active;
        self.advance_loop(key)
    }

    fn attempt_started(&mut self, key: &InstanceKey, attempt: u32, effect: sayflow_protocol::Effect) -> Result<(), Illegal> {
        let clock = self.clock;
        let instance = self.live(key)?;
        if !matches!(instance.stage(), InstanceStage::Ready | InstanceStage::Running) || attempt <= instance.attempt {
            return Err(Illegal(format!("attempt {attempt} of \"{key}\" cannot begin now")));
        }
        self.instances.insert(key.clone(), attempt, effect, InstanceStage::Running);
        self.pace.begun();
        if let Some(state) = self.step_state_mut(&key.step_key()) {
            state.attempts = if state.items.is_some() { state.attempts + 1 } else { attempt };
            state.started.get_or_insert(clock);
        }
        Ok(())
    }

    fn attempt_succeeded(&mut self, key: &InstanceKey, output: &Value, simulated: bool) -> Result<(), Illegal> {
        self.live(key)?;
        if simulated && let Some(state) = self.step_state_mut(&key.step_key()) {
            state.simulated = true;
        }
        if self.drained(key) {
            self.instances.remove(key);
            return self.end_halts();
        }
        self.instance_done(key, output)
    }

    fn attempt_failed(&mut self, key: &InstanceKey, error: &RunError) -> Result<(), Illegal> {
        if !self.instances.contains(key) && self.kept.use_failure(key) {
            return self.unit_failed(key, error);
        }
        // A condition or a list that cannot be evaluated fails the step before it has an instance.
        if !self.instances.contains(key)
            && let Some(state) = self.step_state(key)
            && matches!(state.stage, Stage::Judging | Stage::Resolving)
        {
            return self.unit_failed(key, error);
        }
        if *self.live(key)?.stage() == InstanceStage::Ready {
            self.pace.begun();
        }
        self.instances.remove(key);
        if self.drained(key) {
            return self.end_halts();
        }
        self.unit_failed(&key.unit(), error)
    }

    /// An attempt failed and is tried again later.
    fn attempt_paused(&mut self, key: &InstanceKey, attempt: u32, at: Timestamp) -> Result<(), Illegal> {
        let halted = self.was_halted(key);
        self.rest(key, attempt, InstanceStage::Paused(at), (!halted).then_some(at))?;
        if self.drained(key) {
            self.instances.remove(key);
            return self.end_halts();
        }
        Ok(())
    }

    /// An instance has nothing to do by itself, or nothing until a time.
    fn rest(&mut self, key: &InstanceKey, attempt: u32, stage: InstanceStage, until: Option<Timestamp>) -> Result<(), Illegal> {
        self.live(key)?;
        self.instances.set_attempt(key, attempt);
        self.instances.set_stage(key, stage);
        if let Some(at) = until {
            self.timers.insert((at, key.clone()));
        }
        Ok(())
    }

    fn kept_output(&mut self, unit: &InstanceKey, output: &Value) -> Result<(), Illegal> {
        if !self.kept.use_output(unit) {
            return Err(Illegal(format!("nothing of \"{unit}\" was kept")));
        }
        self.unit_succeeded(unit, output)
    }

    /// Commands that were held back go on where they would have been.
    fn queue_first(&mut self, held: std::collections::VecDeque<Command>) {
        for command in held.into_iter().rev() {
            self.queue.push_front(command);
        }
    }

    fn attempt_cancelled(&mut self, key: &InstanceKey) -> Result<(), Illegal> {
        self.live(key)?;
        self.instances.remove(key);
        self.drained(key);
        self.end_halts()
    }

    fn outcome_unknown(&mut self, key: &InstanceKey, attempt: u32, error: &RunError) -> Result<(), Illegal> {
        let halted = self.was_halted(key);
        self.rest(key, attempt, InstanceStage::Unknown(error.clone()), None)?;
        if halted {
            self.drained(key);
            return self.end_halts();
        }
        let policy = self.plan_step(key).map(|step| step.on_unknown).unwrap_or_default();
        let decision = match policy {
            sayflow_protocol::workflow::OnUnknown::Ask => return Ok(()),
            sayflow_protocol::workflow::OnUnknown::Retry => UnknownDecision::Retry,
            sayflow_protocol::workflow::OnUnknown::Skip => UnknownDecision::Skip,
        };
        self.queue.push_back(Command::Record(Event::UnknownResolved { key: key.clone(), decision, by: None }));
        Ok(())
    }

    fn unknown_resolved(&mut self, key: &InstanceKey, decision: UnknownDecision) -> Result<(), Illegal> {
        let instance = self.live(key)?;
        let InstanceStage::Unknown(error) = instance.stage().clone() else {
            return Err(Illegal(format!("the outcome of \"{key}\" is not unknown")));
        };
        let attempt = instance.attempt + 1;
        match decision {
            UnknownDecision::Retry => {
                self.instances.set_stage(key, InstanceStage::Ready);
                self.queue.push_back(Command::Execute { key: key.clone(), attempt });
                Ok(())
            }
            UnknownDecision::Skip => self.instance_done(key, &Value::Null),
            UnknownDecision::Fail => {
                self.instances.remove(key);
                self.unit_failed(&key.unit(), &error)
            }
        }
    }

    fn until_decided(&mut self, key: &InstanceKey, done: bool, next_at: Option<jiff::Timestamp>) -> Result<(), Illegal> {
        let instance = self.live(key)?;
        let InstanceStage::JudgingUntil(output) = instance.stage().clone() else {
            return Err(Illegal(format!("the end of \"{key}\" was not asked for")));
        };
        self.instances.remove(key);
        if done {
            return self.unit_succeeded(&key.unit(), &output);
        }
        let iteration = key.last().and_then(|segment| segment.iteration).unwrap_or(1);
        let most = self.plan_step(key).and_then(|step| step.repeat.as_ref()).map_or(1, |repeat| repeat.max);
        if iteration >= most {
            let error = RunError {
                code: "repeat_exhausted".into(),
                message: format!("the condition of `until` was still false after {most} iterations"),
                step: Some(key.step_key().to_string()),
                help: Some("raise `repeat.max`, or make `every` longer".into()),
            };
            return self.unit_failed(&key.unit(), &error);
        }
        let next = key.with_iteration(iteration + 1);
        self.add_instance(next, next_at)
    }

    fn skipped(&mut self, key: &InstanceKey, reason: SkipReason) -> Result<(), Illegal> {
        let (frame, place) = self.locate(key)?;
        self.end_step(&frame, place, super::End::Skipped(reason))
    }

    fn finished(&mut self, key: &InstanceKey, error: Option<&RunError>, output: Option<&Value>) -> Result<(), Illegal> {
        if self.instances.contains(key) {
            self.forget_frame(key);
            return match error {
                Some(error) => {
                    self.instances.remove(key);
                    self.unit_failed(&key.unit(), error)
                }
                None => self.instance_done(key, output.unwrap_or(&Value::Null)),
            };
        }
        self.loop_finished(key, error)
    }

    fn failure_handling_started(&mut self, error: &RunError) -> Result<(), Illegal> {
        // From `Closing` when the outputs of the run could not be evaluated.
        if !matches!(self.phase, Phase::BeforeFailureSteps | Phase::Closing) || !self.plan.handles_failure() {
            return Err(Illegal("the failure steps begin once, after the main steps failed".into()));
        }
        self.error = Some(error.clone());
        self.phase = Phase::OnFailure;
        self.open_frame(InstanceKey::root(BlockName::OnFailure), crate::plan::BlockId::ON_FAILURE)
    }

    fn run_finished(&mut self, status: RunStatus, error: Option<&RunError>, outputs: Option<&Value>) -> Result<(), Illegal> {
        if self.phase == Phase::Ended || !status.is_final() {
            return Err(Illegal("a run ends once, with a final status".into()));
        }
        self.phase = Phase::Ended;
        self.status = status;
        self.error = error.cloned();
        self.outputs = outputs.cloned();
        self.ended = Some(self.clock);
        self.timers.clear();
        self.queue.clear();
        Ok(())
    }

    fn live(&self, key: &InstanceKey) -> Result<&Instance, Illegal> {
        self.instances.get(key).ok_or_else(|| Illegal(format!("\"{key}\" is not in progress")))
    }

    /// What an expression must still decide about the ending of the run is asked here.
    pub(super) fn ask_run_outputs(&mut self) {
        self.queue.push_back(Command::Evaluate(Question::RunOutputs));
    }
}
