//! Values in words for the columns of a table or the members of an object: "with title "Broken lamp" and state open",
//! "name=Zoe, age=3", "Zoe, zoe@x.example, free".

use super::super::chunk::Chunk;
use super::super::fields::{Fields, Fit, normal};
use crate::language::{Entity, Token, TokenKind, english};
use serde_json::{Value, json};
use std::ops::Range;

/// The value that a token says, in its own type.
fn value(token: &Token) -> Option<Value> {
    Some(match &token.kind {
        TokenKind::Number(number) if number.value.fract() == 0.0 && number.value.abs() < 1e15 => {
            #[allow(clippy::cast_possible_truncation, reason = "whole and below 1e15")]
            let whole = number.value as i64;
            json!(whole)
        }
        TokenKind::Number(number) => json!(number.value),
        TokenKind::Entity(Entity::Quoted(text)) => json!(text),
        TokenKind::Entity(Entity::Date(date)) => json!(date.to_string()),
        TokenKind::Entity(_) => json!(token.text),
        TokenKind::Word if ["true", "yes"].contains(&token.norm.as_str()) => json!(true),
        TokenKind::Word if ["false", "no"].contains(&token.norm.as_str()) => json!(false),
        TokenKind::Word => json!(token.text),
        _ => return None,
    })
}

/// The value of one or more tokens: several words are one text.
fn joined(tokens: &[Token]) -> Option<Value> {
    match tokens {
        [] => None,
        [one] => value(one),
        many => Some(json!(many.iter().map(|token| token.text.as_str()).collect::<Vec<_>>().join(" "))),
    }
}

/// Which of the columns some tokens name, with how many tokens say it.
fn column_at<'f>(chunk: &Chunk, at: usize, fields: &'f Fields) -> Option<(&'f str, usize)> {
    for length in (1..=3_usize).rev() {
        if !chunk.all_free(at..at + length) || !chunk.tokens[at..at + length].iter().all(Token::is_word) {
            continue;
        }
        let words: Vec<&str> = chunk.tokens[at..at + length].iter().map(|token| token.norm.as_str()).collect();
        if let Some((field, fit)) = fields.find(&words)
            && (fit >= Fit::Synonym || normal(&field.name) == normal(&words.join(" ")))
        {
            return Some((&field.name, length));
        }
    }
    None
}

/// Reads and marks the values of a range of tokens. Named ones first; else as many as there are columns, in order.
pub fn read(chunk: &mut Chunk, range: Range<usize>, fields: &Fields) -> Vec<(String, Value)> {
    let named = named(chunk, range.clone(), fields);
    if named.is_empty() { listed(chunk, range, fields) } else { named }
}

fn named(chunk: &mut Chunk, range: Range<usize>, fields: &Fields) -> Vec<(String, Value)> {
    let lexicon = english();
    let mut found: Vec<(String, Value)> = Vec::new();
    let mut at = range.start;
    while at < range.end {
        let Some((name, length)) = column_at(chunk, at, fields).map(|(name, length)| (name.to_owned(), length)) else {
            at += 1;
            continue;
        };
        let mut start = at + length;
        while start < range.end
            && (chunk.tokens[start].is_any(&["=", "is", "to", "of", "as", "called", "named"]) || chunk.tokens[start].is_punct(':'))
        {
            start += 1;
        }
        let mut end = start;
        while end < range.end && chunk.free(end) {
            let token = &chunk.tokens[end];
            let stops = token.is_punct(',') || token.is_punct(';') || token.is_punct(')') || token.is_any(&["and", "&"]);
            let next_column = end > start && column_at(chunk, end, fields).is_some_and(|(other, _)| other != name);
            let place = matches!(token.entity(), Some(Entity::Path(_) | Entity::Database(_)));
            if stops || place || next_column || (end > start && lexicon.is_stop(&token.norm) && token.is_word()) {
                break;
            }
            end += 1;
            // A value with a form of its own stands alone.
            if !chunk.tokens[end - 1].is_word() {
                break;
            }
        }
        match joined(&chunk.tokens[start..end]).filter(|_| !found.iter().any(|(known, _)| *known == name)) {
            Some(value) => {
                let lead =
                    usize::from(at > range.start && chunk.free(at - 1) && ["with", "and", "the", "a", "has"].contains(&chunk.before(at)));
                chunk.take(at - lead..end);
                found.push((name, value));
                at = end;
            }
            None => at += length,
        }
    }
    found
}

fn listed(chunk: &mut Chunk, range: Range<usize>, fields: &Fields) -> Vec<(String, Value)> {
    let mut parts: Vec<Range<usize>> = Vec::new();
    let mut start = None;
    for at in range.clone() {
        let token = &chunk.tokens[at];
        let part = token.is_punct(',') || token.is_punct('(') || token.is_punct(')') || token.is_punct(';') || token.is_punct(':');
        if part || !chunk.free(at) {
            if let Some(from) = start.take() {
                parts.push(from..at);
            }
        } else if start.is_none() {
            start = Some(at);
        }
    }
    if let Some(from) = start {
        parts.push(from..range.end);
    }
    // The first part may begin with what the values are: "a row Zoe", "the values Zoe".
    if let Some(first) = parts.first_mut() {
        while first.start + 1 < first.end
            && (english().is_stop(chunk.word(first.start))
                || english().is_item_noun(chunk.word(first.start))
                || chunk.word(first.start) == "values")
        {
            first.start += 1;
        }
    }
    // Nothing but such words is no value.
    if parts.first().is_some_and(|part| part.len() == 1 && english().is_item_noun(chunk.word(part.start))) {
        parts.remove(0);
    }
    let automatic = |name: &str| normal(name) == "id" || normal(name) == "rowid";
    let all: Vec<&str> = fields.list.iter().map(|field| field.name.as_str()).collect();
    let own: Vec<&str> = all.iter().copied().filter(|name| !automatic(name)).collect();
    let columns = if parts.len() == all.len() && parts.len() > 1 {
        all
    } else if parts.len() == own.len() && parts.len() > 1 {
        own
    } else {
        return Vec::new();
    };
    let values: Option<Vec<Value>> = parts.iter().map(|part| joined(&chunk.tokens[part.clone()])).collect();
    let Some(values) = values else { return Vec::new() };
    for part in &parts {
        chunk.take(part.clone());
    }
    columns.into_iter().map(str::to_owned).zip(values).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::tokenize;

    fn values(text: &str) -> Value {
        let fields = Fields::of(&json!([{"id": 1, "title": "x", "state": "open", "price": 2.5}]));
        let mut chunk = Chunk::new(&tokenize(text));
        let length = chunk.len();
        Value::Object(read(&mut chunk, 0..length, &fields).into_iter().collect())
    }

    #[test]
    fn values_are_read_by_name_and_by_place() {
        assert_eq!(values("a ticket with title \"Broken lamp\" and state open"), json!({"title": "Broken lamp", "state": "open"}));
        assert_eq!(values("title=Lamp, price = 3.5"), json!({"title": "Lamp", "price": 3.5}));
        assert_eq!(values("the row Lamp, new, 9"), json!({"title": "Lamp", "state": "new", "price": 9}));
        assert_eq!(values("the result"), json!({}));
    }
}
