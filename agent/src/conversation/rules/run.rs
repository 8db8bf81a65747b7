//! "Run it", "start orders-report with region=north".

use super::{FILLERS, Words};
use crate::conversation::command::{Command, RunWhat};
use serde_json::{Map, Value};

const VERBS: &[&str] = &["execute", "fire", "launch", "run", "start", "trigger"];
const WHOLE: &[&str] = &[
    "execute",
    "execute it",
    "go ahead and run it",
    "launch it",
    "lets run it",
    "run",
    "run it",
    "run it again",
    "run it for real",
    "run it once",
    "run it once more",
    "run that",
    "run the draft",
    "run the workflow",
    "run this",
    "run this workflow",
    "start it",
    "start the workflow",
    "start",
    "yes run it",
];
const AROUND: &[&str] = &["once", "again", "more", "time", "for", "real", "with"];

pub(super) fn rule(words: &Words) -> Option<Command> {
    if words.is(WHOLE) {
        return Some(Command::Run(RunWhat::default()));
    }
    let (inputs, plain) = inputs(words.raw())?;
    let object = |words: &Words| words.object(VERBS, &[FILLERS, AROUND].concat());
    let workflow = match plain {
        None => object(words)?,
        // Without the inputs the words are looked at again; the names stay what they were.
        Some(plain) => {
            let rest = words.without(&plain);
            if rest.is(WHOLE) || rest.is(&["run it with", "run the draft with", "run with"]) {
                return Some(Command::Run(RunWhat { workflow: None, inputs }));
            }
            object(&rest)?
        }
    };
    Some(Command::Run(RunWhat { workflow: Some(workflow), inputs }))
}

/// The words of a message that are `name=value`.
type Pairs = Vec<String>;

/// The `name=value` pairs of a message, and these words themselves; none of them is where a pair has no name.
fn inputs(text: &str) -> Option<(Map<String, Value>, Option<Pairs>)> {
    let (mut inputs, mut pairs) = (Map::new(), Vec::new());
    for word in text.split_whitespace().filter(|word| word.contains('=')) {
        let (name, value) = word.split_once('=')?;
        if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-') {
            return None;
        }
        let value = value.trim_end_matches([',', '.', ';']).trim_matches('"');
        inputs.insert(name.to_owned(), Value::String(value.to_owned()));
        pairs.push(word.to_owned());
    }
    let pairs = (!pairs.is_empty()).then_some(pairs);
    Some((inputs, pairs))
}
