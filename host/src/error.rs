//! What a request to the application can end in, and how it is told over the API.

use crate::principal::Denied;
use sayflow_engine::vault::{VaultError, VaultErrorKind};
use sayflow_protocol::Diagnostic;
use sayflow_protocol::api::Problem;
use sayflow_protocol::api::problem::kind;
use sayflow_store::StoreError;
use std::time::Duration;

/// A request that was not carried out.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AppError {
    /// Whoever asks may not.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// There is no such thing.
    #[error("there is no {what} \"{name}\"")]
    NotFound {
        /// Such as `run`.
        what: &'static str,
        /// The name or id that was asked for.
        name: String,
        /// How to see what there is.
        help: Option<String>,
    },
    /// There is no such account.
    #[error("{message}")]
    Missing {
        /// What is missing.
        message: String,
        /// The way out.
        help: Option<String>,
    },
    /// The accounts cannot be opened.
    #[error("{message}")]
    VaultUnusable {
        /// What is wrong with the key or a record.
        message: String,
        /// The way out.
        help: Option<String>,
    },
    /// The document has errors.
    #[error("the workflow has {}", count(.0))]
    InvalidWorkflow(Vec<Diagnostic>),
    /// The values for the inputs do not fit.
    #[error("{message}")]
    InvalidInputs {
        /// What is wrong.
        message: String,
        /// The way out.
        help: Option<String>,
    },
    /// The request makes no sense.
    #[error("{message}")]
    InvalidRequest {
        /// What is wrong.
        message: String,
        /// The way out.
        help: Option<String>,
    },
    /// It does not fit what is there now.
    #[error("{0}")]
    Conflict(String),
    /// It could be decided once, and the time for it is over.
    #[error("{0}")]
    Gone(String),
    /// There is no room for it now.
    #[error("{message}")]
    Busy {
        /// What is full.
        message: String,
        /// When trying again may help.
        retry_after: Duration,
    },
    /// A limit of the workflow is used up.
    #[error("{message}")]
    LimitReached {
        /// What is used up.
        message: String,
        /// The way out.
        help: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A fault of ours.
    #[error("{0}")]
    Internal(String),
}

impl AppError {
    /// There is no such thing.
    pub(crate) fn not_found(what: &'static str, name: &str, help: &str) -> Self {
        Self::NotFound { what, name: name.to_owned(), help: Some(help.to_owned()) }
    }

    /// The request makes no sense.
    pub(crate) fn invalid(message: impl Into<String>, help: &str) -> Self {
        Self::InvalidRequest { message: message.into(), help: Some(help.to_owned()) }
    }

    /// The form in which the API tells it.
    pub fn to_problem(&self) -> Problem {
        let (word, title, status) = self.class();
        let (help, diagnostics) = match self {
            Self::NotFound { help, .. } | Self::InvalidInputs { help, .. } | Self::InvalidRequest { help, .. } => {
                (help.clone(), Vec::new())
            }
            Self::LimitReached { help, .. } => (Some(help.clone()), Vec::new()),
            Self::InvalidWorkflow(diagnostics) => (None, diagnostics.clone()),
            _ => (None, Vec::new()),
        };
        let retry_after = match self {
            Self::Busy { retry_after, .. } => Some(crate::whole_seconds(*retry_after)),
            _ => None,
        };
        Problem { kind: word.to_owned(), title: title.to_owned(), status, detail: Some(self.to_string()), help, retry_after, diagnostics }
    }

    /// Word, title and HTTP status.
    fn class(&self) -> (&'static str, &'static str, u16) {
        match self {
            Self::Denied(Denied::WhoAreYou) => (kind::UNAUTHORIZED, "The server's token is needed", 401),
            Self::NotFound { .. } | Self::Missing { .. } => (kind::NOT_FOUND, "There is no such thing", 404),
            Self::InvalidWorkflow(_) => (kind::INVALID_WORKFLOW, "The workflow has errors", 422),
            Self::InvalidInputs { .. } => (kind::INVALID_INPUTS, "The inputs do not fit", 422),
            Self::InvalidRequest { .. } => (kind::INVALID_REQUEST, "The request makes no sense", 400),
            Self::Conflict(_) | Self::Store(StoreError::Conflict { .. }) => (kind::CONFLICT, "It does not fit what is there now", 409),
            Self::Gone(_) => (kind::GONE, "The time for it is over", 410),
            Self::LimitReached { .. } => (kind::LIMIT_REACHED, "A limit of the workflow is used up", 429),
            Self::Busy { .. } => (kind::BUSY, "Too much is going on", 429),
            Self::Store(StoreError::DiskFull { .. }) => (kind::STORE_UNAVAILABLE, "The disk is full", 507),
            Self::Store(_) => (kind::STORE_UNAVAILABLE, "The data folder cannot be used", 503),
            Self::VaultUnusable { .. } => (kind::STORE_UNAVAILABLE, "The accounts cannot be opened", 503),
            Self::Internal(_) => (kind::INTERNAL, "A fault of the server", 500),
        }
    }
}

fn count(diagnostics: &[Diagnostic]) -> String {
    match diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count() {
        1 => "an error".into(),
        errors => format!("{errors} errors"),
    }
}

impl From<VaultError> for AppError {
    fn from(why: VaultError) -> Self {
        let VaultError { kind, message, help } = why;
        match kind {
            VaultErrorKind::Invalid | VaultErrorKind::Ambiguous => Self::InvalidRequest { message, help },
            VaultErrorKind::Missing => Self::Missing { message, help },
            VaultErrorKind::Key | VaultErrorKind::Damaged => Self::VaultUnusable { message, help },
            VaultErrorKind::Store => Self::Store(StoreError::Other(message)),
        }
    }
}
