//! What a run and its steps look like from outside: the fold of the journal that every surface shows.

use crate::approval::ApprovalQuestion;
use crate::id::{ApprovalId, RunId};
use crate::key::InstanceKey;
use crate::lineage::Lineage;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// Accepted, not started.
    Queued,
    /// In progress.
    Running,
    /// Nothing to do until a time or a message.
    Waiting,
    /// Stopped until a person decides.
    Paused,
    /// Ended well.
    Succeeded,
    /// Ended badly.
    Failed,
    /// Stopped by a person.
    Cancelled,
}

impl RunStatus {
    /// Whether nothing more will happen.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }

    /// The status as written in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Paused => "paused",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The status that [`Self::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Queued, Self::Running, Self::Waiting, Self::Paused, Self::Succeeded, Self::Failed, Self::Cancelled]
            .into_iter()
            .find(|status| status.as_str() == text)
    }
}

/// Where a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    /// Not yet its turn.
    Pending,
    /// In progress.
    Running,
    /// Until a time or a message.
    Waiting,
    /// Ended well.
    Succeeded,
    /// Ended badly.
    Failed,
    /// Left out, by a condition or because of an earlier failure.
    Skipped,
    /// Stopped by a person.
    Cancelled,
    /// A write was sent and nobody knows whether it arrived.
    OutcomeUnknown,
}

impl StepStatus {
    /// Whether nothing more will happen to the step by itself.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Skipped | Self::Cancelled)
    }
}

/// Why a step or run failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunError {
    /// Stable word, such as `http_status`, `timeout` or `file_not_found`.
    pub code: String,
    /// What happened.
    pub message: String,
    /// The key of the step, where a step failed.
    #[serde(default)]
    pub step: Option<String>,
    /// The way out.
    #[serde(default)]
    pub help: Option<String>,
}

/// One step of a run. Under `for_each` or in a group, `items` counts the instances.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepView {
    /// The step's id, with the groups around it (`group/inner`).
    pub id: String,
    /// Where it stands.
    pub status: StepStatus,
    /// Attempts so far.
    pub attempts: u32,
    /// When its first attempt began.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// What it handed back.
    pub output: Option<Value>,
    /// Why it failed.
    pub error: Option<RunError>,
    /// Progress of a step under `for_each`.
    pub items: Option<ItemCounts>,
    /// Whether the output was made up by a dry run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub simulated: bool,
    /// Why it was skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped_because: Option<String>,
}

/// How many items of a `for_each` stand where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct ItemCounts {
    /// All items.
    pub total: u32,
    /// Those that ended well.
    pub succeeded: u32,
    /// Those that ended badly.
    pub failed: u32,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunView {
    /// Its id.
    pub id: RunId,
    /// The workflow's name.
    pub workflow: String,
    /// The activated version it runs; none for a draft or a file.
    pub version: Option<u32>,
    /// Whether writes are simulated.
    pub dry_run: bool,
    /// Where it stands.
    pub status: RunStatus,
    /// When it was accepted.
    pub created: Timestamp,
    /// When it began.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// Why it failed.
    pub error: Option<RunError>,
    /// Its steps in document order.
    pub steps: Vec<StepView>,
    /// What it handed back.
    pub outputs: Option<Value>,
    /// What `flow.respond` answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<Value>,
    /// How it hangs together with other runs.
    #[serde(default, skip_serializing_if = "Lineage::is_alone")]
    pub lineage: Lineage,
    /// What has to happen from outside before it goes on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<OpenPoint>,
}

/// Something that a run waits for from outside, other than a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum OpenPoint {
    /// A person's yes or no.
    Approval {
        /// The instance that asks.
        step: InstanceKey,
        /// The object to decide about.
        approval: ApprovalId,
        /// What is asked.
        question: ApprovalQuestion,
    },
    /// What to do about a write that nobody knows the outcome of.
    Unknown {
        /// The instance.
        step: InstanceKey,
        /// What is known.
        error: RunError,
    },
    /// The end of another run.
    Call {
        /// The instance that waits.
        step: InstanceKey,
        /// The other run.
        run: RunId,
        /// Its workflow.
        workflow: String,
    },
    /// A step of a stepwise run that is about to begin.
    Step {
        /// The instance.
        step: InstanceKey,
    },
    /// Somebody paused the run.
    Resume {
        /// Who.
        by: String,
    },
    /// The store cannot be written just now; the run goes on by itself when it can.
    Store {
        /// What is wrong.
        why: String,
    },
}

/// One line of the list of runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunSummary {
    /// Its id.
    pub id: RunId,
    /// The workflow's name.
    pub workflow: String,
    /// The activated version it runs.
    pub version: Option<u32>,
    /// Whether writes are simulated.
    pub dry_run: bool,
    /// Where it stands.
    pub status: RunStatus,
    /// When it was accepted.
    pub created: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// Why it failed.
    pub error: Option<RunError>,
}
