//! Text in hand, line by line and as a whole: "the lines with ERROR", "the number of words", "in upper case".

use super::super::build::{Builder, Focus, Shape};
use super::super::chunk::Chunk;
use super::super::conditions::Cond;
use super::super::js;
use crate::language::{Act, TokenKind, english};

/// What introduces the words that a line must hold.
const HOLDING: [&str; 16] = [
    "with",
    "containing",
    "contain",
    "contains",
    "including",
    "include",
    "mentioning",
    "mention",
    "having",
    "matching",
    "mentions",
    "have",
    "has",
    "includes",
    "for",
    "without",
];

/// Works on the text in hand as far as the clause asks for it. True when it did.
pub fn work(builder: &mut Builder<'_>, chunk: &mut Chunk, act: Option<Act>) -> bool {
    let Some(focus) = builder.focus.clone().filter(|focus| focus.shape == Shape::Text && !focus.given) else { return false };
    let mut done = keep_lines(builder, chunk, &focus, act);
    if let Some(focus) = builder.focus.clone() {
        done |= letters(builder, chunk, &focus, act);
    }
    if let Some(focus) = builder.focus.clone() {
        done |= length(builder, chunk, &focus);
    }
    done
}

/// "the lines with ERROR", "grep TODO", "every line that mentions "disk"".
fn keep_lines(builder: &mut Builder<'_>, chunk: &mut Chunk, focus: &Focus, act: Option<Act>) -> bool {
    let greps = chunk.tokens.first().is_some_and(|token| token.is("grep"));
    let lines = chunk.tokens.iter().any(|token| token.is_any(&["line", "lines", "entries", "rows", "ones"]));
    let finds = matches!(act, Some(Act::Keep | Act::Drop | Act::Count)) || greps;
    let kinds = chunk.tokens.iter().any(|token| token.is_any(&["errors", "warnings", "failures", "exceptions"]));
    if !lines && !finds && !kinds {
        return false;
    }
    // "the errors from app.log": the lines that say so.
    if let Some(at) = (0..chunk.len()).find(|&at| ["errors", "warnings", "failures", "exceptions"].contains(&chunk.free_word(at)))
        && !lines
    {
        let word = chunk.word(at).trim_end_matches('s').to_owned();
        chunk.take(at..at + 1);
        return builder.filter(&Cond::Is(format!("String(item).toLowerCase().includes({})", js::text(&word)))).is_some();
    }
    if let Some(at) = marked(chunk) {
        let text = chunk.tokens[at - 1].quoted().map_or_else(|| chunk.tokens[at - 1].text.clone(), str::to_owned);
        chunk.take(at - 1..at);
        let cond = Cond::Is(format!("String(item).includes({})", js::text(&text)));
        let cond = if act == Some(Act::Drop) { Cond::Not(Box::new(cond)) } else { cond };
        if builder.filter(&cond).is_some() {
            if let Some(kept) = &mut builder.focus {
                "lines".clone_into(&mut kept.label);
            }
            return true;
        }
    }
    let counted = chunk.tokens.iter().any(|token| token.is_any(&["words", "characters", "letters"]));
    for at in 0..chunk.len() {
        let holding = HOLDING.contains(&chunk.free_word(at)) && at > 0 && (lines || chunk.word(at) == "for");
        let leading = greps && at == 0;
        if !holding && !leading {
            continue;
        }
        let Some((words, span)) = needle(chunk, at + 1) else { continue };
        if counted && !lines {
            return false;
        }
        let negated = chunk.word(at) == "without"
            || ["not", "don't", "doesn't", "do not", "never"].contains(&chunk.before(at))
            || act == Some(Act::Drop);
        let any: Vec<Cond> =
            words.iter().map(|word| Cond::Is(format!("String(item).toLowerCase().includes({})", js::text(&word.to_lowercase())))).collect();
        let cond = if any.len() == 1 { any.into_iter().next().unwrap_or(Cond::Is("true".to_owned())) } else { Cond::Any(any) };
        let start = if negated && at > 0 && chunk.word(at) != "without" && act != Some(Act::Drop) { at - 1 } else { at };
        chunk.take(start..span);
        if builder.filter(&if negated { Cond::Not(Box::new(cond)) } else { cond }).is_some() {
            if let Some(kept) = &mut builder.focus {
                "lines".clone_into(&mut kept.label);
            }
            let _ = focus;
            return true;
        }
    }
    false
}

/// "the ERROR lines", "each TODO line": a word in capitals before the noun.
fn marked(chunk: &Chunk) -> Option<usize> {
    (1..chunk.len()).find(|&at| {
        let before = &chunk.tokens[at - 1];
        let loud = before.is_word() && before.text.len() > 2 && before.text.chars().all(char::is_uppercase);
        ["line", "lines", "entries"].contains(&chunk.free_word(at)) && chunk.free(at - 1) && (loud || before.quoted().is_some())
    })
}

/// The words looked for at a place, joined by "or", and where they end.
fn needle(chunk: &Chunk, start: usize) -> Option<(Vec<String>, usize)> {
    let lexicon = english();
    let mut at = start;
    while chunk.free(at) && ["the", "word", "text", "a", "an", "words", "string", "phrase", "that", "term"].contains(&chunk.word(at)) {
        at += 1;
    }
    let mut found = Vec::new();
    loop {
        if !chunk.free(at) {
            break;
        }
        let token = &chunk.tokens[at];
        let text = match (&token.kind, token.quoted()) {
            (_, Some(text)) => text.to_owned(),
            (TokenKind::Word, _) if !lexicon.is_stop(&token.norm) || token.text.chars().all(char::is_uppercase) => token.text.clone(),
            (TokenKind::Number(_), _) => token.text.clone(),
            _ => break,
        };
        found.push(text);
        at += 1;
        if chunk.free_word(at) == "or" {
            at += 1;
        } else {
            break;
        }
    }
    // "with more than 3 words" and the like compare.
    (!found.is_empty()).then_some((found, at))
}

/// "in upper case", "uppercase notes.txt".
fn letters(builder: &mut Builder<'_>, chunk: &mut Chunk, focus: &Focus, act: Option<Act>) -> bool {
    let cased = |words: [&str; 2], joined: &[&str]| {
        (0..chunk.len()).find_map(|at| {
            if joined.contains(&chunk.word(at)) {
                Some(at..at + 1)
            } else if chunk.word(at) == words[0] && chunk.word(at + 1) == words[1] {
                Some(at..at + 2)
            } else {
                None
            }
        })
    };
    let upper = cased(["upper", "case"], &["uppercase", "uppercased", "upper-case", "capitals"]);
    let lower = cased(["lower", "case"], &["lowercase", "lowercased", "lower-case"]);
    let (method, span) = match (upper, lower, act) {
        (Some(span), ..) => ("toUpperCase", Some(span)),
        (None, Some(span), _) => ("toLowerCase", Some(span)),
        (None, None, Some(Act::Uppercase)) => ("toUpperCase", None),
        (None, None, Some(Act::Lowercase)) => ("toLowerCase", None),
        _ => return false,
    };
    if let Some(span) = span {
        chunk.take(span);
    }
    let expr = if focus.shape == Shape::Text { format!("{}.{method}()", focus.expr) } else { return false };
    builder.hold(Focus { expr, ..focus.clone() });
    true
}

/// "the number of words", "how many characters": lines are counted as items are.
fn length(builder: &mut Builder<'_>, chunk: &mut Chunk, focus: &Focus) -> bool {
    if focus.shape != Shape::Text {
        return false;
    }
    let counts = (0..chunk.len()).any(|at| {
        english().measures.at(&chunk.tokens, at).is_some_and(|(_, measure)| *measure == crate::language::Measure::Count)
            || ["count", "length"].contains(&chunk.word(at))
    });
    let Some(at) = (0..chunk.len()).find(|&at| ["words", "word", "characters", "letters", "chars"].contains(&chunk.free_word(at))) else {
        return false;
    };
    if !counts {
        return false;
    }
    let words = chunk.word(at).starts_with("word");
    let expr =
        if words { format!("{}.split(/\\s+/).filter(word => word !== '').length", focus.expr) } else { format!("{}.length", focus.expr) };
    for place in 0..=at {
        if chunk.free(place) {
            chunk.take(place..place + 1);
        }
    }
    let mut number = Focus::new(expr, Shape::Number);
    let name = if words { "words" } else { "characters" };
    number.parts = vec![("count".to_owned(), format!("Number of {name}"))];
    number.label = format!("Number of {name}");
    number.origin.clone_from(&focus.origin);
    builder.hold(number);
    true
}
