//! "List my workflows", "what is scheduled?", "show the last runs", "what waits for me?"

use super::Words;
use crate::conversation::command::{Command, ListWhat, Listing};

const WORKFLOWS: &[&str] = &["automations", "workflows"];
const RUNS: &[&str] = &["executions", "runs"];
const SCHEDULES: &[&str] = &["active", "scheduled", "schedules", "upcoming"];
const APPROVALS: &[&str] = &["approval", "approvals", "approve", "decide", "decision", "decisions", "waiting", "waits"];
const AROUND: &[&str] = &[
    "a",
    "all",
    "any",
    "are",
    "be",
    "display",
    "do",
    "exist",
    "existing",
    "for",
    "give",
    "have",
    "has",
    "i",
    "is",
    "last",
    "latest",
    "list",
    "me",
    "my",
    "need",
    "needs",
    "newest",
    "next",
    "of",
    "on",
    "open",
    "our",
    "overview",
    "pending",
    "recent",
    "saved",
    "see",
    "show",
    "something",
    "tell",
    "the",
    "there",
    "to",
    "up",
    "we",
    "what",
    "whats",
    "which",
];

pub(super) fn rule(words: &Words) -> Option<Command> {
    if words.names_any() || !words.only(&[WORKFLOWS, RUNS, SCHEDULES, APPROVALS, AROUND]) {
        return None;
    }
    // "My active workflows" are schedules, "the runs that wait for approval" approvals.
    let what = if words.has(APPROVALS) {
        Listing::Approvals
    } else if words.has(SCHEDULES) {
        Listing::Schedules
    } else if words.has(RUNS) {
        Listing::Runs
    } else if words.has(WORKFLOWS) {
        Listing::Workflows
    } else {
        return None;
    };
    Some(Command::List(ListWhat { what }))
}
