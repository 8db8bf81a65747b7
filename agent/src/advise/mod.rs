//! Suggestions for a workflow that exists, one file a rule: what would make it better, why, and the operations that carry
//! it out. A rule says nothing without evidence, from the document or from the runs that there were.
//!
//! Everything here is pure; the host hands in what is known of the past.

mod account;
mod empty_list;
mod facts;
mod frequent_failure;
mod history;
mod idle_schedule;
mod repeated_read;
mod retry;
mod silent_failure;
mod slow_step;
mod timeout;
mod unlimited_writes;
mod unread_schedule;
mod unused_output;

pub use history::{History, Readers};

use crate::edit;
use facts::Facts;
use sayflow_engine::action::Catalogue;
use sayflow_prompts::{self as prompts, SuggestionArgs, SuggestionLine};
use sayflow_protocol::Workflow;
use sayflow_protocol::api::{Operation, Suggestion};

type Rule = fn(&Facts<'_>) -> Vec<Suggestion>;

/// What matters most first.
const RULES: &[Rule] = &[
    account::find,
    frequent_failure::find,
    silent_failure::find,
    empty_list::find,
    unlimited_writes::find,
    retry::find,
    timeout::find,
    slow_step::find,
    repeated_read::find,
    unused_output::find,
    idle_schedule::find,
    unread_schedule::find,
];

/// What would make a workflow better, what matters most first. The operations of each can be applied to the workflow; they
/// are empty where a person has to decide how.
pub fn suggestions(workflow: &Workflow, catalogue: &Catalogue, history: &History) -> Vec<Suggestion> {
    let facts = Facts::new(workflow, catalogue, history);
    let mut found: Vec<Suggestion> = RULES.iter().flat_map(|rule| rule(&facts)).collect();
    for suggestion in &mut found {
        let helps = edit::apply(workflow, &suggestion.operations).is_ok_and(|changed| changed != *workflow);
        if !helps {
            suggestion.operations.clear();
        }
    }
    found
}

/// Suggestions as Markdown for a reply, with the changes in words.
pub fn as_text(workflow: &Workflow, suggestions: &[Suggestion]) -> String {
    let line = |suggestion: &Suggestion| SuggestionLine {
        advice: suggestion.advice.clone(),
        evidence: suggestion.evidence.clone(),
        changes: edit::in_words(workflow, &suggestion.operations),
    };
    prompts::suggestions(&workflow.name, &suggestions.iter().map(line).collect::<Vec<_>>())
}

/// A suggestion in the words of its rule.
fn suggest(rule: &str, step: Option<&str>, arguments: SuggestionArgs, operations: Vec<Operation>) -> Suggestion {
    let arguments = SuggestionArgs { rule: rule.to_owned(), step: step.unwrap_or_default().to_owned(), ..arguments };
    Suggestion {
        rule: rule.to_owned(),
        step: step.map(str::to_owned),
        advice: prompts::suggestion_advice(&arguments),
        evidence: prompts::suggestion_evidence(&arguments),
        operations,
    }
}

fn set(step: &str, pointer: &str, value: impl Into<serde_json::Value>) -> Operation {
    Operation::Set { step: Some(step.to_owned()), pointer: pointer.to_owned(), value: value.into() }
}
