//! Errors of the API, as RFC 9457 problem details.

use crate::diagnostic::Diagnostic;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What went wrong with a request (`application/problem+json`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// Stable word that programs branch on, such as `not_found` or `invalid_workflow`.
    #[serde(rename = "type")]
    pub kind: String,
    /// A few words, the same for every problem of the type.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The way out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// After how many seconds trying again may help; the `Retry-After` header says the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// Findings, where the problem is an invalid document.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub diagnostics: Vec<Diagnostic>,
}

/// The words of [`Problem::kind`].
pub mod kind {
    /// The document has errors; `diagnostics` lists them.
    pub const INVALID_WORKFLOW: &str = "invalid_workflow";
    /// The values given for a run's inputs do not fit.
    pub const INVALID_INPUTS: &str = "invalid_inputs";
    /// The request itself makes no sense.
    pub const INVALID_REQUEST: &str = "invalid_request";
    /// There is no such thing.
    pub const NOT_FOUND: &str = "not_found";
    /// The request carries no valid token.
    pub const UNAUTHORIZED: &str = "unauthorized";
    /// Whoever asks may not do this.
    pub const FORBIDDEN: &str = "forbidden";
    /// It does not fit what is there now.
    pub const CONFLICT: &str = "conflict";
    /// It could be decided once, and the time for it is over.
    pub const GONE: &str = "gone";
    /// Too much is going on already; `retry_after` says when to try again.
    pub const BUSY: &str = "busy";
    /// A limit that the workflow sets itself is used up.
    pub const LIMIT_REACHED: &str = "limit_reached";
    /// The server is about to stop; `retry_after` says when to try again.
    pub const STOPPING: &str = "stopping";
    /// The client took too long to send its request.
    pub const TOO_SLOW: &str = "too_slow";
    /// The request is too large.
    pub const TOO_LARGE: &str = "too_large";
    /// The data folder cannot be written, or is full, or is in use.
    pub const STORE_UNAVAILABLE: &str = "store_unavailable";
    /// A fault on the server's side.
    pub const INTERNAL: &str = "internal";
}
