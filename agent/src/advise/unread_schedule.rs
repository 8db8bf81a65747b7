//! `unread-schedule`: a schedule on a workflow whose results nobody reads.

use super::facts::Facts;
use super::{Readers, suggest};
use sayflow_prompts::SuggestionArgs;
use sayflow_protocol::api::{Operation, Suggestion};

/// So many runs have to go unread.
const RUNS: usize = 5;

pub(super) fn find(facts: &Facts<'_>) -> Vec<Suggestion> {
    let unread = matches!(&facts.history.readers, Readers::Known { looked: false, workflows } if workflows.is_empty());
    let runs = facts.history.counted().count();
    let writes = facts.writes().next().is_some();
    let Some(at) = facts.schedules().next().filter(|_| unread && runs >= RUNS && !writes) else { return Vec::new() };
    let arguments = SuggestionArgs { total: runs, ..SuggestionArgs::default() };
    let unset = Operation::Unset { step: None, pointer: format!("/triggers/{at}") };
    vec![suggest("unread-schedule", None, arguments, vec![unset])]
}
