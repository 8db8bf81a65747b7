//! "Why did it fail?", "what does orders-report do?", "how can I make it better?"

use super::Words;
use crate::conversation::command::{About, Command, ExplainWhat};

const ASKING: &[&str] = &["explain", "how", "reason", "what", "whats", "why"];
const FAILED: &[&str] =
    &["broke", "broken", "crash", "crashed", "error", "errors", "fail", "failed", "failing", "fails", "failure", "wrong", "work", "worked"];
const AROUND_FAILURE: &[&str] = &[
    "a", "and", "become", "came", "caused", "come", "did", "didnt", "do", "does", "doesnt", "for", "get", "go", "happened", "has", "have",
    "is", "it", "keep", "keeps", "last", "latest", "me", "my", "not", "of", "off", "run", "show", "tell", "that", "the", "there", "this",
    "time", "to", "today", "was", "went", "with", "workflow",
];
const PURPOSE: &[&str] = &[
    "describe it",
    "describe the draft",
    "describe the workflow",
    "document it",
    "document the workflow",
    "document this",
    "explain",
    "explain it",
    "explain the draft",
    "explain the workflow",
    "explain this workflow",
    "show it",
    "show me the draft",
    "show the draft",
    "show the workflow",
    "what does it do",
    "what does the draft do",
    "what does this do",
    "what does the workflow do",
    "what does this workflow do",
    "what will it do",
    "what would it do",
];
const DESCRIBING: &[&str] =
    &["describe", "document", "do", "does", "explain", "for", "good", "show", "tell", "what", "whats", "work", "works"];
const AROUND_PURPOSE: &[&str] = &["about", "exactly", "how", "is", "me", "my", "of", "the", "to", "workflow", "would", "will"];
const BETTER: &[&str] = &[
    "advice",
    "better",
    "improve",
    "improved",
    "improvement",
    "improvements",
    "optimise",
    "optimize",
    "review",
    "robust",
    "suggest",
    "suggestion",
    "suggestions",
    "tips",
];
const AROUND_BETTER: &[&str] = &[
    "a", "any", "anything", "are", "be", "can", "change", "could", "do", "draft", "for", "give", "have", "how", "i", "is", "it", "make",
    "me", "more", "my", "on", "or", "see", "should", "some", "that", "the", "there", "this", "to", "we", "what", "which", "workflow",
    "would", "you",
];

pub(super) fn rule(words: &Words) -> Option<Command> {
    let about = failure(words).or_else(|| purpose(words)).or_else(|| improvements(words))?;
    Some(Command::Explain(ExplainWhat { about, workflow: words.name().map(str::to_owned), run: None }))
}

fn failure(words: &Words) -> Option<About> {
    let works = words.has(&["work", "worked"]) && !words.has(&["fail", "failed"]);
    let broken = !works || words.has(&["not", "didnt", "doesnt"]);
    let asked = words.has(ASKING) && words.has(FAILED) && broken && words.only(&[ASKING, FAILED, AROUND_FAILURE]);
    asked.then_some(About::Failure)
}

fn purpose(words: &Words) -> Option<About> {
    let named = words.name().is_some() && words.has(DESCRIBING) && words.only(&[DESCRIBING, AROUND_PURPOSE]);
    (named || words.is(PURPOSE)).then_some(About::Purpose)
}

fn improvements(words: &Words) -> Option<About> {
    (words.has(BETTER) && words.only(&[BETTER, AROUND_BETTER])).then_some(About::Improvements)
}
