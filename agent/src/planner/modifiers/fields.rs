//! Which fields are wanted: `only the name and email`, `their titles`, `the customer and amount columns`.

use super::super::chunk::Chunk;
use super::super::fields::{FieldKind, FieldRef, Fit, names_for};
use super::{About, Modifiers, field_words, is_source};
use crate::language::{Act, english};

/// A field that starts at a place, and its length in tokens. Without a sample only words that are usual names of
/// fields count, unless `open` says that any noun may be one.
pub fn field_at(chunk: &Chunk, at: usize, about: &About<'_>, open: Openness) -> Option<(FieldRef, usize)> {
    let lexicon = english();
    for length in (1..=3_usize).rev() {
        let Some(words) = field_words(chunk, at, length) else { continue };
        if length == 1
            && chunk.tokens[at].quoted().is_none()
            && lexicon.is_stop(&words[0])
            && !(lexicon.fields.common.contains(&words[0]) || open != Openness::Strict && words[0] == "total")
        {
            continue;
        }
        if length > 1
            && words.iter().any(|word| {
                lexicon.is_stop(word)
                    && !lexicon.fields.common.contains(word)
                    && !["total", "of", "is", "in", "at", "on"].contains(&word.as_str())
            })
        {
            continue;
        }
        let plain: Vec<&str> = words.iter().map(String::as_str).collect();
        if let Some((field, fit)) = about.fields.find(&plain) {
            let spare = ["name", "field", "value", "column", "number", "code", "date", "address", "amount", "id"];
            let own = super::super::fields::normal(&field.name);
            let said = |word: &str| own.split(' ').any(|part| crate::language::stem(part) == crate::language::stem(word));
            if length > 1 && fit == Fit::Overlap && plain.iter().any(|word| !spare.contains(word) && !said(word)) {
                continue;
            }
            let good = match open {
                Openness::Strict => fit >= Fit::Stem || (fit == Fit::Synonym && !about.nouns.contains(&chunk.tokens[at].stem)),
                Openness::Led => {
                    fit >= Fit::Near || length > 1 && fit == Fit::Overlap && !chunk.word(at + 1).is_empty() && chunk.word(at + 1) != "of"
                }
                Openness::Free => true,
            };
            // "amount descending" is no field "amount", but "order amount" is one of the orders' amounts.
            let covered = length == 1 || fit > Fit::Overlap || field.covers(&plain, about.nouns);
            // "orders" next to a field "ordered" still names the items.
            let items = length == 1 && fit < Fit::Exact && about.nouns.contains(&chunk.tokens[at].stem);
            if good && covered && !items {
                return Some((FieldRef::Known(field.clone()), length));
            }
        }
    }
    if about.fields.known && !about.fields.list.is_empty() {
        // "their names" where no field is called so: the text that the items are called by.
        let named = ["name", "names"].contains(&chunk.free_word(at)).then(|| {
            let texts =
                || {
                    about.fields.list.iter().filter(|field| {
                        matches!(field.kind, super::super::fields::FieldKind::Text | super::super::fields::FieldKind::Unknown)
                    })
                };
            let own = texts().find(|field| about.nouns.contains(&crate::language::stem(&super::super::fields::normal(&field.name))));
            own.or_else(|| texts().next()).cloned()
        });
        return named.flatten().map(|field| (FieldRef::Known(field), 1));
    }
    let token = chunk.tokens.get(at).filter(|_| chunk.free(at))?;
    if let Some(quoted) = token.quoted().filter(|text| open != Openness::Strict && text.split(' ').count() < 4) {
        return Some((FieldRef::Named(vec![quoted.to_owned()]), 1));
    }
    let word = chunk.free_word(at);
    if word.is_empty() || lexicon.is_stop(word) && !lexicon.fields.common.contains(word) && word != "total" {
        return None;
    }
    let one = super::super::fields::singular(word);
    let common =
        lexicon.fields.common.contains(word) || one.as_ref().is_some_and(|one| lexicon.fields.common.contains(one)) || word.contains('_');
    let own = about.nouns.contains(&token.stem)
        || lexicon.is_item_noun(word) && !lexicon.fields.common.contains(word)
        || (lexicon.is_carrier(word) && !common);
    let second = chunk.free_word(at + 1);
    let compound = ["address", "number", "date", "name", "id", "code", "price", "count", "at", "time", "rate", "total"].contains(&second);
    let allowed = match open {
        Openness::Strict => common && !own,
        Openness::Led => !own || common,
        Openness::Free => true,
    };
    let verb = lexicon.verbs.at(&chunk.tokens, at).is_some() && !lexicon.noun_like.contains(word);
    (allowed && !verb)
        .then(|| if compound { (FieldRef::Named(names_for(&[word, second])), 2) } else { (FieldRef::Named(names_for(&[word])), 1) })
}

/// How readily a word counts as a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Openness {
    /// Only a sure field.
    Strict,
    /// Something before it says that a field follows.
    Led,
    /// Anything that fits at all.
    Free,
}

/// A list of fields from a place on: `name, email and phone`.
pub fn field_list(chunk: &Chunk, at: usize, about: &About<'_>, open: Openness) -> Option<(Vec<FieldRef>, usize)> {
    let mut fields = Vec::new();
    let mut place = at;
    let mut end = at;
    loop {
        while ["the", "their", "its", "only", "just", "a", "an", "both", "his", "her", "all"].contains(&chunk.free_word(place)) {
            place += 1;
        }
        // Behind a sure field the next one may be any noun: "name and cpu of each".
        let readiness = if fields.is_empty() || about.fields.known { open } else { Openness::Led };
        let Some((field, length)) = field_at(chunk, place, about, readiness) else { break };
        fields.push(field);
        place += length;
        end = place;
        let mut joined = false;
        while chunk.tokens.get(place).is_some_and(|token| {
            chunk.free(place) && (token.is_punct(',') || token.is_punct('/') || token.is_any(&["and", "&", "plus", "+"]))
        }) {
            place += 1;
            joined = true;
        }
        if !joined {
            break;
        }
    }
    (!fields.is_empty()).then_some((fields, end - at))
}

/// Reads fields that are expressly wanted.
pub fn read(chunk: &mut Chunk, about: &About<'_>, asked: &mut Modifiers) {
    let lexicon = english();
    excepted(chunk, about, asked);
    if asked.without {
        return;
    }
    for at in 0..chunk.len() {
        if !chunk.free(at) {
            continue;
        }
        let word = chunk.free_word(at).to_owned();
        let before = chunk.before(at).to_owned();
        let led = ["their", "its", "columns", "fields", "column", "field", "his", "her"].contains(&word.as_str());
        let only = ["only", "just"].contains(&word.as_str());
        let with = ["with", "including", "containing", "showing", "incl", "listing"].contains(&word.as_str()) && asked.fields.is_empty();
        if !(led || only || with) {
            continue;
        }
        let mut start = at + 1;
        while [
            "the", "their", "its", "columns", "fields", "column", "field", "for", ":", "a", "of", "keep", "show", "list", "include", "have",
        ]
        .contains(&chunk.free_word(start))
            || chunk.tokens.get(start).is_some_and(|token| token.is_punct(':') && chunk.free(start))
        {
            start += 1;
        }
        let possessive = led || ["their", "its"].contains(&chunk.word(start.saturating_sub(1))) || (with && about.record);
        let open = if possessive { Openness::Led } else { Openness::Strict };
        let Some((list, length)) = field_list(chunk, start, about, open) else { continue };
        let end = start + length;
        let noun_behind = ["columns", "fields", "column", "field", "values"].contains(&chunk.free_word(end));
        // "with priority high" is a condition, "their email" behind "at" a destination.
        let quantified = chunk.free_word(end) == "of"
            && (lexicon.operators.at(&chunk.tokens, end + 1).is_some()
                || crate::language::number_at(lexicon, &chunk.tokens, end + 1).is_some());
        let compared = !noun_behind && (follows_value(chunk, end, about) || quantified) && (with || only);
        let address = ["at", "to", "via"].contains(&before.as_str()) && possessive && list.len() == 1;
        let lonely = with
            && !possessive
            && list.len() == 1
            && !noun_behind
            && !about.record
            && !chunk.ends(end)
            && !["of", "from", "for"].contains(&chunk.free_word(end));
        if compared || address || lonely || (["per", "by", "for"].contains(&before.as_str()) && !only && !led) {
            continue;
        }
        asked.without = matches!(about.act, Some(Act::Drop));
        asked.fields.extend(list);
        chunk.take(at..end + usize::from(noun_behind));
        drop_of(chunk, end + usize::from(noun_behind));
    }
    columns(chunk, about, asked);
    let _ = lexicon;
}

/// "without the date column", "all columns except id and email", "everything but the notes".
fn excepted(chunk: &mut Chunk, about: &About<'_>, asked: &mut Modifiers) {
    if about.record {
        return;
    }
    for at in 0..chunk.len() {
        let (word, next) = (chunk.free_word(at), chunk.free_word(at + 1));
        let (lead, sure) = match (word, next) {
            ("except" | "excepting" | "minus" | "omitting", _) => (1 + usize::from(next == "for"), true),
            ("without" | "excluding", _) => (1, false),
            ("but", "not" | "without") | ("leaving", "out") => (2, true),
            ("but", _) if ["everything", "all", "columns", "fields"].contains(&chunk.before(at)) => (1, true),
            _ => continue,
        };
        let mut start = at + lead;
        let (mut sure, mut definite) = (sure, false);
        while ["the", "their", "its", "column", "columns", "field", "fields", "for"].contains(&chunk.free_word(start)) {
            definite = true;
            sure |= chunk.word(start).starts_with("column") || chunk.word(start).starts_with("field");
            start += 1;
        }
        let Some((list, length)) = field_list(chunk, start, about, Openness::Strict) else { continue };
        let mut end = start + length;
        let noun = ["column", "columns", "field", "fields"].contains(&chunk.free_word(end));
        end += usize::from(noun);
        let onward = chunk.ends(end) || ["to", "into", "as", "in", "and", "from", "of", "then"].contains(&chunk.free_word(end));
        if noun || (onward && (sure || definite)) {
            asked.fields = list;
            asked.without = true;
            let start =
                if ["everything", "all", "columns", "fields"].contains(&chunk.before(at)) && chunk.free(at - 1) { at - 1 } else { at };
            chunk.take(start..end);
            return;
        }
    }
}

/// "the customer and amount columns", "columns id and name", "drop the phone column".
fn columns(chunk: &mut Chunk, about: &About<'_>, asked: &mut Modifiers) {
    for at in 0..chunk.len() {
        let Some((list, length)) = (chunk.free(at)).then(|| field_list(chunk, at, about, Openness::Led)).flatten() else { continue };
        let end = at + length;
        if ["columns", "fields", "column", "field", "attributes"].contains(&chunk.free_word(end))
            && !["by", "per", "of", "on", "where", "sum", "total", "average"].contains(&chunk.before(at))
        {
            asked.without = matches!(about.act, Some(Act::Drop));
            asked.fields.extend(list);
            chunk.take(at..end + 1);
            drop_of(chunk, end + 1);
            return;
        }
    }
}

/// Whether a value or comparison follows, which makes the field part of a condition.
fn follows_value(chunk: &Chunk, at: usize, about: &About<'_>) -> bool {
    let lexicon = english();
    if chunk.ends(at) && chunk.tokens.get(at).and_then(|token| token.quoted()).is_none() {
        return false;
    }
    // "with a grade of at least 80"
    let measured = chunk.free_word(at) == "of"
        && (lexicon.operators.at(&chunk.tokens, at + 1).is_some() || crate::language::number_at(lexicon, &chunk.tokens, at + 1).is_some());
    if measured && chunk.free(at + 1) {
        return true;
    }
    let word = chunk.free_word(at);
    let value = word.is_empty()
        || lexicon.operators.at(&chunk.tokens, at).is_some()
        || lexicon.copulas.contains(word)
        || lexicon.states.contains_key(word)
        || about.fields.with_value(&chunk.tokens[at].text).is_some();
    value
        || (!lexicon.is_stop(word)
            && !["per", "to", "into", "as"].contains(&word)
            && chunk.tokens[at].is_word()
            && !lexicon.is_carrier(word))
}

/// Takes "of each", "of the", "from" behind fields.
fn drop_of(chunk: &mut Chunk, at: usize) {
    if ["of", "from", "for"].contains(&chunk.free_word(at)) {
        chunk.take(at..at + 1);
    }
}

/// "remove the email and phone": fields that are left out.
fn dropped(chunk: &mut Chunk, about: &About<'_>, asked: &mut Modifiers) {
    let Some(at) = (0..chunk.len()).find(|&at| chunk.free(at) && !["the", "their", "its", "all"].contains(&chunk.word(at))) else { return };
    let Some((list, length)) = field_list(chunk, at, about, Openness::Strict) else { return };
    if chunk.ends(at + length) || ["from", "of", "in"].contains(&chunk.free_word(at + length)) {
        asked.fields = list;
        asked.without = true;
        chunk.take(at..at + length);
    }
}

/// Fields as the object of the verb: "post the titles", "names from people.csv", "the temperature from URL".
pub fn objects(chunk: &mut Chunk, about: &About<'_>, asked: &mut Modifiers) {
    let lexicon = english();
    if matches!(about.act, Some(Act::Drop)) && asked.filter.is_none() && asked.unique.is_none() && asked.skip + asked.drop_last == 0 {
        dropped(chunk, about, asked);
        return;
    }
    let takes = !matches!(
        about.act,
        Some(
            Act::Sort
                | Act::Drop
                | Act::Group
                | Act::Dedupe
                | Act::Limit
                | Act::Count
                | Act::Delete
                | Act::Move
                | Act::Join
                | Act::Wait
                | Act::Replace
        )
    );
    if !takes {
        return;
    }
    for at in 0..chunk.len() {
        if !chunk.free(at) || chunk.tokens[at].quoted().is_some() {
            continue;
        }
        let before = chunk.before(at);
        if ["by", "per", "on", "where", "whose", "as", "in", "for", "at", "to", "than", "those", "these", "such", "each", "every"]
            .contains(&before)
        {
            continue;
        }
        let saves = matches!(about.act, Some(Act::Save | Act::Append | Act::Fetch));
        let open = if about.record && !saves && ["the", "its"].contains(&before) { Openness::Led } else { Openness::Strict };
        let Some((list, length)) = field_list(chunk, at, about, open) else { continue };
        let end = at + length;
        if !about.record
            && follows_value(chunk, end, about)
            && !["of", "from", "at", "in", "for", "and"].contains(&chunk.free_word(end))
            && !is_source(chunk, end)
        {
            continue;
        }
        // "customers above 100", "the students that failed": the items by their main field, unless they are told.
        let narrowed = (asked.filter.is_some() || asked.limit.is_some()) && !["which", "who", "what", "whose"].contains(&chunk.before(at));
        let naming = list.len() == 1
            && length == 1
            && narrowed
            && !matches!(about.act, Some(Act::Send | Act::Project | Act::Respond))
            && list[0].kind() == FieldKind::Text
            && chunk.word(at).ends_with('s')
            && chunk.word(at) != list[0].name()
            && !["names", "titles", "emails", "phones", "ids", "links", "urls", "addresses", "mails", "subjects"].contains(&chunk.word(at))
            && about
                .fields
                .label()
                .is_none_or(|label| label.name == list[0].name() || list[0].name().starts_with(chunk.word(at).trim_end_matches('s')));
        if naming {
            continue;
        }
        // The only word may just name the items: "the reading", "post the order".
        let single_noun = list.len() == 1
            && about.nouns.contains(&chunk.tokens[at].stem)
            && about.fields.find(&[chunk.word(at)]).is_none_or(|(_, fit)| fit != Fit::Exact);
        // Of a list of groups the numbers alone say nothing.
        let numbers_only = about.nouns.iter().any(|noun| noun == "group")
            && list.iter().all(|field| field.kind() == super::super::fields::FieldKind::Number);
        if single_noun || numbers_only {
            continue;
        }
        asked.fields = list;
        chunk.take(at..end);
        drop_of(chunk, end);
        let _ = lexicon;
        return;
    }
}
