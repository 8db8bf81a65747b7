//! What a field is compared with.

use super::super::chunk::Chunk;
use super::super::fields::{FieldKind, FieldRef, Fit};
use super::super::js;
use super::Scope;
use super::time::{Moment, moment_at};
use crate::language::{CompareOp, Entity, TokenKind, english, number_at};

/// A value to compare with.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// A number.
    Number(f64),
    /// Text.
    Text(String),
    /// True or false.
    Bool(bool),
    /// A moment.
    Time(Moment),
    /// Another field, as an expression.
    Field(String),
}

impl Operand {
    /// As text, for searching in text.
    pub fn as_text(&self) -> String {
        match self {
            Self::Number(number) => js::number(*number),
            Self::Text(text) => text.clone(),
            Self::Bool(flag) => flag.to_string(),
            Self::Time(Moment::Day(date)) => date.to_string(),
            Self::Time(_) => String::new(),
            Self::Field(expression) => expression.clone(),
        }
    }
}

/// A value with what was read along with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    /// The value.
    pub operand: Operand,
    /// How many tokens it took.
    pub length: usize,
    /// Whether it is an amount of money.
    pub money: bool,
}

const AFTER_NUMBER: [&str; 22] = [
    "euros", "euro", "dollars", "dollar", "usd", "eur", "bucks", "pounds", "gbp", "percent", "kg", "chf", "yen", "cents", "%", "degrees",
    "km", "points?", "celsius", "€", "$", "£",
];

/// The value at a place. `field` helps to tell words of a value from what follows.
pub fn operand_at(chunk: &Chunk, at: usize, field: Option<&FieldRef>, op: CompareOp, scope: &Scope<'_>) -> Option<Read> {
    let lexicon = english();
    if !chunk.free(at) {
        return None;
    }
    let plain = |operand, length| Some(Read { operand, length, money: false });
    let tokens = &chunk.tokens;
    let token = &tokens[at];
    // Text operators take what looks like a date or number as text.
    let textual = matches!(op, CompareOp::Contains | CompareOp::NotContains | CompareOp::Starts | CompareOp::Ends);
    if let Some(entity) = token.entity() {
        let text = match entity {
            Entity::Quoted(text) => {
                let number = text.parse::<f64>().ok().filter(|_| !textual && field.is_some_and(|field| field.kind() == FieldKind::Number));
                return plain(number.map_or_else(|| Operand::Text(text.clone()), Operand::Number), 1);
            }
            Entity::Email(text)
            | Entity::Url(text)
            | Entity::Path(text)
            | Entity::Channel(text)
            | Entity::Chat(text)
            | Entity::Route(text) => {
                // Negative numbers of five digits look like chats.
                if let Ok(number) = text.parse::<f64>() {
                    return plain(Operand::Number(number), 1);
                }
                text.clone()
            }
            Entity::Date(_) if !textual => {
                return moment_at(tokens, at).map(|(moment, length)| Read { operand: Operand::Time(moment), length, money: false });
            }
            _ => return None,
        };
        return plain(Operand::Text(text), 1);
    }
    if let TokenKind::Number(number) = &token.kind {
        let (value, mut length) = number_at(lexicon, tokens, at)?;
        let mut money = number.currency;
        if AFTER_NUMBER.contains(&chunk.free_word(at + length)) {
            money |= !["percent", "kg", "degrees", "km", "celsius"].contains(&chunk.free_word(at + length));
            length += 1;
        }
        return Some(Read { operand: Operand::Number(value), length, money });
    }
    if !token.is_word() {
        return None;
    }
    if let Some(FieldRef::Known(known)) = field
        && token.text.starts_with(char::is_uppercase)
        && known.values.contains(&token.text)
    {
        return plain(Operand::Text(token.text.clone()), 1);
    }
    if !textual && let Some((moment, length)) = moment_at(tokens, at).filter(|(_, length)| chunk.all_free(at..at + length)) {
        return plain(Operand::Time(moment), length);
    }
    if !textual && ["true", "yes"].contains(&token.norm.as_str()) {
        return plain(Operand::Bool(true), 1);
    }
    if !textual && ["false", "no"].contains(&token.norm.as_str()) && number_at(lexicon, tokens, at).is_none() {
        return plain(Operand::Bool(false), 1);
    }
    if let Some((value, mut length)) = number_at(lexicon, tokens, at).filter(|_| !textual) {
        let unit = AFTER_NUMBER.contains(&chunk.free_word(at + length));
        length += usize::from(unit);
        return Some(Read { operand: Operand::Number(value), length, money: unit });
    }
    if ["a", "an", "the"].contains(&token.norm.as_str()) && !textual {
        return operand_at(chunk, at + 1, field, op, scope).map(|read| Read { length: read.length + 1, ..read });
    }
    words(chunk, at, field, scope).and_then(|(operand, length)| plain(operand, length))
}

/// The text or number that a place says, with its length in tokens.
pub fn plain_value(chunk: &Chunk, at: usize, scope: &Scope<'_>) -> Option<(String, usize)> {
    let read = operand_at(chunk, at, None, CompareOp::Contains, scope)?;
    let text = read.operand.as_text();
    (!text.is_empty()).then_some((text, read.length))
}

fn words(chunk: &Chunk, at: usize, field: Option<&FieldRef>, scope: &Scope<'_>) -> Option<(Operand, usize)> {
    let lexicon = english();
    // Words that a sample shows as a value, the longest first.
    for length in (1..=4_usize).rev() {
        if !chunk.all_free(at..at + length) || !chunk.tokens[at..at + length].iter().all(|token| token.is_word()) {
            continue;
        }
        let text = chunk.text(at..at + length);
        let value = match field {
            Some(FieldRef::Known(known)) => {
                known.values.iter().find(|value| value.to_lowercase() == text.to_lowercase()).cloned().or_else(|| known.country(&text))
            }
            _ => scope.fields.with_value(&text).map(|(_, value)| value),
        };
        if let Some(value) = value {
            return Some((Operand::Text(value), length));
        }
    }
    let token = &chunk.tokens[at];
    if let Some((length, state)) = lexicon.state_phrases.at(&chunk.tokens, at).filter(|(length, _)| chunk.all_free(at..at + length)) {
        return Some((Operand::Text(state.clone()), length));
    }
    if let Some((known, Fit::Exact)) = scope.fields.find(&[token.norm.as_str()])
        && field.is_some_and(|field| field.name() != known.name)
        && token.text.chars().all(char::is_lowercase)
    {
        return Some((Operand::Field(js::member(scope.base, &known.name)), 1));
    }
    let small = lexicon.is_stop(&token.norm) || lexicon.copulas.contains(&token.norm);
    let last = chunk.ends(at + 1) || ["and", "or"].contains(&chunk.word(at + 1));
    let valued = last
        && [
            "ok", "okay", "new", "complete", "full", "final", "current", "up", "down", "on", "off", "same", "none", "single", "clean",
            "running", "stored", "finished",
        ]
        .contains(&token.norm.as_str());
    if small && !valued && !token.text.starts_with(char::is_uppercase) {
        return None;
    }
    // A run of capitalised words is one name.
    let mut length = 1;
    if token.text.starts_with(char::is_uppercase) {
        while chunk.free(at + length)
            && chunk.tokens[at + length].is_word()
            && chunk.tokens[at + length].text.starts_with(char::is_uppercase)
        {
            length += 1;
        }
    }
    Some((Operand::Text(chunk.text(at..at + length)), length))
}
