//! `/notices`: what happened while nobody looked and somebody should know.

use crate::id::RunId;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One thing worth knowing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Notice {
    /// Its id.
    pub id: String,
    /// When it happened.
    pub at: Timestamp,
    /// Stable word, such as `run_failed` or `schedule_missed`.
    pub kind: String,
    /// The workflow that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workflow: Option<String>,
    /// The run that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// What happened, in a sentence or two.
    pub text: String,
}

/// `GET /notices`: those that nobody has seen yet, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct NoticeList {
    /// The notices.
    pub notices: Vec<Notice>,
}

/// `POST /notices/seen`: marks notices as seen, so that they are not told again.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeenNotices {
    /// Their ids.
    pub ids: Vec<String>,
}
