//! What can go wrong between a surface and the server.

use sayflow_protocol::api::Problem;
use sayflow_protocol::api::problem::kind;

/// Why a request has no good answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ClientError {
    /// The server understood and refused; programs branch on [`Problem::kind`].
    #[error("{}", describe(.0))]
    Problem(Box<Problem>),
    /// Nobody answers.
    #[error("no server answers at {address}: {why}; start one with: sayflow serve")]
    Unreachable {
        /// Where it was looked for.
        address: String,
        /// What happened.
        why: String,
    },
    /// Something answers, but not as a Sayflow server of this version does.
    #[error("the server at {address} answered in an unexpected way: {why}; check that its version fits this one's")]
    Unexpected {
        /// Where.
        address: String,
        /// What was wrong with the answer.
        why: String,
    },
}

impl ClientError {
    /// The problem, where the server refused.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Problem(problem) => Some(problem),
            _ => None,
        }
    }

    /// Whether the server refused because there is no such thing.
    pub fn is_not_found(&self) -> bool {
        self.problem().is_some_and(|problem| problem.kind == kind::NOT_FOUND)
    }

    /// Whether the server refused a document.
    pub fn is_invalid_workflow(&self) -> bool {
        self.problem().is_some_and(|problem| problem.kind == kind::INVALID_WORKFLOW)
    }
}

fn describe(problem: &Problem) -> String {
    let said = problem.detail.as_deref().unwrap_or(&problem.title);
    match &problem.help {
        Some(help) => format!("{said}; {help}"),
        None => said.to_owned(),
    }
}
