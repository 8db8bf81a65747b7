//! Webhooks: what a request from outside has to prove, and what a run is given of it. Pure: the request, the account and the
//! present moment come in.

mod auth;
mod content;
mod hook;

pub use auth::{Refused, STALE_AFTER, verify};
pub use content::{Malformed, headers, payload};
pub(super) use hook::Hooks;

use bytes::Bytes;
use sayflow_protocol::RunId;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::time::Duration;

/// The largest body that is taken: 1 MiB.
pub const MOST_BYTES: usize = 1024 * 1024;

/// Headers with which senders number their deliveries, in the order in which they count.
const DELIVERY_HEADERS: [&str; 4] = ["x-delivery-id", "idempotency-key", "x-github-delivery", "webhook-id"];

/// The longest delivery id that is kept as it is.
const LONGEST_ID: usize = 128;

/// A request to `/hooks/…`.
#[derive(Debug, Clone, Default)]
pub struct HookRequest {
    /// Upper case.
    pub method: String,
    /// What follows `/hooks/`, without the query.
    pub path: String,
    /// What follows `?`.
    pub query: Option<String>,
    /// Names in any case, and values.
    pub headers: Vec<(String, String)>,
    /// The body as it came.
    pub body: Bytes,
}

impl HookRequest {
    /// A header's first value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The sender's number of this delivery; the same for a repeat. A long one is shortened to its digest.
    pub fn delivery(&self) -> Option<String> {
        let id = DELIVERY_HEADERS.iter().find_map(|name| self.header(name).map(str::trim).filter(|id| !id.is_empty()))?;
        Some(if id.len() <= LONGEST_ID { id.to_owned() } else { hex::encode(Sha256::digest(id)) })
    }
}

/// What became of a request. Nothing is kept of one that is refused.
#[derive(Debug, Clone, PartialEq)]
pub enum HookOutcome {
    /// 202 (200 for a repeat): the run is in the store and goes on by itself.
    Accepted {
        /// The run; that of the first delivery for a repeat.
        run: RunId,
        /// Whether it was delivered before.
        repeat: bool,
    },
    /// The answer of the workflow, whose effects so far are durable.
    Answered {
        /// The run.
        run: RunId,
        /// Whether it was delivered before.
        repeat: bool,
        /// From 200 to 599.
        status: u16,
        /// Names and values.
        headers: Vec<(String, String)>,
        /// A text is sent as it is, anything else as JSON; null is no body.
        body: Value,
    },
    /// 404: no active workflow has this path.
    NoRoute,
    /// 405: the path takes other methods.
    OtherMethod {
        /// Those that it takes.
        allowed: Vec<String>,
    },
    /// 413: the body is larger than [`MOST_BYTES`].
    TooLarge,
    /// 401: the proof is missing, wrong or too old.
    Unauthorized {
        /// Which of these, without any secret.
        why: String,
    },
    /// 400: the body is not what its content type says.
    Malformed {
        /// What is wrong with it.
        why: String,
    },
    /// 422: the workflow refuses what it was given: an input that has no default, for example.
    Refused {
        /// What it says.
        why: String,
    },
    /// 429: too much at once; the same request may be sent again after the pause.
    Busy {
        /// How long to wait.
        retry_after: Duration,
    },
    /// 503: the store, the workspace folder or the account cannot be used now.
    Unavailable {
        /// Why.
        why: String,
    },
}

impl HookOutcome {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::Accepted { repeat: true, .. } => 200,
            Self::Accepted { repeat: false, .. } => 202,
            Self::Answered { status, .. } => *status,
            Self::NoRoute => 404,
            Self::OtherMethod { .. } => 405,
            Self::TooLarge => 413,
            Self::Unauthorized { .. } => 401,
            Self::Malformed { .. } => 400,
            Self::Refused { .. } => 422,
            Self::Busy { .. } => 429,
            Self::Unavailable { .. } => 503,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_is_numbered_by_its_sender() {
        let with = |headers: &[(&str, &str)]| {
            let headers = headers.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
            HookRequest { headers, ..HookRequest::default() }.delivery()
        };
        assert_eq!(with(&[]), None);
        assert_eq!(with(&[("Idempotency-Key", " ")]), None);
        assert_eq!(with(&[("X-GitHub-Delivery", "72d3"), ("host", "x")]).as_deref(), Some("72d3"));
        assert_eq!(with(&[("webhook-id", "w"), ("X-Delivery-Id", "d")]).as_deref(), Some("d"));
        assert_eq!(with(&[("webhook-id", &"w".repeat(4000))]).map(|id| id.len()), Some(64));
    }
}
