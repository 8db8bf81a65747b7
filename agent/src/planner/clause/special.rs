//! Acts that work in their own way: waiting, moving, copying, deleting, converting, replacing, joining, retrying.

use super::super::build::{Builder, Focus, Shape, Wording, WriteMode};
use super::super::chunk::Chunk;
use super::super::fields::{Fields, Fit};
use super::super::js;
use super::super::places::{self, Source};
use super::{Outcome, files, hash};
use crate::language::{Act, Entity, Token, english, number_at};
use indexmap::IndexMap;
use sayflow_engine::action::role;
use sayflow_protocol::Interval;
use sayflow_protocol::workflow::Retry;
use serde_json::{Value, json};

/// Without "without changing orders.csv" and the like at the end.
pub fn strip_tail(tokens: &[Token]) -> Vec<Token> {
    let cut = (1..tokens.len()).find(|&at| {
        tokens[at].is_any(&["without", "instead"])
            && tokens
                .get(at + 1)
                .is_some_and(|next| next.is_word() && next.norm.ends_with("ing") && !["removing", "counting"].contains(&next.norm.as_str()))
    });
    let mut kept = tokens[..cut.unwrap_or(tokens.len())].to_vec();
    let either = ["either way", "in any case", "in both cases", "no matter what", "regardless", "anyway"];
    for phrase in either {
        let words: Vec<&str> = phrase.split(' ').collect();
        if let Some(at) = kept.windows(words.len()).position(|window| window.iter().zip(&words).all(|(token, word)| token.is(word))) {
            kept.drain(at..at + words.len());
        }
    }
    kept
}

/// The act that a verb stands for with the words behind it: "strip it down to the names" keeps, "give #ops a shout"
/// sends.
pub fn as_meant(tokens: &[Token], place: usize, act: Option<Act>) -> Option<Act> {
    let down = tokens.windows(2).any(|pair| pair[0].is("down") && pair[1].is("to"));
    let told = tokens[place + 1..].first().is_some_and(|token| {
        matches!(token.entity(), Some(Entity::Channel(_) | Entity::Chat(_) | Entity::Email(_))) || token.is_any(&["everyone", "everybody"])
    });
    match act {
        Some(Act::Drop | Act::Fetch | Act::Save | Act::Keep) if down => {
            let chosen = tokens.iter().any(|token| token.is_any(&["those", "ones", "rows", "where", "with", "whose", "over", "under"]));
            Some(if chosen { Act::Keep } else { Act::Project })
        }
        // "drop \"hello\" into #x"
        Some(Act::Drop | Act::Move) if tokens.get(place + 1).is_some_and(|token| token.quoted().is_some()) => {
            let place = tokens.iter().any(|token| matches!(token.entity(), Some(Entity::Path(_))));
            Some(if place { Act::Save } else { Act::Send })
        }
        Some(Act::Project | Act::Keep) if told && tokens[place].is_any(&["give", "show"]) => Some(Act::Send),
        _ => act,
    }
}

/// Does a clause with an act of its own kind. True when it was one.
pub fn perform(builder: &mut Builder<'_>, chunk: &mut Chunk, act: Option<Act>, outcome: &mut Outcome) -> bool {
    if let Some(wrote) = hash::digest(builder, chunk, act) {
        outcome.acted = true;
        outcome.wrote |= wrote;
        return true;
    }
    let done = match act {
        Some(Act::Wait) => wait(builder, chunk),
        Some(Act::Retry) => retry(builder, chunk),
        Some(Act::Stop) => Some(()),
        Some(Act::Move) => files::relocate(builder, chunk),
        Some(Act::Delete | Act::Drop) => files::delete(builder, chunk),
        Some(Act::Copy) => files::copy(builder, chunk),
        Some(Act::Convert) => files::convert(builder, chunk),
        Some(Act::Replace) => replace(builder, chunk),
        _ => None,
    };
    let changes = matches!(act, Some(Act::Move | Act::Delete | Act::Copy | Act::Convert));
    if done.is_some() {
        outcome.acted = true;
        outcome.wrote |= changes;
        return true;
    }
    false
}

fn wait(builder: &mut Builder<'_>, chunk: &Chunk) -> Option<()> {
    let millis = (0..chunk.len()).find_map(|at| span_at(&chunk.tokens, at))?;
    let spec = builder.tools.wait()?;
    let with = IndexMap::from([(spec.param_with_role(role::DURATION)?.to_owned(), json!(Interval::from_millis(millis).as_str()))]);
    builder.barrier = super::effects(builder);
    let id = builder.add("wait", spec, with);
    builder.barrier = vec![id];
    Some(())
}

fn span_at(tokens: &[Token], at: usize) -> Option<u64> {
    let lexicon = english();
    if let Some(Entity::Span(millis)) = tokens[at].entity() {
        return Some(*millis);
    }
    let (count, length) = match tokens[at].norm.as_str() {
        "a" | "an" => (1.0, 1),
        "half" => (0.5, 1 + usize::from(tokens.get(at + 1).is_some_and(|token| token.is_any(&["a", "an"])))),
        _ => number_at(lexicon, tokens, at)?,
    };
    let unit = match lexicon.calendar.units.get(&tokens.get(at + length)?.norm)?.as_str() {
        "s" => 1e3,
        "m" => 6e4,
        "h" => 3.6e6,
        "d" => 8.64e7,
        "w" => 6.048e8,
        _ => return None,
    };
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "spans of a sentence")]
    Some((count * unit) as u64)
}

/// "try 3 times", "retry up to five times".
fn retry(builder: &mut Builder<'_>, chunk: &Chunk) -> Option<()> {
    let lexicon = english();
    let found = (0..chunk.len()).find_map(|at| number_at(lexicon, &chunk.tokens, at)).map(|(count, _)| count);
    let count = found.or_else(|| {
        chunk.tokens.iter().find_map(|token| {
            if token.is("twice") {
                Some(2.0)
            } else if token.is("once") {
                Some(1.0)
            } else {
                None
            }
        })
    })?;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count")]
    let count = count.clamp(1.0, 20.0) as u32;
    // "retry 3 times" comes on top of the first attempt, "try 3 times" includes it.
    let again = chunk.tokens.first().is_some_and(|token| token.is("retry"));
    let attempts = count + u32::from(again);
    builder.attempts = Some(attempts);
    for step in &mut builder.steps {
        if let Some(retry) = &mut step.retry {
            retry.max_attempts = attempts;
        } else if step.uses.as_deref().is_some_and(|uses| uses.contains("http") || uses.contains("send")) {
            step.retry = Some(Retry { max_attempts: attempts, backoff: Some(Interval::from_millis(2000)), max_backoff: None });
        }
    }
    Some(())
}

/// "replace X with Y in letter.txt".
fn replace(builder: &mut Builder<'_>, chunk: &mut Chunk) -> Option<()> {
    let quoted: Vec<(usize, String)> =
        (0..chunk.len()).filter_map(|at| chunk.tokens[at].quoted().map(|text| (at, text.to_owned()))).collect();
    let with = (0..chunk.len()).find(|&at| ["with", "by"].contains(&chunk.word(at)))?;
    let plain = |at: usize| chunk.tokens.get(at).filter(|token| token.is_word()).map(|token| token.text.clone());
    let (find, put) = match quoted.as_slice() {
        [(_, a), (_, b), ..] => (a.clone(), b.clone()),
        _ => (plain(with.checked_sub(1)?)?, plain(with + 1)?),
    };
    let found = places::read(chunk, Some(Act::Replace), &|_| true, builder.focus.is_some());
    for source in &found.sources {
        builder.read(source, &[]);
    }
    let focus = builder.focus.clone()?;
    let spec = builder.tools.replace()?;
    let with = IndexMap::from([
        (spec.param_with_role(role::TEXT)?.to_owned(), js::whole(&focus.expr)),
        (spec.param_with_role(role::PATTERN)?.to_owned(), Value::String(find)),
        (spec.param_with_role(role::REPLACEMENT)?.to_owned(), Value::String(put)),
    ]);
    let id = builder.add("replaced", spec, with);
    builder.hold(Focus { expr: format!("steps.{id}.output.text"), shape: Shape::Text, ..focus.clone() });
    for sink in &found.sinks {
        builder.write(sink, &Wording::default(), WriteMode::Replace);
    }
    Some(())
}

/// Reads what is in the files of a folder, where the clause speaks of that rather than of the files themselves.
pub fn contents(builder: &mut Builder<'_>, sources: &[Source], chunk: &mut Chunk, act: Option<Act>) {
    let [Source::Folder(folder, pattern)] = sources else { return };
    const MERGING: [&str; 9] = ["merge", "merged", "combine", "combined", "concatenate", "concat", "concatenated", "union", "together"];
    let merges = act == Some(Act::Join) || chunk.tokens.iter().any(|token| token.is_any(&MERGING));
    let within = (0..chunk.len()).any(|at| {
        ["rows", "records", "contents", "content", "lines"].contains(&chunk.free_word(at))
            && chunk.tokens[at..].iter().any(|token| token.is_any(&["of", "from", "in", "across", "over"]))
    });
    // Words for fields of the rows, rather than of the files.
    let sample = builder.sample_in(folder, pattern.as_deref());
    let own = builder.focus.as_ref().map(|focus| focus.fields.clone()).unwrap_or_default();
    let inner = Fields::of(&sample.unwrap_or(Value::Null));
    let fielded = (0..chunk.len()).filter(|&at| chunk.free(at) && !english().is_stop(chunk.word(at))).any(|at| {
        let word = [chunk.word(at)];
        inner.find(&word).is_some_and(|(_, fit)| fit >= Fit::Stem) && own.find(&word).is_none()
    });
    if !(merges || within || fielded) {
        return;
    }
    if merges {
        for at in 0..chunk.len() {
            let filler = ["into", "as", "one", "single", "big", "file", "to"].contains(&chunk.free_word(at));
            let counted = ["one", "single", "big"].contains(&chunk.word(at)) || chunk.word(at + 1) == "one";
            if chunk.tokens[at].is_any(&MERGING) || (filler && counted) {
                chunk.take(at..at + 1);
            }
        }
    }
    builder.read_contents(folder, pattern.as_deref());
}

/// Puts the last two lists together: "join a.csv with b.csv on id".
pub fn combine(builder: &mut Builder<'_>, chunk: &mut Chunk, act: Option<Act>) -> bool {
    let joins = act == Some(Act::Join)
        || chunk
            .tokens
            .iter()
            .any(|token| token.is_any(&["join", "joined", "match", "matching", "merge", "combine", "combined", "enrich"]));
    if !joins {
        return false;
    }
    let (Some(right), Some(left)) = (builder.focus.clone(), builder.history.last().cloned()) else { return false };
    // "(customer matches name)" says what belongs together, not what is kept.
    let open = (0..chunk.len()).find(|&at| chunk.free(at) && chunk.tokens[at].is_punct('('));
    let close = (0..chunk.len()).rev().find(|&at| chunk.free(at) && chunk.tokens[at].is_punct(')'));
    if let (Some(open), Some(close)) = (open, close)
        && (open..close)
            .any(|at| chunk.tokens[at].text == "=" || chunk.word(at).starts_with("match") || chunk.word(at).starts_with("equal"))
    {
        chunk.take(open..close + 1);
    }
    let on = (0..chunk.len()).find(|&at| ["on", "by", "via", "using"].contains(&chunk.free_word(at))).map(|at| {
        let mut words = Vec::new();
        let mut place = at + 1;
        while place < chunk.len()
            && chunk.free(place)
            && (chunk.tokens[place].is_word() || chunk.tokens[place].quoted().is_some())
            && words.len() < 3
        {
            let word = chunk.tokens[place].quoted().map_or_else(|| chunk.word(place).to_owned(), str::to_owned);
            if ["and", "then", "to"].contains(&word.as_str()) {
                break;
            }
            if !["the", "their", "same", "common", "field", "column", "shared"].contains(&word.as_str()) {
                words.push(word);
            }
            place += 1;
        }
        chunk.take(at..place);
        words.join(" ")
    });
    builder.join(&left, &right, on.filter(|on| !on.is_empty()).map(|on| vec![on])).is_some()
}

/// The HTTP status that a reply is to have.
pub fn status(chunk: &Chunk) -> Option<u16> {
    let lexicon = english();
    (0..chunk.len())
        .filter(|&at| ["status", "code", "with"].contains(&chunk.before(at)))
        .find_map(|at| number_at(lexicon, &chunk.tokens, at))
        .map(|(code, _)| code)
        .filter(|code| (100.0..600.0).contains(code))
        .map(|code| {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 100 and 600")]
            let code = code as u16;
            code
        })
}

/// "twice the value of n", "double the price": a number worked out from a field of the record in hand.
pub fn arithmetic(builder: &Builder<'_>, chunk: &mut Chunk) -> Option<(String, String)> {
    let (base, fields) = match (&builder.each, &builder.focus) {
        (Some(each), _) => ("item".to_owned(), each.fields.clone()),
        (None, Some(focus)) if matches!(focus.shape, Shape::Record | Shape::Body) => (focus.expr.clone(), focus.fields.clone()),
        _ => return None,
    };
    let at = (0..chunk.len()).find(|&at| ["twice", "double", "triple", "half", "square"].contains(&chunk.free_word(at)))?;
    let word = chunk.word(at).to_owned();
    let mut place = at + 1;
    while ["the", "value", "of", "number", "amount", "its", "field"].contains(&chunk.free_word(place)) {
        place += 1;
    }
    let name = chunk.free_word(place).to_owned();
    if name.is_empty() {
        return None;
    }
    let field = fields.resolve(&[&name]).unwrap_or(super::super::fields::FieldRef::Named(vec![name.clone()]));
    let value = format!("Number({})", field.of(&base));
    chunk.take(at..place + 1);
    let expression = match word.as_str() {
        "triple" => format!("3 * {value}"),
        "half" => format!("{value} / 2"),
        "square" => format!("{value} * {value}"),
        _ => format!("2 * {value}"),
    };
    Some((if word == "twice" { "result".to_owned() } else { word }, expression))
}
