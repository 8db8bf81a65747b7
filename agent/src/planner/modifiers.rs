//! What a clause asks of a list: conditions, order, number, measures, groups, fields, uniqueness. Read against the
//! fields of the data in hand.

mod best;
mod fields;
mod limit;
mod measures;
mod order;
mod portions;

use super::chunk::{Chunk, Mark};
use super::conditions::{self, Found, Scope};
use super::fields::{FieldRef, Fields};
use crate::language::{Act, CompareOp, Direction, Measure, english};
use serde_json::Value;

/// A measure over a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// Which.
    pub op: Measure,
    /// Of what; nothing for a count.
    pub field: Option<FieldRef>,
    /// The name of its value.
    pub name: String,
}

/// How many items, from which end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// How many.
    pub count: usize,
    /// Whether the last ones.
    pub last: bool,
}

/// What makes a group.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Its name in the result.
    pub name: String,
    /// A field name or an expression.
    pub by: Value,
}

/// All that a clause asks.
#[derive(Debug, Clone, Default)]
pub struct Modifiers {
    /// Conditions.
    pub filter: Option<Found>,
    /// Fields by which items are the same; empty for the whole item.
    pub unique: Option<Vec<FieldRef>>,
    /// Groups.
    pub groups: Vec<Group>,
    /// Measures.
    pub measures: Vec<Ask>,
    /// Order.
    pub sort: Vec<(FieldRef, Direction)>,
    /// Number of items.
    pub limit: Option<Limit>,
    /// How many to pass over first.
    pub skip: usize,
    /// How many to leave out at the end.
    pub drop_last: usize,
    /// Whether the number of items is that of each group.
    pub per_group: bool,
    /// Whether a percentage is wanted.
    pub share: bool,
    /// A comparison that the first measure of a group must pass.
    pub having: Option<(CompareOp, f64)>,
    /// A comparison with the average or median of a field.
    pub against: Option<(FieldRef, CompareOp, Measure)>,
    /// Fields to keep, in their order.
    pub fields: Vec<FieldRef>,
    /// Whether these fields are left out instead.
    pub without: bool,
    /// What the items are called: the noun as said.
    pub noun: Option<String>,
    /// A state that was said of the items and that their fields do not show.
    pub unmatched: Option<String>,
    /// Whether the clause wants each item by itself.
    pub each: bool,
}

/// What is known of the data that a clause is about.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// Its fields.
    pub fields: &'a Fields,
    /// Stems of nouns that name its items.
    pub nouns: &'a [String],
    /// Whether it is one record rather than a list.
    pub record: bool,
    /// The verb.
    pub act: Option<Act>,
}

impl Modifiers {
    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.filter.is_none()
            && self.unique.is_none()
            && self.groups.is_empty()
            && self.measures.is_empty()
            && self.sort.is_empty()
            && self.limit.is_none()
            && self.skip == 0
            && self.drop_last == 0
            && !self.share
            && self.against.is_none()
            && self.fields.is_empty()
    }
}

/// Reads and marks all that a clause asks.
pub fn read(chunk: &mut Chunk, about: &About<'_>) -> Modifiers {
    let mut asked = Modifiers { each: each(chunk, about), ..Modifiers::default() };
    asked.unique = order::unique(chunk, about);
    if !about.record {
        portions::read(chunk, about, &mut asked);
        best::read(chunk, about, &mut asked);
        measures::read(chunk, about, &mut asked);
        order::read(chunk, about, &mut asked);
        limit::read(chunk, about, &mut asked);
        one_of_each(chunk, &mut asked);
        measures::groups(chunk, about, &mut asked);
        measures::alone(chunk, about, &mut asked);
    }
    fields::read(chunk, about, &mut asked);
    let scope = Scope { fields: about.fields, base: "item", nouns: about.nouns };
    if !about.record {
        asked.filter = conditions::read(chunk, &scope);
    }
    if asked.fields.is_empty() && asked.measures.is_empty() && asked.groups.is_empty() {
        fields::objects(chunk, about, &mut asked);
    } else if matches!(about.act, Some(Act::Send)) && !asked.fields.is_empty() && !asked.without && asked.measures.is_empty() {
        // "the headline with its link": both.
        let narrowed = chunk.tokens.iter().any(|token| token.is_any(&["only", "just"]));
        let mut object = Modifiers::default();
        if !narrowed && asked.groups.is_empty() {
            fields::objects(chunk, about, &mut object);
        }
        object.fields.retain(|field| !asked.fields.contains(field));
        asked.fields.splice(0..0, object.fields);
    }
    asked.noun = noun(chunk, about, &mut asked.unmatched);
    asked
}

/// Of items that are the same, the first in the order that is said stays: "keeping the newest", "keep the last".
fn one_of_each(chunk: &mut Chunk, asked: &mut Modifiers) {
    let Some(by) = asked.unique.clone() else { return };
    let Some(at) = (0..chunk.len()).find(|&at| ["keep", "keeping", "retain", "retaining", "leave", "leaving"].contains(&chunk.word(at)))
    else {
        return;
    };
    let words: Vec<String> = (at..chunk.len().min(at + 5)).map(|place| chunk.word(place).to_owned()).collect();
    let last = words.iter().any(|word| word == "last");
    if !last && asked.sort.is_empty() && !words.iter().any(|word| word == "first") || by.is_empty() {
        return;
    }
    asked.groups = by.iter().map(|field| Group { name: field.name(), by: field.as_lambda() }).collect();
    asked.unique = None;
    asked.per_group = true;
    asked.limit = Some(Limit { count: 1, last });
    for (place, word) in (at..chunk.len()).zip(&words) {
        if ["keep", "keeping", "retain", "retaining", "leave", "leaving", "only", "just", "the", "first", "last", "one"]
            .contains(&word.as_str())
        {
            chunk.take(place..place + 1);
        } else {
            break;
        }
    }
}

/// "each customer", "every row", "one message per order", "individually".
fn each(chunk: &mut Chunk, about: &About<'_>) -> bool {
    let sends = matches!(about.act, Some(Act::Send));
    let mut found = false;
    for at in 0..chunk.len() {
        let word = chunk.free_word(at).to_owned();
        let span = sends.then(|| apart(chunk, at)).flatten();
        if let Some(span) = span {
            chunk.take(span);
            found = true;
            continue;
        }
        let length = match word.as_str() {
            "individually" | "separately" => 1,
            "each" | "every" if sends && object_of_each(chunk, at) => 1,
            "per" if sends && one_message(chunk, at) => 1,
            "for"
                if sends && ["each", "every"].contains(&chunk.word(at + 1)) && (one_message(chunk, at) || !measured_before(chunk, at)) =>
            {
                2
            }
            _ => continue,
        };
        if chunk.all_free(at..at + length) {
            chunk.take(at..at + length);
            found = true;
        }
    }
    found
}

/// "every customer" as what a verb is about, rather than "for every" or "per".
fn object_of_each(chunk: &Chunk, at: usize) -> bool {
    !["per", "for", "of", "in", "by"].contains(&chunk.before(at)) && chunk.free(at + 1) && !["time", "of"].contains(&chunk.word(at + 1))
}

/// Whether a message is spoken of before a place: "one message per order".
fn one_message(chunk: &Chunk, at: usize) -> bool {
    chunk.tokens[at.saturating_sub(2)..at].iter().any(|token| {
        token.is_any(&["message", "email", "e-mail", "mail", "one", "separate", "notification", "alert", "telegram", "post", "note"])
    })
}

/// Whether something is measured before a place, so that "for each" makes groups.
fn measured_before(chunk: &Chunk, at: usize) -> bool {
    chunk.tokens[..at].iter().any(|token| english().measures.get(&token.norm).is_some())
}

/// "as separate messages", "in its own message", "one message each": each item by itself.
fn apart(chunk: &Chunk, at: usize) -> Option<std::ops::Range<usize>> {
    let message = |place: usize| {
        let word = chunk.free_word(place);
        ["message", "mail", "email", "e-mail", "post", "note", "notification", "alert"].contains(&word.trim_end_matches('s'))
    };
    let word = chunk.free_word(at);
    if ["separate", "individual", "own", "single"].contains(&word) && message(at + 1) && (word != "single" || chunk.word(at + 2) == "each")
    {
        let mut start = at;
        while start > 0 && chunk.free(start - 1) && ["as", "in", "a", "an", "its", "their", "with"].contains(&chunk.before(start)) {
            start -= 1;
        }
        return Some(start..at + 2);
    }
    (word == "one" && message(at + 1) && chunk.free_word(at + 2) == "each").then_some(at..at + 3)
}

/// The noun that names the items: the last free plain noun before what ends its phrase.
fn noun(chunk: &mut Chunk, about: &About<'_>, unmatched: &mut Option<String>) -> Option<String> {
    let lexicon = english();
    let mut found = None;
    for at in 0..chunk.len() {
        let word = chunk.free_word(at);
        if word.is_empty() || lexicon.is_stop(word) || lexicon.describing.contains(word) {
            continue;
        }
        let ours = about.nouns.contains(&chunk.tokens[at].stem);
        if ours || lexicon.is_item_noun(word) {
            if found.is_none() || ours {
                found = Some(word.to_owned());
            }
            // What stands right before the noun describes it.
            let mut start = at;
            while start > 0
                && chunk.free(start - 1)
                && chunk.tokens[start - 1].is_word()
                && !lexicon.is_stop(chunk.before(start))
                && !lexicon.states.contains_key(chunk.before(start))
                && ours
            {
                start -= 1;
            }
            if start > 0 && lexicon.states.contains_key(chunk.free_word(start - 1)) && !about.record && about.fields.known {
                *unmatched = Some(chunk.free_word(start - 1).to_owned());
            }
            chunk.take(start..at + 1);
        }
    }
    found
}

/// Words as a field: quoted or plain.
pub fn field_words(chunk: &Chunk, at: usize, length: usize) -> Option<Vec<String>> {
    if !(at..at + length).all(|place| chunk.free(place)) {
        return None;
    }
    if length == 1
        && let Some(quoted) = chunk.tokens.get(at)?.quoted()
    {
        return Some(vec![quoted.to_owned()]);
    }
    // Signs such as "+" and "*" count as words, but no name is made of them.
    let named = |token: &crate::language::Token| token.is_word() && token.norm.contains(char::is_alphanumeric);
    chunk.tokens.get(at..at + length)?.iter().map(|token| named(token).then(|| token.norm.clone())).collect()
}

/// Whether a place is marked as belonging to the source.
pub fn is_source(chunk: &Chunk, at: usize) -> bool {
    chunk.marks.get(at) == Some(&Mark::Source)
}

/// A field that starts at a place, where the words before lead to one.
pub fn field_at(chunk: &Chunk, at: usize, about: &About<'_>) -> Option<(FieldRef, usize)> {
    fields::field_at(chunk, at, about, fields::Openness::Led)
}
