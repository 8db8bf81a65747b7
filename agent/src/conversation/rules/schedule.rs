//! "Activate it", "turn orders-report on": the clear word for a workflow that starts by itself.

use super::{FILLERS, Words};
use crate::conversation::command::{Command, Which};

const VERBS: &[&str] = &["activate", "deploy", "enable", "publish", "reactivate", "schedule", "unpause"];
const WHOLE: &[&str] = &[
    "activate",
    "activate it",
    "activate that",
    "activate the draft",
    "activate the schedule",
    "activate the workflow",
    "activate this",
    "deploy it",
    "enable it",
    "enable the schedule",
    "go live",
    "make it active",
    "make it live",
    "publish it",
    "put it live",
    "schedule it",
    "schedule the workflow",
    "schedule this",
    "set it live",
    "start the schedule",
    "switch it on",
    "switch on",
    "take it live",
    "turn it on",
    "turn on",
    "turn the schedule on",
    "turn this on",
    "yes activate it",
    "yes turn it on",
];
const TURN: &[&str] = &["switch", "turn"];

pub(super) fn rule(words: &Words) -> Option<Command> {
    if words.is(WHOLE) {
        return Some(Command::Schedule(Which::default()));
    }
    let turned = TURN.contains(&words.first()) && words.has(&["on"]) && words.name().is_some() && words.only(&[TURN, &["on"], FILLERS]);
    let workflow = if turned { words.name().map(str::to_owned) } else { words.object(VERBS, FILLERS) };
    workflow.map(|name| Command::Schedule(Which { workflow: Some(name) }))
}
