//! `/approvals`: what people have to decide, who did, when and where. The first decision counts; reading decides nothing.

use crate::id::{ApprovalId, RunId};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Something that a person decides, or decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalObject {
    /// Its id.
    pub id: ApprovalId,
    /// `step` (a run asks), or `footprint` (a run wants to go to a place outside what was approved).
    pub kind: String,
    /// What is asked, in a sentence.
    pub what: String,
    /// The run that waits for it.
    pub run: Option<RunId>,
    /// The instance in that run.
    pub step: Option<String>,
    /// The run's workflow.
    pub workflow: String,
    /// SHA-256, in hexadecimal, of what exactly is decided about.
    pub payload_hash: String,
    /// What exactly is decided about.
    pub payload: Value,
    /// Who may decide besides the owner; nobody else when empty.
    pub deciders: Vec<String>,
    /// When it was asked.
    pub created: Timestamp,
    /// When it counts as refused.
    pub expires: Option<Timestamp>,
    /// How it ended; none while it is open.
    pub decision: Option<ApprovalOutcome>,
    /// Who decided.
    pub decided_by: Option<String>,
    /// Where they did, such as `cli` or `api`.
    pub decided_via: Option<String>,
    /// What they said to it.
    pub comment: Option<String>,
    /// When.
    pub decided_at: Option<Timestamp>,
}

/// How an approval ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalOutcome {
    /// Somebody said yes.
    Approved,
    /// Somebody said no.
    Rejected,
    /// Nobody decided in time.
    Expired,
    /// The run ended before anybody decided.
    Withdrawn,
}

impl ApprovalOutcome {
    /// The word as written in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The outcome that [`Self::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Approved, Self::Rejected, Self::Expired, Self::Withdrawn].into_iter().find(|outcome| outcome.as_str() == text)
    }
}

/// `GET /approvals`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalList {
    /// Oldest first.
    pub approvals: Vec<ApprovalObject>,
}

/// `GET /approvals`: which ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalQuery {
    /// Those that were decided, too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub all: bool,
    /// At most so many; 100 when left out, never more than 500.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// `POST /approvals/{id}/decision`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideApproval {
    /// Yes or no.
    pub approve: bool,
    /// The hash of what the person saw; the decision is refused when something else is asked by now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload_hash: Option<String>,
    /// What they say to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The surface on which they decide, such as `cli`; `api` when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
}
