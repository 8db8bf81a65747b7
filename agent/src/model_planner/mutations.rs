//! Whatever an answer says, it is read without a panic, and what can be read can be compiled without one.

use super::compile::{Env, care_for, compile};
use super::outline::{Target, parse, parse_change, render};
use super::{apply, templates_for_tests};
use proptest::prelude::*;
use sayflow_protocol::Workflow;
use std::sync::LazyLock;

static GOOD: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut all: Vec<String> = templates_for_tests().iter().map(render).collect();
    all.push(
        "add after a: b = file.read(path: \"x\") if a.n > 1\nreplace c = group for each x in a.items\n  d = file.read(path: x.path)\n\
         set post.text = `${a.b}`\nset post retry 3 every 2s\nunset post.retry\nrename a to z\nmove z after c\ntrigger schedule every 1h"
            .to_owned(),
    );
    all
});

/// Pieces that trip readers up.
const PIECES: &[&str] = &[
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "`",
    "\"",
    "'",
    "${",
    "}}",
    "${{",
    ",",
    ":",
    "=",
    "=>",
    "\n",
    "\n  ",
    "//",
    "/*",
    "# ",
    "if ",
    "else ",
    "for each ",
    " in ",
    "later(",
    "group",
    "trigger ",
    "set ",
    "add ",
    "ü",
    "\u{202E}",
    "😀",
    "\0",
    "\\",
    "...",
    "?",
    "```",
    "<think>",
    "</think>",
    "on_failure ",
    "output ",
    "input ",
    "repeat until ",
    "0",
    "-",
    ".",
    "item",
    "steps.",
    "null",
];

fn mutated() -> impl Strategy<Value = String> {
    let change = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..4_u8, 0..40_usize);
    (any::<prop::sample::Index>(), prop::collection::vec(change, 1..12)).prop_map(|(which, changes)| {
        let mut letters: Vec<char> = GOOD[which.index(GOOD.len())].chars().collect();
        for (at, piece, kind, length) in changes {
            let at = at.index(letters.len() + 1);
            let piece = PIECES[piece.index(PIECES.len())];
            let end = (at + length).min(letters.len());
            match kind {
                0 => drop(letters.splice(at..at, piece.chars())),
                1 => drop(letters.drain(at..end)),
                2 => drop(letters.splice(at..end, piece.chars())),
                _ => {
                    let copy: Vec<char> = letters[at..end].to_vec();
                    letters.splice(at..at, copy);
                }
            }
        }
        letters.into_iter().collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_answer_makes_the_planner_panic(answer in mutated()) {
        let catalogue = sayflow_actions::catalogue();
        let env = Env { catalogue: &catalogue, timezone: "Europe/Berlin", taken: &[], request: "do it" };
        let mut compiled = None;
        if let Ok(outline) = parse(&answer)
            && let Ok(mut found) = compile(&outline, &env)
        {
            care_for(&mut found.workflow, &env);
            // What was understood can be shown, and understood again.
            let shown = render(&found.workflow);
            prop_assert!(shown.starts_with("workflow "));
            compiled = Some(found.workflow);
        }
        let base: Workflow = compiled.unwrap_or_else(|| templates_for_tests()[0].clone());
        if let Ok(Target::Parts(changes)) = parse_change(&answer) {
            let _ = apply::apply(&base, &changes, &env);
        }
    }

    #[test]
    fn no_text_makes_the_planner_panic(answer in "\\PC{0,400}") {
        let _ = parse(&answer);
        let _ = parse_change(&answer);
    }
}
