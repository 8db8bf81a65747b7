//! Numbers over a list and its groups: `how many`, `the total amount`, `average rating per category`.

use super::super::chunk::Chunk;
use super::super::fields::{FieldKind, FieldRef, Fit, normal};
use super::super::js;
use super::fields::{Openness, field_at};
use super::{About, Ask, Group, Modifiers, is_source};
use crate::language::{Act, Measure, TokenKind, english};
use serde_json::Value;

/// Reads measures that say what they are of.
pub fn read(chunk: &mut Chunk, about: &About<'_>, asked: &mut Modifiers) {
    let mut at = 0;
    while at < chunk.len() {
        at = measure(chunk, at, about, asked).unwrap_or(at + 1);
    }
}

fn measure(chunk: &mut Chunk, at: usize, about: &About<'_>, asked: &mut Modifiers) -> Option<usize> {
    let lexicon = english();
    let (length, op) =
        lexicon.measures.at(&chunk.tokens, at).filter(|(length, _)| chunk.all_free(at..at + length)).map(|(length, op)| (length, *op))?;
    if ordered_by(chunk, at) {
        return None;
    }
    let mut ops = vec![op];
    let mut end = at + length;
    // "the highest and lowest temperature"
    loop {
        let mut place = end;
        while chunk.tokens.get(place).is_some_and(|token| {
            chunk.free(place) && (token.is_punct(',') || token.is_punct('(') || token.is_any(&["and", "&", "the", "or"]))
        }) {
            place += 1;
        }
        match lexicon.measures.at(&chunk.tokens, place).filter(|(length, _)| place > end && chunk.all_free(place..place + length)) {
            Some((length, op)) if place > end => {
                if !ops.contains(op) {
                    ops.push(*op);
                }
                end = place + length;
            }
            _ => break,
        }
    }
    if op == Measure::Count && ops.len() == 1 {
        return count(chunk, at, end, about, asked);
    }
    if compared(chunk, end) || part_of_field(chunk, at, length, about) {
        return None;
    }
    let mut place = end;
    while chunk.tokens.get(place).is_some_and(|token| chunk.free(place) && token.is_punct(')'))
        || ["of", "the", "all", "overall", "for", "over", "from", "their", "combined", "total", "up", "each", "value", "its", "in"]
            .contains(&chunk.free_word(place))
    {
        place += 1;
    }
    let superlative = lexicon.superlatives.get(&chunk.text(at..at + length).to_lowercase()).is_some();
    if superlative && super::limit::ordinal_before(chunk, at).is_some() {
        return None;
    }
    let found = field_at(chunk, place, about, if superlative { Openness::Strict } else { Openness::Led }).filter(|(field, length)| {
        let known = matches!(field, FieldRef::Known(_));
        numeric(field, op) && (known || !is_item_word(chunk, place, *length, about))
    });
    let (fields, field_end) = match found {
        Some((field, length)) => {
            let last = place + length;
            // "the 3 highest prices" is an order; a plural behind "the highest" lists items.
            if superlative && at > 0 && matches!(chunk.tokens[at - 1].kind, TokenKind::Number(_)) {
                return None;
            }
            (vec![field], last)
        }
        None if superlative => return None,
        None => amount_in_other_words(chunk, end, op, about)?,
    };
    if fields.is_empty() {
        asked.measures.push(Ask { op: Measure::Count, field: None, name: "count".to_owned() });
        chunk.take(at..field_end);
        return Some(field_end);
    }
    for op in &ops {
        let field = if *op == Measure::Count { None } else { fields.first().cloned() };
        asked.measures.push(Ask { op: *op, name: name(*op, field.as_ref()), field });
    }
    chunk.take(at..field_end);
    after_field(chunk, field_end);
    // "sum of amount and average of quantity" goes on by itself.
    Some(field_end)
}

/// "total sales", "average order": the only amount there is, in words that are no field's. "total orders" is a number
/// of them: no field.
fn amount_in_other_words(chunk: &Chunk, at: usize, op: Measure, about: &About<'_>) -> Option<(Vec<FieldRef>, usize)> {
    let word = chunk.free_word(at);
    if word.is_empty() || !about.fields.known || about.fields.list.is_empty() {
        return None;
    }
    let items = about.nouns.contains(&chunk.tokens[at].stem) || english().is_item_noun(word);
    if items && op == Measure::Sum {
        return word.ends_with('s').then_some((Vec::new(), at + 1));
    }
    let worth = items || english().worth.contains(word);
    let end = at + 1 + usize::from(items && english().worth.contains(chunk.free_word(at + 1)));
    let field = about.fields.amount(true).filter(|_| worth && op != Measure::Count)?;
    Some((vec![field], end))
}

/// "sort by the total": a field is meant.
fn ordered_by(chunk: &Chunk, at: usize) -> bool {
    chunk.before(at) == "by" || (chunk.before(at) == "the" && at > 1 && chunk.word(at - 2) == "by")
}

/// Takes "column", "of", "values" behind a field.
fn after_field(chunk: &mut Chunk, at: usize) {
    let mut place = at;
    while ["column", "field", "columns", "fields", "values", "value", "of", "over"].contains(&chunk.free_word(place)) {
        chunk.take(place..place + 1);
        place += 1;
    }
}

fn is_item_word(chunk: &Chunk, at: usize, length: usize, about: &About<'_>) -> bool {
    length == 1
        && (about.nouns.contains(&chunk.tokens[at].stem)
            || english().is_item_noun(&chunk.tokens[at].norm)
            || about.fields.with_value(&chunk.tokens[at].text).is_some()
            || english().states.contains_key(&chunk.tokens[at].norm))
}

fn numeric(field: &FieldRef, op: Measure) -> bool {
    matches!(field.kind(), FieldKind::Number | FieldKind::NumberText | FieldKind::Unknown)
        || (field.kind() == FieldKind::Date && matches!(op, Measure::Min | Measure::Max))
}

/// The name of a measure's value in the result.
pub(super) fn name(op: Measure, field: Option<&FieldRef>) -> String {
    let clean = |field: &FieldRef| normal(&field.name()).replace(' ', "_");
    let word = match op {
        Measure::Sum => "total",
        Measure::Avg => "average",
        Measure::Min => "lowest",
        Measure::Max => "highest",
        Measure::Median => "median",
        Measure::Count => return "count".to_owned(),
    };
    match field {
        Some(field) if !clean(field).starts_with("total") => format!("{word}_{}", clean(field)),
        _ => word.to_owned(),
    }
}

/// Whether what follows compares, so that the word names a field.
fn compared(chunk: &Chunk, at: usize) -> bool {
    let lexicon = english();
    let operator = lexicon.operators.at(&chunk.tokens, at).is_some_and(|(length, _)| {
        chunk.all_free(at..at + length)
            && chunk.tokens.get(at + length).is_some_and(|token| matches!(token.kind, TokenKind::Number(_)) || token.is("$"))
    });
    let copula = ["is", "was"].contains(&chunk.free_word(at)) && chunk.len() > at + 1;
    operator || copula
}

/// "order total", "invoice number": the word belongs to a field's name.
fn part_of_field(chunk: &Chunk, at: usize, length: usize, about: &About<'_>) -> bool {
    if length != 1 || at == 0 || !chunk.free(at - 1) || !chunk.tokens[at - 1].is_word() {
        return false;
    }
    let pair = [chunk.word(at - 1), chunk.word(at)];
    about.fields.find(&pair).is_some_and(|(_, fit)| fit >= Fit::Stem)
}

fn count(chunk: &mut Chunk, at: usize, end: usize, about: &About<'_>, asked: &mut Modifiers) -> Option<usize> {
    let text = chunk.text(at..end).to_lowercase();
    let verb = matches!(about.act, Some(Act::Count)) && at == 0;
    let bare = ["count", "number", "the number", "the count", "total count", "their number", "the total count"].contains(&text.as_str());
    let follows = chunk.free_word(end).to_owned();
    if text.ends_with("amount of")
        && !about.fields.list.iter().any(|field| field.kind == FieldKind::Unknown)
        && about.fields.find(&["amount"]).is_some()
    {
        return None;
    }
    if part_of_field(chunk, end - 1, 1, about) || (bare && compared(chunk, end)) {
        return None;
    }
    // A field called "number" or "count" is not counted.
    let own_field =
        bare && !text.starts_with("the") && !verb && about.fields.find(&[text.as_str()]).is_some_and(|(_, fit)| fit >= Fit::Stem);
    let noun_follows =
        bare && !verb && !follows.is_empty() && !english().is_stop(&follows) && !["of", "as", "there"].contains(&follows.as_str());
    if own_field || (noun_follows && !matches!(about.act, Some(Act::Count))) {
        return None;
    }
    asked.measures.push(Ask { op: Measure::Count, field: None, name: "count".to_owned() });
    chunk.take(at..end);
    Some(end)
}

/// "the total", "the average", "sum it up" without a field: of the only amount.
pub fn alone(chunk: &mut Chunk, about: &About<'_>, asked: &mut Modifiers) {
    if !asked.measures.is_empty() {
        return;
    }
    let lexicon = english();
    for at in 0..chunk.len() {
        let Some((length, op)) =
            lexicon.measures.at(&chunk.tokens, at).filter(|(length, _)| chunk.all_free(at..at + length)).map(|(length, op)| (length, *op))
        else {
            continue;
        };
        let end = at + length;
        let superlative = lexicon.superlatives.get(&chunk.text(at..end).to_lowercase()).is_some();
        if ordered_by(chunk, at) {
            continue;
        }
        if ["combined", "overall", "aggregate", "cumulative"].contains(&chunk.word(at)) && length == 1 {
            continue;
        }
        if op == Measure::Count || superlative || compared(chunk, end) || part_of_field(chunk, at, length, about) {
            continue;
        }
        // A field of that name is meant unless the verb or "of" makes it a measure: "post the customer and total".
        let measuring = matches!(about.act, Some(Act::Measure | Act::Group))
            || chunk.word(end - 1) == "of"
            || chunk.free_word(end) == "of"
            || is_source(chunk, end)
            || !asked.groups.is_empty()
            || ["the", "grand", "a", ""].contains(&chunk.before(at));
        if !measuring {
            continue;
        }
        let own = about
            .fields
            .find(&[chunk.word(at)])
            .filter(|(field, fit)| *fit >= Fit::Stem && matches!(field.kind, FieldKind::Number | FieldKind::NumberText))
            .map(|(field, _)| FieldRef::Known(field.clone()));
        let Some(field) = own.or_else(|| about.fields.amount(true)) else { continue };
        asked.measures.push(Ask { op, name: name(op, Some(&field)), field: Some(field) });
        chunk.take(at..end);
        after_field(chunk, end);
        return;
    }
    if worth_per_group(chunk, about, asked) {
        return;
    }
    if matches!(about.act, Some(Act::Count)) {
        asked.measures.push(Ask { op: Measure::Count, field: None, name: "count".to_owned() });
    }
}

/// "revenue per country", "sales by month", "how much did we sell": the sum of what there is, where no measure is named.
fn worth_per_group(chunk: &mut Chunk, about: &About<'_>, asked: &mut Modifiers) -> bool {
    if asked.groups.is_empty() || asked.per_group || asked.share || !asked.sort.is_empty() && matches!(about.act, Some(Act::Sort)) {
        return false;
    }
    let Some(at) = (0..chunk.len()).find(|&at| worth_at(chunk, at, about)) else { return false };
    let own = about.fields.find(&[chunk.word(at)]).filter(|(field, fit)| *fit >= Fit::Stem && field.kind == FieldKind::Number);
    let field = own.map(|(field, _)| FieldRef::Known(field.clone())).or_else(|| about.fields.amount(true));
    let Some(field) = field else { return false };
    asked.measures.push(Ask { op: Measure::Sum, name: name(Measure::Sum, Some(&field)), field: Some(field) });
    chunk.take(at..at + 1);
    true
}

fn worth_at(chunk: &Chunk, at: usize, about: &About<'_>) -> bool {
    let word = chunk.free_word(at);
    about.fields.known && english().worth.contains(word) && !["price", "prices", "value", "values"].contains(&word)
        || word == "much" && chunk.before(at) == "how"
}

/// Reads "per customer", "by status", "for each region", "grouped by".
pub fn groups(chunk: &mut Chunk, about: &About<'_>, asked: &mut Modifiers) {
    let grouping = matches!(about.act, Some(Act::Group | Act::Count | Act::Measure))
        || chunk.tokens.iter().any(|token| token.is_any(&["summary", "breakdown", "overview", "statistics", "stats"]));
    let wanted = |chunk: &Chunk, at: usize, asked: &Modifiers| {
        !asked.measures.is_empty() || asked.share || grouping || measuring(chunk, if at == 0 { chunk.len() } else { at }, about)
    };
    for at in 0..chunk.len() {
        let (word, next) = (chunk.free_word(at), chunk.free_word(at + 1));
        let lead = match (word, next) {
            ("grouped" | "group" | "broken" | "split", "by") => 2,
            ("broken", "down") if chunk.free_word(at + 2) == "by" => 3,
            ("for" | "in" | "of" | "within" | "from", "each" | "every") if wanted(chunk, at, asked) || asked.limit.is_some() => 2,
            ("each" | "every", _)
                if asked.measures.iter().any(|ask| ask.op == Measure::Count)
                    && field_at(chunk, at + 1, about, Openness::Strict).is_some_and(|(field, _)| field.kind() == FieldKind::Text) =>
            {
                1
            }
            ("per", _) if wanted(chunk, at, asked) || asked.limit.is_some() => 1,
            ("by", _) if wanted(chunk, at, asked) => 1,
            _ => continue,
        };
        let mut place = at + lead;
        let mut end = place;
        loop {
            while ["the", "each", "their", "every"].contains(&chunk.free_word(place)) {
                place += 1;
            }
            if let Some(group) = period(chunk, place, about) {
                asked.groups.push(group);
                place += 1;
            } else if let Some((field, length)) =
                field_at(chunk, place, about, Openness::Free).filter(|_| !chunk.tokens[place].stem.is_empty())
            {
                asked.groups.push(Group { name: field.name(), by: field.as_lambda() });
                place += length;
            } else {
                break;
            }
            end = place;
            let mut joined = false;
            while chunk
                .tokens
                .get(place)
                .is_some_and(|token| chunk.free(place) && (token.is_punct(',') || token.is_any(&["and", "by", "&"])))
            {
                joined = true;
                place += 1;
            }
            if !joined || field_at(chunk, place, about, Openness::Strict).is_none() {
                break;
            }
        }
        if end > at + lead {
            // "the top 2 per region", but "sales per region, top 2".
            asked.per_group = asked.limit.is_some()
                && (0..at).any(|place| {
                    ["top", "bottom", "first", "last", "most", "least"].contains(&chunk.word(place))
                        || english().superlatives.at(&chunk.tokens, place).is_some()
                });
            chunk.take(at..end);
            return;
        }
    }
}

/// Whether a measure without a field stands before a place: "the total by region".
fn measuring(chunk: &Chunk, at: usize, about: &About<'_>) -> bool {
    (0..at).any(|place| worth_at(chunk, place, about)) && !matches!(about.act, Some(Act::Sort | Act::Limit | Act::Keep))
        || (0..at).any(|place| {
            english()
                .measures
                .at(&chunk.tokens, place)
                .is_some_and(|(length, _)| place + length <= at && chunk.all_free(place..place + length))
        })
}

/// "per month" where there is a date but no such field.
fn period(chunk: &Chunk, at: usize, about: &About<'_>) -> Option<Group> {
    let (word, length) = match chunk.free_word(at) {
        "day" => ("day", 10),
        "month" => ("month", 7),
        "year" => ("year", 4),
        _ => return None,
    };
    if about.fields.find(&[word]).is_some_and(|(_, fit)| fit >= Fit::Stem) {
        return None;
    }
    let date = about.fields.date()?;
    Some(Group { name: word.to_owned(), by: Value::String(js::inside(&format!("String({} ?? '').slice(0, {length})", date.of("item")))) })
}
