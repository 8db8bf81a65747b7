//! "Stop", "cancel the run", "turn orders-report off".

use super::{FILLERS, Place, Words};
use crate::conversation::command::{Command, StopWhat};

const VERBS: &[&str] = &["abort", "cancel", "deactivate", "disable", "halt", "kill", "pause", "stop", "unschedule"];
/// These end a run where the conversation has one.
const RUN: &[&str] = &[
    "abort",
    "abort it",
    "abort the run",
    "cancel",
    "cancel it",
    "cancel that",
    "cancel the run",
    "cancel this",
    "end the run",
    "halt",
    "kill it",
    "kill the run",
    "stop",
    "stop it",
    "stop now",
    "stop running",
    "stop that",
    "stop the run",
    "stop this",
];
/// These are about a run and nothing else.
const CLEARLY_RUN: &[&str] = &["abort the run", "cancel the run", "end the run", "kill the run", "stop the run"];
/// These are about the workflow.
const WORKFLOW: &[&str] = &[
    "cancel the schedule",
    "deactivate",
    "deactivate it",
    "deactivate the workflow",
    "deactivate this",
    "disable it",
    "disable the schedule",
    "pause it",
    "pause the schedule",
    "remove the schedule",
    "stop the schedule",
    "stop the workflow",
    "switch it off",
    "switch off",
    "take it offline",
    "turn it off",
    "turn off",
    "turn the schedule off",
    "turn this off",
    "unschedule it",
];
const TURN: &[&str] = &["switch", "turn"];

pub(super) fn rule(words: &Words, place: Place<'_>) -> Option<Command> {
    if words.is(CLEARLY_RUN) || words.is(RUN) && place.has_run {
        return Some(Command::Stop(StopWhat::default()));
    }
    if words.is(WORKFLOW) {
        return Some(Command::Stop(StopWhat { workflow: place.draft.map(str::to_owned), run: None }));
    }
    let turned = TURN.contains(&words.first()) && words.has(&["off"]) && words.name().is_some() && words.only(&[TURN, &["off"], FILLERS]);
    let workflow = if turned { words.name().map(str::to_owned) } else { words.object(VERBS, FILLERS) };
    workflow.map(|name| Command::Stop(StopWhat { workflow: Some(name), run: None }))
}
