//! "Undo": the draft before; "undo orders-report": the version before.

use super::Words;
use crate::conversation::command::{Command, Which};

const CORE: &[&str] = &["back", "restore", "revert", "rollback", "undo"];
const AROUND: &[&str] = &[
    "again", "before", "change", "changes", "draft", "edit", "go", "it", "last", "my", "of", "one", "previous", "put", "roll", "step",
    "take", "that", "the", "this", "to", "version", "was", "workflow",
];

pub(super) fn rule(words: &Words) -> Option<Command> {
    let asked = words.has(CORE) && words.only(&[CORE, AROUND]);
    asked.then(|| Command::Undo(Which { workflow: words.name().map(str::to_owned) }))
}
