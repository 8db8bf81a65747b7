//! The finished document: its name, description, outputs, and what it says when it fails.

use super::build::{Builder, Shape};
use super::js;
use crate::language::{TokenKind, english, tokenize};
use indexmap::IndexMap;
use sayflow_protocol::workflow::{Step, Trigger, Workflow};

/// Puts the document together.
pub fn finish(builder: &Builder<'_>, text: &str, triggers: Vec<Trigger>, on_failure: Vec<Step>, wrote: bool) -> Workflow {
    let mut workflow = Workflow {
        name: name_of(text, builder.context.workflows),
        description: Some(sentence(text)),
        triggers,
        inputs: IndexMap::new(),
        steps: builder.steps.clone(),
        on_failure,
        outputs: IndexMap::new(),
        concurrency: None,
        limits: None,
        timeout: None,
        timezone: None,
        tags: Vec::new(),
    };
    if !wrote && let Some(focus) = builder.focus.as_ref().filter(|focus| !focus.given && focus.expr.starts_with("steps.")) {
        let name = match focus.shape {
            Shape::Number => focus.parts.first().map_or("result", |(name, _)| name.as_str()).to_owned(),
            _ => "result".to_owned(),
        };
        workflow.outputs.insert(name, js::whole(&focus.expr));
    }
    workflow
}

/// A name from the first words that carry content, different from all others.
fn name_of(text: &str, taken: &[String]) -> String {
    let lexicon = english();
    let words: Vec<String> = tokenize(text)
        .into_iter()
        .filter(|token| {
            token.kind == TokenKind::Word
                && !lexicon.is_stop(&token.norm)
                && token.norm.chars().all(|c| c.is_ascii_alphabetic())
                && token.norm.len() > 1
        })
        .map(|token| token.norm)
        .filter(|word| !lexicon.calendar.units.contains_key(word))
        .take(4)
        .collect();
    let base = if words.is_empty() { "workflow".to_owned() } else { words.join("-") };
    let base: String = base.chars().take(48).collect();
    if !taken.contains(&base) {
        return base;
    }
    (2..).map(|n| format!("{base}-{n}")).find(|name| !taken.contains(name)).unwrap_or(base)
}

fn sentence(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= 200 { line } else { line.chars().take(199).chain(['…']).collect() }
}
