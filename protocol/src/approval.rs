//! What a person is asked in the middle of a run, and how that can end.

use crate::footprint::FootprintEntry;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a person is asked in the middle of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalQuestion {
    /// In a sentence.
    pub message: String,
    /// Who may decide besides the owner; nobody else when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvers: Vec<String>,
    /// When it counts as refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// SHA-256, in hexadecimal, of what exactly is decided about.
    pub payload_hash: String,
    /// The place outside the footprint that a step wants to go to, where that is what is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<FootprintEntry>,
}

/// How an approval ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalDecision {
    /// Somebody said yes.
    Approved,
    /// Somebody said no.
    Rejected,
    /// Nobody decided in time.
    Expired,
}

impl ApprovalDecision {
    /// The word as written in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
        }
    }
}
