//! Whether and how a step begins: `when`, then `else_of`, then `if`, then `for_each`.

use super::instances::InstanceStage;
use super::{End, Frame, Illegal, RunState, Stage};
use crate::plan::{BlockId, Work};
use crate::run::command::{Command, Question};
use jiff::Timestamp;
use sayflow_protocol::event::SkipReason;
use sayflow_protocol::workflow::When;
use sayflow_protocol::{Effect, Event, InstanceKey};

impl RunState {
    /// Opens a block and judges the steps that wait for nothing.
    pub(super) fn open_frame(&mut self, key: InstanceKey, block: BlockId) -> Result<(), Illegal> {
        let plan = self.plan.clone();
        let steps = &plan.block(block).steps;
        let frame = Frame::new(block, steps.iter().map(|step| step.needs.len() + usize::from(step.else_of.is_some())));
        let empty = frame.open == 0;
        self.frames.insert(key.clone(), frame);
        if empty {
            return self.frame_ended(&key);
        }
        for (place, step) in steps.iter().enumerate() {
            if step.needs.is_empty() && step.else_of.is_none() {
                self.judge(&key, place)?;
            }
        }
        Ok(())
    }

    /// All that comes before the step has ended: decides whether it runs.
    pub(super) fn judge(&mut self, frame_key: &InstanceKey, place: usize) -> Result<(), Illegal> {
        let plan = self.plan.clone();
        let Some(frame) = self.frames.get(frame_key) else {
            return Err(Illegal(format!("\"{frame_key}\" is not in progress")));
        };
        let step = &plan.block(frame.block).steps[place];
        let key = frame_key.child(&step.id);
        let ends: Vec<End> = step.needs.iter().filter_map(|&need| frame.steps[need].end()).collect();
        let skip = skip_by_needs(step.when, &ends).or_else(|| step.else_of.and_then(|target| skip_by_else(frame, target)));
        if let Some(reason) = skip {
            self.queue.push_back(Command::Record(Event::StepSkipped { key, reason }));
            return Ok(());
        }
        if let Some(error) = self.kept.failure(&key).cloned() {
            self.set_stage(frame_key, place, Stage::Judging);
            self.queue.push_back(Command::Record(Event::StepFailed { key, attempt: 0, error, retry_at: None }));
            return Ok(());
        }
        if step.condition.is_some() {
            self.set_stage(frame_key, place, Stage::Judging);
            self.queue.push_back(match self.kept.condition(&key) {
                Some(value) => Command::Record(Event::ConditionDecided { key, value, simulated: false }),
                None => Command::Evaluate(Question::Condition(key)),
            });
            return Ok(());
        }
        self.after_condition(&key)
    }

    /// The step runs: resolves its list, or begins it.
    pub(super) fn after_condition(&mut self, key: &InstanceKey) -> Result<(), Illegal> {
        let (frame_key, place) = self.locate(key)?;
        let has_list = self.plan_step(key).is_some_and(|step| step.for_each.is_some());
        if has_list {
            self.set_stage(&frame_key, place, Stage::Resolving);
            self.queue.push_back(match self.kept.items(key) {
                Some(items) => Command::Record(Event::ItemsResolved { key: key.clone(), items: items.clone() }),
                None => Command::Evaluate(Question::Items(key.clone())),
            });
            return Ok(());
        }
        self.set_stage(&frame_key, place, Stage::Active);
        self.begin_unit(key)
    }

    /// Begins the step, or one item of it.
    fn begin_unit(&mut self, unit: &InstanceKey) -> Result<(), Illegal> {
        if let Some(output) = self.kept.output(unit) {
            self.queue.push_back(Command::Record(Event::StepKept { key: unit.clone(), output: output.clone() }));
            return Ok(());
        }
        if let Some(error) = self.kept.failure(unit) {
            let (key, error) = (unit.clone(), error.clone());
            self.queue.push_back(Command::Record(Event::StepFailed { key, attempt: 0, error, retry_at: None }));
            return Ok(());
        }
        let repeats = self.plan_step(unit).is_some_and(|step| step.repeat.is_some());
        let key = if repeats { unit.with_iteration(1) } else { unit.clone() };
        self.add_instance(key, None)
    }

    /// Adds an instance that begins now or at a time.
    pub(super) fn add_instance(&mut self, key: InstanceKey, at: Option<Timestamp>) -> Result<(), Illegal> {
        let stage = at.map_or(InstanceStage::Ready, InstanceStage::Paused);
        self.instances.insert(key.clone(), 0, Effect::None, stage);
        match at {
            Some(at) => {
                self.timers.insert((at, key));
                Ok(())
            }
            None => {
                self.begin_instance(&key, self.clock);
                Ok(())
            }
        }
    }

    /// The next attempt of an action begins, or a group instance opens.
    pub(super) fn begin_instance(&mut self, key: &InstanceKey, at: Timestamp) {
        let plan = self.plan.clone();
        let Some((frame_block, place)) =
            self.locate(key).ok().and_then(|(parent, place)| self.frames.get(&parent).map(|frame| (frame.block, place)))
        else {
            return;
        };
        let step = &plan.block(frame_block).steps[place];
        let Some(attempt) = self.instances.get(key).map(|instance| instance.attempt + 1) else { return };
        match &step.work {
            Work::Action(_) => {
                self.instances.set_stage(key, InstanceStage::Ready);
                self.queue.push_back(Command::Execute { key: key.clone(), attempt });
            }
            Work::Group(block) => {
                let deadline = step.timeout.and_then(|limit| at.checked_add(limit).ok());
                self.instances.set_attempt(key, 1);
                self.instances.set_stage(key, InstanceStage::Group(deadline));
                if let Some(deadline) = deadline {
                    self.timers.insert((deadline, key.clone()));
                }
                if let Some(state) = self.step_state_mut(&key.step_key()) {
                    state.started.get_or_insert(at);
                    state.attempts += 1;
                }
                // A group of a checked plan has a block, so that opening it cannot fail.
                let opened = self.open_frame(key.clone(), *block);
                debug_assert!(opened.is_ok());
            }
        }
    }

    /// Begins as many items as may be in progress at once.
    pub(super) fn advance_loop(&mut self, step_key: &InstanceKey) -> Result<(), Illegal> {
        let width = self.plan_step(step_key).map_or(1, |step| step.concurrency);
        loop {
            let Some(items) = self.step_state_mut(step_key).and_then(|state| state.items.as_mut()) else {
                return Err(Illegal(format!("\"{step_key}\" is not a loop")));
            };
            if items.active >= width || !items.has_next() {
                break;
            }
            let place = items.next;
            items.next += 1;
            items.active += 1;
            let place = u32::try_from(place).map_err(|_| Illegal("a loop has too many items".into()))?;
            self.begin_unit(&step_key.with_item(place))?;
        }
        self.close_loop_if_done(step_key);
        Ok(())
    }

    fn close_loop_if_done(&mut self, step_key: &InstanceKey) {
        let Some(state) = self.step_state_mut(step_key) else { return };
        let Some(items) = &state.items else { return };
        if items.active > 0 || items.has_next() || state.stage != Stage::Active {
            return;
        }
        state.stage = Stage::Closing;
        let error = items.error.clone();
        self.queue.push_back(Command::Record(Event::StepFinished { key: step_key.clone(), error, output: None }));
    }

    fn set_stage(&mut self, frame_key: &InstanceKey, place: usize, stage: Stage) {
        if let Some(frame) = self.frames.get_mut(frame_key) {
            frame.steps[place].stage = stage;
        }
    }
}

/// The reason to leave a step out because of those that it needs.
fn skip_by_needs(when: When, ends: &[End]) -> Option<SkipReason> {
    if ends.is_empty() {
        return None;
    }
    if ends.iter().all(|end| end.is_neutral()) {
        return Some(SkipReason::NeedsSkipped);
    }
    let met = match when {
        When::AllSucceeded => !ends.iter().any(|end| end.counts_as_failure()),
        When::AnySucceeded => ends.iter().any(|end| end.counts_as_success()),
        When::AllDone => true,
        When::AnyFailed => ends.iter().any(|end| end.counts_as_failure()),
    };
    (!met).then_some(SkipReason::WhenNotMet)
}

/// The reason to leave a step out because the step of its `else_of` was not refused by its own `if`.
fn skip_by_else(frame: &Frame, target: usize) -> Option<SkipReason> {
    let state = &frame.steps[target];
    if state.condition == Some(false) || state.undetermined {
        return None;
    }
    match state.end() {
        Some(End::Skipped(SkipReason::WhenNotMet)) => Some(SkipReason::WhenNotMet),
        _ => Some(SkipReason::ElseNotTaken),
    }
}
