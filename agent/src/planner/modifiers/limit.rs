//! How many items: `top 5 by revenue`, `the 3 most expensive`, `the first two`, `the newest entry`, `at most 10`.

use super::super::chunk::Chunk;
use super::super::fields::{FieldKind, FieldRef, names_for};
use super::fields::{Openness, field_at};
use super::{About, Limit, Modifiers};
use crate::language::{Act, Direction, Superlative, english, number_at};

/// Reads superlatives and limits.
pub fn read(chunk: &mut Chunk, about: &About<'_>, asked: &mut Modifiers) {
    for at in 0..chunk.len() {
        if !chunk.free(at) {
            continue;
        }
        if superlative(chunk, at, about, asked) || ranked(chunk, at, about, asked) || first_or_last(chunk, at, about, asked) {
            continue;
        }
        plain(chunk, at, about, asked);
    }
}

fn count_at(chunk: &Chunk, at: usize) -> Option<(usize, usize)> {
    if !chunk.free(at) {
        return None;
    }
    let (value, length) = number_at(english(), &chunk.tokens, at)?;
    let percent = matches!(chunk.tokens[at].kind, crate::language::TokenKind::Number(number) if number.percent || number.currency);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be whole and small")]
    (value.fract() == 0.0 && (1.0..1e6).contains(&value) && !percent).then_some((value as usize, length))
}

/// "the 3 most expensive products", "newest 5 entries", "the cheapest product", "oldest first".
fn superlative(chunk: &mut Chunk, at: usize, about: &About<'_>, asked: &mut Modifiers) -> bool {
    let lexicon = english();
    let (number, skip) = count_at(chunk, at).map_or((None, 0), |(count, length)| (Some(count), length));
    let place = at + skip;
    let found = lexicon
        .superlatives
        .at(&chunk.tokens, place)
        .filter(|(length, _)| chunk.all_free(place..place + length))
        .map(|(length, meaning)| (length, meaning.clone()));
    let (length, meaning, named) = match found {
        Some((length, meaning)) => (length, meaning, None),
        None => match most_of(chunk, place, about) {
            Some((length, field, direction)) => (length, Superlative { fields: Vec::new(), direction }, Some(field)),
            None => return false,
        },
    };
    let mut end = place + length;
    if chunk.free_word(end) == "first" {
        // "with the biggest first": an order, not a number.
        let field = by_field(chunk, end + 1, about).map(|(field, length)| {
            end += length;
            field
        });
        let field = field.or_else(|| pending_field(chunk, at, about)).or_else(|| named.or_else(|| field_of(&meaning, about)));
        if let Some(field) = field {
            asked.sort.push((field, meaning.direction));
        } else if let Some(last) = asked.sort.last_mut() {
            last.1 = meaning.direction;
        } else {
            return false;
        }
        let start = if ["the", "with"].contains(&chunk.before(at)) && chunk.free(at - 1) { at - 1 } else { at };
        chunk.take(start..end + 1);
        return true;
    }
    let behind = if number.is_none() { count_at(chunk, end) } else { None };
    let count = number.or(behind.map(|(count, _)| count));
    end += behind.map_or(0, |(_, length)| length);
    let noun = chunk.free_word(end).to_owned();
    // "the highest price" is a measure unless items follow: "the 3 highest prices".
    let owned = field_at(chunk, end, about, Openness::Strict).filter(|(field, _)| {
        named.is_none()
            && (meaning.fields.first().is_some_and(|first| first == "*") || count.is_some())
            && !about.nouns.contains(&super::super::modifiers::limit::stem_of(chunk, end))
            && !matches!(field.kind(), FieldKind::Text)
    });
    let by = (end..chunk.len())
        .find(|&place| chunk.free_word(place) == "by" || (chunk.free_word(place) == "in" && chunk.free_word(place + 1) == "terms"))
        .and_then(|place| by_field(chunk, place, about).map(|(field, length)| (place, field, length)));
    let owned_end = end;
    let field = match (&by, named, owned) {
        (Some((_, field, _)), ..) => Some(field.clone()),
        (None, Some(field), _) => Some(field),
        (None, None, Some((field, length))) => {
            end += length;
            Some(field)
        }
        _ => field_of(&meaning, about),
    };
    let Some(field) = field else { return false };
    if let Some(place) = ordinal_before(chunk, at).filter(|_| count.is_none()) {
        if owned_end < end {
            asked.fields.push(field.clone());
        }
        asked.sort.push((field, meaning.direction));
        asked.skip = place - 1;
        asked.limit = Some(Limit { count: 1, last: false });
        chunk.take(at - 1..end);
        return true;
    }
    let single = count.is_none() && !plural(&noun) && (noun.is_empty() || chunk.free(end));
    asked.sort.push((field, meaning.direction));
    if let Some(count) = count.or(single.then_some(1)) {
        asked.limit = Some(Limit { count, last: false });
    }
    if let Some((place, _, length)) = by {
        chunk.take(place..place + length);
    }
    chunk.take(at..end);
    true
}

/// "the second highest": the place in the order.
pub(super) fn ordinal_before(chunk: &Chunk, at: usize) -> Option<usize> {
    let ordinal = *english().calendar.ordinals.get(chunk.free_word(at.checked_sub(1)?))?;
    (ordinal > 1).then_some(usize::from(ordinal))
}

pub(super) fn stem_of(chunk: &Chunk, at: usize) -> String {
    chunk.tokens.get(at).map(|token| token.stem.clone()).unwrap_or_default()
}

fn plural(word: &str) -> bool {
    word.ends_with('s') && !word.ends_with("ss") || ["people", "data", "children", "ones"].contains(&word)
}

/// "most votes", "fewest points", "the highest score" as an order by that field.
fn most_of(chunk: &Chunk, at: usize, about: &About<'_>) -> Option<(usize, FieldRef, Direction)> {
    let direction = match chunk.free_word(at) {
        "most" => Direction::Desc,
        "fewest" | "least" => Direction::Asc,
        _ => return None,
    };
    let with = ["the", "with"].contains(&chunk.before(at));
    let (field, length) = field_at(chunk, at + 1, about, Openness::Strict)
        .or_else(|| with.then(|| field_at(chunk, at + 1, about, Openness::Led)).flatten())?;
    Some((1 + length, field, direction))
}

/// `by FIELD` at a place: the field and the length of both.
fn by_field(chunk: &Chunk, at: usize, about: &About<'_>) -> Option<(FieldRef, usize)> {
    let lead = match (chunk.free_word(at), chunk.free_word(at + 1), chunk.free_word(at + 2)) {
        ("by", "the", _) => 2,
        ("by", ..) => 1,
        ("in", "terms", "of") => 3,
        _ => return None,
    };
    field_at(chunk, at + lead, about, Openness::Free).map(|(field, length)| (field, length + lead))
}

/// A field named earlier in the same clause: "sort by price, cheapest first".
fn pending_field(chunk: &Chunk, at: usize, about: &About<'_>) -> Option<FieldRef> {
    let ordering = |place: &usize| {
        ["sort", "sorted", "sorting", "order", "ordered", "rank", "ranked", "arrange", "arranged", "them", "it"]
            .contains(&chunk.before(*place))
            || matches!(about.act, Some(Act::Sort))
    };
    (0..at).filter(ordering).find_map(|place| by_field(chunk, place, about)).map(|(field, _)| field)
}

/// The field that a superlative speaks of.
fn field_of(meaning: &Superlative, about: &About<'_>) -> Option<FieldRef> {
    for word in &meaning.fields {
        let found = match word.as_str() {
            "@date" => about.fields.date(),
            "@age" => about.fields.find(&["age"]).map(|(field, _)| FieldRef::Known(field.clone())),
            "@length" => None,
            "*" => about.fields.amount(false),
            word => about
                .fields
                .find(&[word])
                .filter(|(field, _)| !matches!(field.kind, FieldKind::Text | FieldKind::Deep))
                .map(|(field, _)| FieldRef::Known(field.clone())),
        };
        if found.is_some() {
            return found;
        }
    }
    if about.fields.known && !about.fields.list.is_empty() {
        return about.fields.amount(true).filter(|_| !meaning.fields.iter().any(|word| word.starts_with('@')));
    }
    let names: Vec<String> =
        meaning.fields.iter().filter(|word| !word.starts_with(['@', '*'])).flat_map(|word| names_for(&[word])).collect();
    (!names.is_empty())
        .then_some(FieldRef::Named(names))
        .or_else(|| meaning.fields.iter().any(|word| word == "@date").then(|| about.fields.date()).flatten())
}

/// "top 5", "best 3", "bottom 2".
fn ranked(chunk: &mut Chunk, at: usize, about: &About<'_>, asked: &mut Modifiers) -> bool {
    let direction = match chunk.free_word(at) {
        "top" => Direction::Desc,
        "bottom" => Direction::Asc,
        _ => return false,
    };
    let (count, length) = count_at(chunk, at + 1).unwrap_or((1, 0));
    if length == 0
        && !plural(chunk.free_word(at + 1))
        && chunk.free_word(at + 1) != "by"
        && field_at(chunk, at + 1, about, Openness::Strict).is_none()
        && !about.nouns.contains(&stem_of(chunk, at + 1))
    {
        return false;
    }
    let end = at + 1 + length;
    let by = (end..chunk.len()).find_map(|place| by_field(chunk, place, about).map(|(field, length)| (place, field, length)));
    // "top 5 scores", "top 5 customers by revenue", or the only amount there is.
    let owned = field_at(chunk, end, about, Openness::Strict)
        .filter(|(field, _)| matches!(field.kind(), FieldKind::Number | FieldKind::NumberText));
    let field = match (by, owned) {
        (Some((place, field, length)), _) => {
            chunk.take(place..place + length);
            Some(field)
        }
        (None, Some((field, length))) => {
            chunk.take(end..end + length);
            Some(field)
        }
        // In data that is sorted already, the top is its beginning.
        _ if asked.sort.is_empty() && about.fields.known => about.fields.amount(false),
        _ => None,
    };
    if let Some(field) = field {
        asked.sort.push((field, direction));
    }
    asked.limit = Some(Limit { count, last: false });
    chunk.take(at..end);
    true
}

/// "the first 10", "last 5 entries", "the first entry".
fn first_or_last(chunk: &mut Chunk, at: usize, about: &About<'_>, asked: &mut Modifiers) -> bool {
    let last = match chunk.free_word(at) {
        "first" => false,
        "last" => true,
        _ => return false,
    };
    let noun_after = |place: usize| !chunk.free_word(place).is_empty();
    if let Some((count, length)) = count_at(chunk, at + 1) {
        // "the last 7 days" speaks of time.
        if english().calendar.units.contains_key(chunk.word(at + 1 + length)) {
            return false;
        }
        match (about.act, last) {
            (Some(Act::Drop), false) => asked.skip = count,
            (Some(Act::Drop), true) => asked.drop_last = count,
            _ => asked.limit = Some(Limit { count, last }),
        }
        chunk.take(at..at + 1 + length);
        return true;
    }
    let lexicon = english();
    let next = chunk.free_word(at + 1);
    let item = lexicon.is_item_noun(next) || about.nouns.contains(&stem_of(chunk, at + 1));
    if noun_after(at + 1) && item && !["name", "names"].contains(&next) && !plural(next) {
        match (about.act, last) {
            (Some(Act::Drop), false) => asked.skip = 1,
            (Some(Act::Drop), true) => asked.drop_last = 1,
            _ => asked.limit = Some(Limit { count: 1, last }),
        }
        chunk.take(at..at + 1);
        return true;
    }
    false
}

/// "at most 10 items", "limit to 5", "only 3 rows", "up to 20".
fn plain(chunk: &mut Chunk, at: usize, about: &About<'_>, asked: &mut Modifiers) {
    let lexicon = english();
    let words = (chunk.free_word(at), chunk.free_word(at + 1));
    let lead = match words {
        ("at", "most") | ("up", "to") | ("no", "more") | ("limit", "to") | ("limited", "to") => 2 + usize::from(words.0 == "no"),
        ("maximum", _) | ("max", _) | ("only", _) | ("just", _) => 1,
        ("skip", "the") if chunk.free_word(at + 2) == "first" => {
            if let Some((count, length)) = count_at(chunk, at + 3) {
                asked.skip = count;
                chunk.take(at..at + 3 + length);
            }
            return;
        }
        _ => 0,
    };
    // "take 5", "limit it to 5": nothing but small words between the verb and its number.
    let limits = matches!(about.act, Some(Act::Limit))
        && (0..at).all(|place| !chunk.free(place) || lexicon.is_stop(chunk.word(place)))
        && (0..at).all(|place| lexicon.operators.at(&chunk.tokens, place).is_none_or(|(length, _)| place + length != at));
    if lead == 0 && !limits {
        return;
    }
    let Some((count, length)) = count_at(chunk, at + lead) else { return };
    let next = chunk.free_word(at + lead + length);
    let items = lexicon.is_item_noun(next)
        || about.nouns.contains(&stem_of(chunk, at + lead + length))
        || chunk.ends(at + lead + length) && (limits || words.0 == "limited" || words.0 == "limit")
        || ["of", "results"].contains(&next);
    let field_before = at > 0 && field_at(chunk, at - 1, about, Openness::Strict).is_some();
    if (items || limits) && !field_before {
        asked.limit = Some(Limit { count, last: false });
        chunk.take(at..at + lead + length);
    }
}
