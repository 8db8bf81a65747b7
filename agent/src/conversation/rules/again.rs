//! "Try again": the request once more.

use super::Words;
use crate::conversation::command::Command;

const AGAIN: &[&str] = &[
    "again",
    "carry on",
    "continue",
    "go on",
    "once more",
    "resume",
    "retry",
    "try again",
    "try it again",
    "try it once more",
    "try once more",
];

pub(super) fn rule(words: &Words) -> Option<Command> {
    words.is(AGAIN).then_some(Command::Again)
}
