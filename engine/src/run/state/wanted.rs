//! Whether a queued command still has something to do: while a journal is folded, later events answer the commands
//! of earlier ones.

use super::instances::InstanceStage;
use super::{Phase, RunState, Stage};
use crate::run::command::{Command, Question};
use sayflow_protocol::{Event, InstanceKey};

impl RunState {
    /// Whether nothing has answered the command yet.
    pub(crate) fn is_wanted(&self, command: &Command) -> bool {
        match command {
            Command::Evaluate(Question::Condition(key)) => self.stage_of(key) == Some(Stage::Judging),
            Command::Evaluate(Question::Items(key)) => self.stage_of(key) == Some(Stage::Resolving),
            Command::Evaluate(Question::Until { key, .. }) => matches!(self.instances.stage(key), Some(InstanceStage::JudgingUntil(_))),
            Command::Evaluate(Question::GroupOutputs(key)) => self.instances.stage(key) == Some(&InstanceStage::GroupClosing),
            Command::Evaluate(Question::RunOutputs) => self.phase == Phase::Closing,
            Command::Execute { key, attempt } => {
                self.instances.get(key).is_some_and(|i| *i.stage() == InstanceStage::Ready && *attempt == i.attempt + 1)
            }
            Command::Abort { key } => self.instances.contains(key),
            Command::Record(event) => self.is_news(event),
        }
    }

    fn is_news(&self, event: &Event) -> bool {
        match event {
            Event::RunStarted => self.phase == Phase::Created,
            Event::RunFinished { .. } => self.phase == Phase::Closing,
            Event::FailureHandlingStarted { .. } => self.phase == Phase::BeforeFailureSteps,
            Event::StepSkipped { key, .. } => self.stage_of(key) == Some(Stage::Pending),
            Event::ConditionDecided { key, .. } => self.stage_of(key) == Some(Stage::Judging),
            Event::ItemsResolved { key, .. } => self.stage_of(key) == Some(Stage::Resolving),
            Event::StepKept { key, .. } => self.kept.has_output(key),
            Event::StepFinished { key, .. } => {
                self.stage_of(key) == Some(Stage::Closing) || self.instances.stage(key) == Some(&InstanceStage::GroupClosing)
            }
            Event::StepOutcomeUnknown { key, .. } | Event::StepCancelled { key, .. } => {
                self.instances.stage(key) == Some(&InstanceStage::Running)
            }
            Event::UnknownResolved { key, .. } => self.is_unknown(key),
            Event::ApprovalDecided { key, approval, .. } => self.asks(key) == Some(approval),
            Event::StepSucceeded { key, .. } => {
                matches!(self.instances.stage(key), Some(InstanceStage::Waiting(..) | InstanceStage::Answered))
            }
            // What has ended, or is being stopped anyway, does not run out of time any more.
            Event::TimedOut { key } if key.path.is_empty() => {
                self.phase == Phase::Main && !self.halts.iter().any(|halt| halt.key.path.is_empty())
            }
            Event::TimedOut { key } => {
                matches!(self.instances.stage(key), Some(InstanceStage::Group(_)))
                    && !self.halts.iter().any(|halt| key.is_within(&halt.key))
            }
            Event::StepFailed { key, .. } => self.instances.stage(key) == Some(&InstanceStage::Answered) || self.kept.has_failure(key),
            _ => true,
        }
    }

    fn stage_of(&self, key: &InstanceKey) -> Option<Stage> {
        self.step_state(&key.step_key()).map(|state| state.stage)
    }
}
