//! Changes that mend a failure, one file a rule. A rule proposes only what the evidence of this run supports.

mod accounts;
mod envelope;
mod expect_status;
mod field;
mod missing_value;
mod patience;
mod place;
mod retry;
mod values;
mod wording;

pub(crate) use accounts::command;
pub(super) use accounts::commands;
pub(super) use patience::of_the_run;

use super::situation::Situation;
use sayflow_protocol::api::Operation;
use serde_json::Value;

/// A change of the workflow and why it would help.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fix {
    pub operations: Vec<Operation>,
    /// A sentence.
    pub because: String,
}

impl Fix {
    fn set(situation: &Situation<'_>, pointer: &str, value: impl Into<Value>, because: impl Into<String>) -> Self {
        let set = Operation::Set { step: Some(situation.path.clone()), pointer: pointer.to_owned(), value: value.into() };
        Self { operations: vec![set], because: because.into() }
    }
}

type Rule = fn(&Situation<'_>) -> Option<Fix>;

/// What is surest first.
const RULES: &[Rule] = &[
    place::fix,
    envelope::fix,
    field::fix,
    missing_value::fix,
    wording::fix,
    accounts::fix,
    expect_status::fix,
    patience::fix,
    retry::fix,
];

/// The change that mends a failure, where a rule knows one.
pub(super) fn find(situation: &Situation<'_>) -> Option<Fix> {
    RULES.iter().find_map(|rule| rule(situation))
}
