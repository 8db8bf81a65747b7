//! Why an attempt failed, with what the engine needs to know to go on.

use sayflow_protocol::RunError;
use std::time::Duration;

/// Whether trying again may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// It would fail the same way.
    Never,
    /// It may help. Only reads, idempotent writes and failures before sending are repeated by themselves.
    Maybe,
    /// The other side asked to wait this long.
    After(Duration),
}

/// A failed attempt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct StepError {
    /// Stable word, such as `http_status`, `timeout` or `file_not_found`.
    pub code: String,
    /// What happened, without secrets.
    pub message: String,
    /// The way out.
    pub help: Option<String>,
    /// Whether trying again may help.
    pub retry: Retry,
    /// Whether a request was sent and got no definite answer, so that a write may have happened.
    pub outcome_unknown: bool,
}

impl StepError {
    /// A failure that would repeat itself.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), help: None, retry: Retry::Never, outcome_unknown: false }
    }

    /// Adds the way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says that trying again may help.
    #[must_use]
    pub fn retryable(mut self) -> Self {
        self.retry = Retry::Maybe;
        self
    }

    /// Says how long the other side asked to wait.
    #[must_use]
    pub fn retry_after(mut self, pause: Duration) -> Self {
        self.retry = Retry::After(pause);
        self
    }

    /// Says that a request was sent and got no definite answer.
    #[must_use]
    pub fn unknown(mut self) -> Self {
        self.outcome_unknown = true;
        self
    }

    /// The form that is journalled.
    pub fn to_run_error(&self, step: &str) -> RunError {
        RunError { code: self.code.clone(), message: self.message.clone(), step: Some(step.to_owned()), help: self.help.clone() }
    }
}
