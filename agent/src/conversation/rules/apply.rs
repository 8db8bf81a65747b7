//! "Yes", "apply 2": what was offered is carried out. Without an offer these words mean nothing.

use super::{Offered, Place, Words};
use crate::conversation::command::{Command, Picks, Which};

const YES: &[&str] =
    &["absolutely", "agreed", "all", "apply", "both", "do", "everything", "fix", "go", "mend", "repair", "sure", "y", "yeah", "yep", "yes"];
const WITH: &[&str] = &[
    "ahead",
    "a",
    "draft",
    "it",
    "made",
    "make",
    "of",
    "please",
    "so",
    "suggested",
    "suggestion",
    "suggestions",
    "sounds",
    "good",
    "that",
    "the",
    "them",
    "these",
    "this",
    "those",
    "change",
    "changes",
    "ok",
    "okay",
];
const AROUND: &[&str] = &["and", "apply", "do", "just", "number", "one", "only", "suggestion", "suggestions", "take", "the", "use", "yes"];
const NUMBERS: &[&[&str]] = &[
    &["1", "first", "1st"],
    &["2", "second", "two", "2nd"],
    &["3", "third", "three", "3rd"],
    &["4", "fourth", "four"],
    &["5", "fifth", "five"],
];

pub(super) fn rule(words: &Words, place: Place<'_>) -> Option<Command> {
    let offered = place.offered?;
    let agreed = agrees(words);
    match offered {
        Offered::Activation { workflow } => agreed.then(|| Command::Schedule(Which { workflow: workflow.clone() })),
        Offered::Fix { .. } => agreed.then(|| Command::Apply(Picks::default())),
        Offered::Improvements { .. } => {
            let picks = picks(words);
            (agreed || !picks.is_empty()).then_some(Command::Apply(Picks { picks }))
        }
    }
}

/// Whether a message says yes and nothing else.
pub(in super::super) fn agrees(words: &Words) -> bool {
    words.has(YES) && words.only(&[YES, WITH]) && !words.names_any()
}

/// The numbers in "apply 1 and the third"; none when anything else is said.
fn picks(words: &Words) -> Vec<usize> {
    let number = |word: &str| NUMBERS.iter().position(|names| names.contains(&word)).map(|at| at + 1).or_else(|| word.parse().ok());
    let mut picks: Vec<usize> = Vec::new();
    for word in words.joined().split(' ') {
        match number(word) {
            Some(pick) if !picks.contains(&pick) => picks.push(pick),
            Some(_) => {}
            None if AROUND.contains(&word) => {}
            None => return Vec::new(),
        }
    }
    picks
}
