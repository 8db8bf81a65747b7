//! How instances, items, steps, groups and runs end.

use super::instances::InstanceStage;
use super::{End, Illegal, Phase, RunState, Stage};
use crate::run::command::{Command, Question};
use sayflow_protocol::workflow::OnError;
use sayflow_protocol::{BlockName, Event, InstanceKey, RunError, RunStatus};
use serde_json::Value;
use std::sync::Arc;

impl RunState {
    /// An action attempt or a group instance ended well.
    pub(super) fn instance_done(&mut self, key: &InstanceKey, output: &Value) -> Result<(), Illegal> {
        let repeats = self.plan_step(key).is_some_and(|step| step.repeat.is_some());
        if repeats {
            self.instances.set_stage(key, InstanceStage::JudgingUntil(output.clone()));
            self.queue.push_back(Command::Evaluate(Question::Until { key: key.clone(), output: output.clone() }));
            return Ok(());
        }
        self.instances.remove(key);
        self.unit_succeeded(&key.unit(), output)
    }

    /// The step, or one item of it, ended well.
    pub(super) fn unit_succeeded(&mut self, unit: &InstanceKey, output: &Value) -> Result<(), Illegal> {
        let (frame, place) = self.locate(unit)?;
        let Some(item) = unit.last().and_then(|segment| segment.item) else {
            if let Some(state) = self.step_state_mut(unit) {
                state.output = Arc::new(output.clone());
            }
            return self.end_step(&frame, place, End::Succeeded);
        };
        let step_key = unit.step_key();
        if let Some(items) = self.step_state_mut(&step_key).and_then(|state| state.items.as_mut()) {
            if let Some(slot) = items.outputs.get_mut(item as usize) {
                *slot = output.clone();
            }
            items.active = items.active.saturating_sub(1);
            items.succeeded += 1;
        }
        self.advance_loop(&step_key)
    }

    /// The step, or one item of it, ended badly and is not tried again.
    pub(super) fn unit_failed(&mut self, unit: &InstanceKey, error: &RunError) -> Result<(), Illegal> {
        let (frame, place) = self.locate(unit)?;
        let forgiven = self.plan_step(unit).is_some_and(|step| step.on_error == OnError::Continue);
        if unit.last().and_then(|segment| segment.item).is_none() {
            if let Some(state) = self.step_state_mut(unit) {
                state.error = Some(error.clone());
            }
            return self.end_step(&frame, place, if forgiven { End::Forgiven } else { End::Failed });
        }
        let step_key = unit.step_key();
        if let Some(state) = self.step_state_mut(&step_key) {
            if forgiven {
                state.error.get_or_insert_with(|| error.clone());
            }
            if let Some(items) = state.items.as_mut() {
                items.active = items.active.saturating_sub(1);
                items.failed += 1;
                if !forgiven {
                    items.error.get_or_insert_with(|| error.clone());
                }
            }
        }
        self.advance_loop(&step_key)
    }

    /// The ending of a loop was journalled.
    pub(super) fn loop_finished(&mut self, key: &InstanceKey, error: Option<&RunError>) -> Result<(), Illegal> {
        let (frame, place) = self.locate(key)?;
        let state = self.step_state_mut(key).filter(|state| state.stage == Stage::Closing);
        let Some(state) = state else {
            return Err(Illegal(format!("\"{key}\" is not about to end")));
        };
        match error {
            Some(error) => {
                state.error = Some(error.clone());
                self.end_step(&frame, place, End::Failed)
            }
            None => {
                let outputs = state.items.as_mut().map(|items| std::mem::take(&mut items.outputs)).unwrap_or_default();
                state.output = Arc::new(Value::Array(outputs));
                self.end_step(&frame, place, End::Succeeded)
            }
        }
    }

    /// A step ended: tells those that wait for it, and ends the frame when it was the last.
    pub(super) fn end_step(&mut self, frame_key: &InstanceKey, place: usize, end: End) -> Result<(), Illegal> {
        let plan = self.plan.clone();
        let clock = self.clock;
        let Some(frame) = self.frames.get_mut(frame_key) else {
            return Err(Illegal(format!("\"{frame_key}\" is not in progress")));
        };
        let state = &mut frame.steps[place];
        if state.end().is_some() {
            return Err(Illegal(format!("the step \"{}\" ended before", plan.block(frame.block).steps[place].id)));
        }
        state.stage = Stage::Ended(end);
        state.ended = Some(clock);
        if end == End::Failed {
            let error = state.error.clone();
            frame.failed = frame.failed.take().or(error);
        }
        frame.open -= 1;
        let over = frame.open == 0;
        let mut judged = Vec::new();
        for &dependent in &plan.block(frame.block).steps[place].dependents {
            let waiting = &mut frame.steps[dependent];
            waiting.waiting_on = waiting.waiting_on.saturating_sub(1);
            if waiting.waiting_on == 0 && waiting.stage == Stage::Pending {
                judged.push(dependent);
            }
        }
        for dependent in judged {
            self.judge(frame_key, dependent)?;
        }
        if over { self.frame_ended(frame_key) } else { Ok(()) }
    }

    /// All steps of a frame have ended.
    pub(super) fn frame_ended(&mut self, key: &InstanceKey) -> Result<(), Illegal> {
        let failed = self.frames.get(key).and_then(|frame| frame.failed.clone());
        if !key.path.is_empty() {
            self.group_ended(key, failed);
            return Ok(());
        }
        match key.block {
            BlockName::Main => self.main_ended(failed),
            BlockName::OnFailure => self.close_run(RunStatus::Failed, self.error.clone()),
        }
        Ok(())
    }

    fn group_ended(&mut self, key: &InstanceKey, failed: Option<RunError>) {
        let block = self.frames.get(key).map(|frame| frame.block);
        let has_outputs = block.is_some_and(|block| self.plan.block(block).outputs.is_some());
        self.instances.set_stage(key, InstanceStage::GroupClosing);
        let command = match failed {
            None if has_outputs => Command::Evaluate(Question::GroupOutputs(key.clone())),
            error => Command::Record(Event::StepFinished { key: key.clone(), error, output: None }),
        };
        self.queue.push_back(command);
    }

    /// Forgets the frame of a group instance that ended, unless the group as a whole is what people look at.
    pub(super) fn forget_frame(&mut self, key: &InstanceKey) {
        let looped = key.last().is_some_and(|segment| segment.item.is_some() || segment.iteration.is_some());
        if looped {
            self.frames.remove(key);
        }
    }

    /// The main steps have ended, well or badly.
    pub(super) fn main_ended(&mut self, failed: Option<RunError>) {
        self.timers.clear();
        match failed {
            Some(error) if self.plan.handles_failure() => {
                self.phase = Phase::BeforeFailureSteps;
                self.queue.push_back(Command::Record(Event::FailureHandlingStarted { error }));
            }
            Some(error) => self.close_run(RunStatus::Failed, Some(error)),
            None if self.plan.outputs.is_some() => {
                self.phase = Phase::Closing;
                self.ask_run_outputs();
            }
            None => self.close_run(RunStatus::Succeeded, None),
        }
    }

    pub(super) fn close_run(&mut self, status: RunStatus, error: Option<RunError>) {
        self.phase = Phase::Closing;
        self.queue.push_back(Command::Record(Event::RunFinished { status, error, outputs: None }));
    }
}
