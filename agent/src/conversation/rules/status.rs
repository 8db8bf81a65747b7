//! "Status", "did it work?", "is orders-report active?", "when does it run next?"

use super::Words;
use crate::conversation::command::{Command, Which};

const FIRST: &[&str] = &[
    "any", "are", "did", "do", "does", "has", "have", "how", "hows", "is", "progress", "state", "status", "what", "whats", "when", "where",
];
const CORE: &[&str] = &[
    "active",
    "done",
    "doing",
    "finished",
    "going",
    "happened",
    "happening",
    "next",
    "progress",
    "ran",
    "running",
    "state",
    "status",
    "succeed",
    "succeeded",
    "through",
    "work",
    "worked",
];
const AROUND: &[&str] = &[
    "any",
    "anything",
    "are",
    "at",
    "be",
    "currently",
    "did",
    "does",
    "everything",
    "far",
    "has",
    "have",
    "how",
    "hows",
    "i",
    "in",
    "is",
    "it",
    "last",
    "moment",
    "my",
    "news",
    "now",
    "of",
    "on",
    "run",
    "runs",
    "still",
    "that",
    "the",
    "things",
    "this",
    "time",
    "well",
    "was",
    "were",
    "what",
    "whats",
    "when",
    "which",
    "will",
    "with",
    "workflow",
    "yet",
];

pub(super) fn rule(words: &Words) -> Option<Command> {
    let asked = FIRST.contains(&words.first()) && words.has(CORE) && words.only(&[FIRST, CORE, AROUND]);
    // "Did it not work" asks why.
    (asked && !words.has(&["not"])).then(|| Command::Status(Which { workflow: words.name().map(str::to_owned) }))
}
