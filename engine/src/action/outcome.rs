//! How an action can end.

use super::StepError;
use jiff::Timestamp;
use serde_json::{Map, Value};

/// What an action hands back. Failure travels as [`StepError`]; the executor turns all of it into events.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome<O> {
    /// Done, with an output.
    Done(O),
    /// Nothing to do until a time; then it is done with the output.
    WaitUntil {
        /// Until when.
        until: Timestamp,
        /// What it hands back then.
        output: O,
    },
    /// Answer whoever started the run; then it is done.
    Respond {
        /// `{status, headers, body}`.
        response: Value,
        /// What it hands back.
        output: O,
    },
    /// A person has to decide. The engine makes the output of the decision: `{approved, by, at, comment}`.
    AwaitApproval {
        /// What is asked, in a sentence.
        message: String,
        /// Who may decide besides the owner; nobody else when empty.
        approvers: Vec<String>,
        /// When it counts as refused.
        expires: Option<Timestamp>,
        /// What exactly is decided about; an approval holds for this and nothing else.
        payload: Value,
    },
    /// Run another workflow and wait for its end. The output is what that run hands back.
    Call {
        /// The workflow's name.
        workflow: String,
        /// Its inputs.
        inputs: Map<String, Value>,
    },
}

impl<O> Outcome<O> {
    /// The same ending with another output.
    ///
    /// # Errors
    /// What `f` says.
    pub fn try_map<P>(self, f: impl FnOnce(O) -> Result<P, StepError>) -> Result<Outcome<P>, StepError> {
        Ok(match self {
            Self::Done(output) => Outcome::Done(f(output)?),
            Self::WaitUntil { until, output } => Outcome::WaitUntil { until, output: f(output)? },
            Self::Respond { response, output } => Outcome::Respond { response, output: f(output)? },
            Self::AwaitApproval { message, approvers, expires, payload } => Outcome::AwaitApproval { message, approvers, expires, payload },
            Self::Call { workflow, inputs } => Outcome::Call { workflow, inputs },
        })
    }
}

impl<O> From<O> for Outcome<O> {
    fn from(output: O) -> Self {
        Self::Done(output)
    }
}
