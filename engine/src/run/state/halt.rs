//! Stopping: a person cancels the run, or the run or a group uses up its time. What is in flight is aborted and waited
//! for, so that nothing is lost track of.

use super::instances::InstanceStage;
use super::{End, Halt, Illegal, Phase, RunState};
use crate::run::command::Command;
use sayflow_protocol::{BlockName, Event, InstanceKey, RunError, RunStatus};
use std::collections::BTreeSet;

impl RunState {
    pub(super) fn cancel_requested(&mut self) -> Result<(), Illegal> {
        match self.phase {
            Phase::Ended => Err(Illegal("the run has ended".into())),
            Phase::New => Err(Illegal("the run was not created".into())),
            Phase::Created | Phase::BeforeFailureSteps | Phase::Closing => {
                self.queue.clear();
                self.close_run(RunStatus::Cancelled, None);
                Ok(())
            }
            Phase::Main | Phase::OnFailure => self.halt(self.root_key(), None),
        }
    }

    pub(super) fn timed_out(&mut self, key: &InstanceKey) -> Result<(), Illegal> {
        let limit = if key.path.is_empty() { self.plan.timeout } else { self.plan_step(key).and_then(|step| step.timeout) };
        let what = if key.path.is_empty() { "the run".to_owned() } else { format!("the group \"{key}\"") };
        let error = RunError {
            code: "timeout".into(),
            message: format!("{what} used up its time of {limit:?}", limit = limit.unwrap_or_default()),
            step: (!key.path.is_empty()).then(|| key.to_string()),
            help: Some("raise `timeout`, or find out which step is slow with: sayflow runs show ID".into()),
        };
        self.halt(key.clone(), Some(error))
    }

    /// Stops everything below `key`.
    fn halt(&mut self, key: InstanceKey, error: Option<RunError>) -> Result<(), Illegal> {
        let below = |at: &InstanceKey| at.is_within(&key) && *at != key;
        self.timers.retain(|(_, at)| !below(at));
        let stays = |command: &Command| match command {
            Command::Execute { key, .. } => !below(key),
            Command::Evaluate(_) => false,
            Command::Record(event) => matches!(event, Event::RunFinished { .. }),
            Command::Abort { .. } => true,
        };
        self.queue.retain(stays);
        self.pace.retain(stays);
        let mut draining = BTreeSet::new();
        for at in self.instances.keys_where(|at, _| below(at)) {
            match self.instances.stage(&at) {
                // Something may be in flight: wait for how it ends.
                Some(InstanceStage::Running | InstanceStage::Ready | InstanceStage::Calling(..)) => {
                    draining.insert(at);
                }
                // What nobody knows stays visible.
                Some(InstanceStage::Unknown(_)) => {}
                _ => {
                    self.instances.remove(&at);
                }
            }
        }
        for at in &draining {
            self.queue.push_back(Command::Abort { key: at.clone() });
        }
        self.halts.push(Halt { key, error, draining });
        self.end_halts()
    }

    /// Whether the instance belongs to a part that is being stopped.
    pub(super) fn was_halted(&self, key: &InstanceKey) -> bool {
        self.halts.iter().any(|halt| halt.draining.contains(key))
    }

    /// Notes that an instance is no longer in flight; whether it belonged to a part that is being stopped.
    pub(super) fn drained(&mut self, key: &InstanceKey) -> bool {
        let mut found = false;
        for halt in &mut self.halts {
            found |= halt.draining.remove(key);
        }
        found
    }

    /// Ends the parts in which nothing is in flight any more.
    pub(super) fn end_halts(&mut self) -> Result<(), Illegal> {
        while let Some(place) = self.halts.iter().position(|halt| halt.draining.is_empty()) {
            let halt = self.halts.remove(place);
            self.cancel_open_steps(&halt.key);
            match (&halt.error, halt.key.path.is_empty()) {
                (None, _) => {
                    self.queue.clear();
                    self.close_run(RunStatus::Cancelled, None);
                }
                (Some(error), true) if halt.key.block == BlockName::Main => self.main_ended(Some(error.clone())),
                (Some(error), true) => self.close_run(RunStatus::Failed, Some(error.clone())),
                (Some(error), false) => {
                    self.instances.set_stage(&halt.key, InstanceStage::GroupClosing);
                    let event = Event::StepFinished { key: halt.key.clone(), error: Some(error.clone()), output: None };
                    self.queue.push_back(Command::Record(event));
                }
            }
        }
        Ok(())
    }

    /// Marks the steps of the stopped part that had begun and not ended.
    fn cancel_open_steps(&mut self, key: &InstanceKey) {
        let clock = self.clock;
        for (_, frame) in self.frames.iter_mut().filter(|(at, _)| at.is_within(key)) {
            for state in &mut frame.steps {
                if state.end().is_none() && state.stage != super::Stage::Pending {
                    state.stage = super::Stage::Ended(End::Cancelled);
                    state.ended = Some(clock);
                }
            }
        }
    }
}
