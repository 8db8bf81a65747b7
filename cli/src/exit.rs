//! Exit codes: a public contract that scripts branch on.

use sayflow_protocol::run::OpenPoint;
use sayflow_protocol::{RunStatus, RunView, StepStatus};
use std::process::ExitCode;

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// What was asked is done.
    Done,
    /// It failed, or Sayflow cannot do it.
    Failed,
    /// Questions are open.
    Questions,
    /// An approval is needed and nobody could be asked.
    ApprovalNeeded,
    /// The run waits, or nobody knows how a write ended.
    Waiting,
    /// The command line was wrong.
    Usage,
    /// A person stopped it.
    Cancelled,
}

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Questions => 2,
            Self::ApprovalNeeded => 3,
            Self::Waiting => 4,
            Self::Usage => 64,
            Self::Cancelled => 130,
        }
    }

    /// What a run that is no longer watched says about the process.
    pub fn of_run(run: &RunView) -> Self {
        match run.status {
            RunStatus::Succeeded => Self::Done,
            RunStatus::Cancelled => Self::Cancelled,
            // A run that was cancelled or failed around an unknown write must not read as a plain failure.
            RunStatus::Failed if run.steps.iter().any(|step| step.status == StepStatus::OutcomeUnknown) => Self::Waiting,
            RunStatus::Failed => Self::Failed,
            RunStatus::Queued | RunStatus::Running | RunStatus::Waiting | RunStatus::Paused => Self::Waiting,
        }
    }

    /// The same for a run that this process started. One that waits for a person's yes says so, unless `--yes` has said
    /// that nobody is there to ask.
    pub fn of_started(run: &RunView, yes: bool) -> Self {
        let asks = run.open.iter().any(|point| matches!(point, OpenPoint::Approval { .. }));
        if asks && !yes && !run.status.is_final() { Self::ApprovalNeeded } else { Self::of_run(run) }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
