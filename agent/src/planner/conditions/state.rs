//! Adjectives and flags: `open`, `unpaid`, `on loan`, `overdue`, and values that the sample shows.

use super::super::chunk::Chunk;
use super::super::fields::{Field, FieldKind, FieldRef, Fit, names_for};
use super::super::js;
use super::compare::{compare, truthy, without_case};
use super::time::Moment;
use super::value::Operand;
use super::{Cond, Scope};
use crate::language::{CompareOp, english};

/// A state said at a place, and how many tokens it takes.
pub fn state_at(chunk: &Chunk, at: usize, scope: &Scope<'_>) -> Option<(Cond, usize)> {
    sample_value(chunk, at, scope)
        .or_else(|| listed_state(chunk, at, scope))
        .or_else(|| flag(chunk, at, scope))
        .or_else(|| participle(chunk, at, scope))
}

/// Words that are a value in the sample: "Berlin customers", "the nurses", "high priority".
fn sample_value(chunk: &Chunk, at: usize, scope: &Scope<'_>) -> Option<(Cond, usize)> {
    let lexicon = english();
    for length in (1..=3_usize).rev() {
        if !chunk.all_free(at..at + length) || !chunk.tokens[at..at + length].iter().all(|token| token.is_word()) {
            continue;
        }
        let text = chunk.text(at..at + length);
        // "US orders": a value in capitals is no pronoun.
        let exact =
            text.len() > 1 && text.chars().all(char::is_uppercase) && scope.fields.list.iter().any(|field| field.values.contains(&text));
        let small = length == 1
            && !exact
            && (lexicon.is_stop(&chunk.tokens[at].norm) || lexicon.is_carrier(&chunk.tokens[at].norm) || text.len() < 2);
        // A word that names the items or a field is not a value, even if it occurs as one.
        let naming = length == 1
            && (scope.nouns.contains(&chunk.tokens[at].stem)
                || scope.fields.find(&[chunk.tokens[at].norm.as_str()]).is_some_and(|(_, fit)| fit == Fit::Exact));
        if small || naming {
            continue;
        }
        let one = if length == 1 { super::super::fields::singular(&chunk.tokens[at].norm) } else { None };
        let found = scope.fields.with_value(&text).or_else(|| one.and_then(|one| scope.fields.with_value(&one)));
        if let Some((field, value)) = found {
            let yes_no = field.kind == FieldKind::BoolText;
            if yes_no {
                continue;
            }
            return Some((compare(&FieldRef::Known(field.clone()), CompareOp::Eq, &[Operand::Text(value)], scope.base), length));
        }
    }
    None
}

fn listed_state(chunk: &Chunk, at: usize, scope: &Scope<'_>) -> Option<(Cond, usize)> {
    let lexicon = english();
    let (length, state) = lexicon.state_phrases.at(&chunk.tokens, at).filter(|(length, _)| chunk.all_free(at..at + length))?;
    let meanings = lexicon.states.get(state)?;
    if !scope.fields.known {
        return Some((unknown_state(state, meanings, scope.base), length));
    }
    for meaning in meanings {
        if let Some(special) = meaning.strip_prefix('@') {
            if let Some(cond) = special_state(special, scope) {
                return Some((cond, length));
            }
        } else if let Some(name) = meaning.strip_prefix('!') {
            if let Some(field) = flag_field(scope, name) {
                return Some((compare(&FieldRef::Known(field.clone()), CompareOp::Falsy, &[], scope.base), length));
            }
        } else if let Some((field, value)) = scope.fields.with_value(meaning) {
            return Some((compare(&FieldRef::Known(field.clone()), CompareOp::Eq, &[Operand::Text(value)], scope.base), length));
        } else if let Some(field) = flag_field(scope, meaning) {
            return Some((compare(&FieldRef::Known(field.clone()), CompareOp::Truthy, &[], scope.base), length));
        }
    }
    // The sample does not show the state, but it has a place for it.
    let status = ["status", "state", "stage"]
        .iter()
        .find_map(|name| scope.fields.find(&[name]).filter(|(_, fit)| *fit >= Fit::Synonym || *fit == Fit::Overlap));
    let (field, _) = status?;
    let first = meanings.iter().find(|meaning| !meaning.starts_with(['@', '!']))?;
    Some((compare(&FieldRef::Known(field.clone()), CompareOp::Eq, &[Operand::Text(first.clone())], scope.base), length))
}

fn flag_field<'f>(scope: &Scope<'f>, name: &str) -> Option<&'f Field> {
    let (field, fit) = scope.fields.find(&[name])?;
    // A column of unknown content is a flag only by its own name: "opened" is no truth value of `created`.
    (fit >= Fit::Synonym && matches!(field.kind, FieldKind::Bool | FieldKind::BoolText)
        || fit >= Fit::Stem && field.kind == FieldKind::Unknown
        || fit == Fit::Overlap && field.kind == FieldKind::Bool)
        .then_some(field)
}

fn special_state(special: &str, scope: &Scope<'_>) -> Option<Cond> {
    let mut parts = special.split(':');
    let (kind, name, value) = (parts.next()?, parts.next(), parts.next());
    let resolve = |name: &str| scope.fields.find(&[name]).map(|(field, _)| FieldRef::Known(field.clone()));
    match kind {
        "overdue" => resolve("due").map(|field| compare(&field, CompareOp::Before, &[Operand::Time(Moment::Offset(0))], scope.base)),
        "missing" => resolve(name?).map(|field| compare(&field, CompareOp::Empty, &[], scope.base)),
        "positive" => resolve(name?).map(|field| compare(&field, CompareOp::Gt, &[Operand::Number(0.0)], scope.base)),
        "zero" => resolve(name?).map(|field| compare(&field, CompareOp::Le, &[Operand::Number(0.0)], scope.base)),
        "eq" => {
            resolve(name?).map(|field| compare(&field, CompareOp::Eq, &[Operand::Text(value.unwrap_or_default().to_owned())], scope.base))
        }
        _ => None,
    }
}

/// A state of items that no sample shows: by a status field or a flag of that name.
fn unknown_state(state: &str, meanings: &[String], base: &str) -> Cond {
    let mut parts = Vec::new();
    let words: Vec<String> = meanings.iter().filter(|meaning| !meaning.starts_with(['@', '!'])).map(|meaning| js::text(meaning)).collect();
    if !words.is_empty() {
        let status = without_case(&format!("({base}.status ?? {base}.state)"));
        parts.push(match words.as_slice() {
            [one] => format!("{status} === {one}"),
            many => format!("[{}].includes({status})", many.join(", ")),
        });
        let name = state.replace([' ', '-'], "_");
        parts.push(truthy(&js::member(base, &name)));
    }
    for meaning in meanings {
        if let Some(name) = meaning.strip_prefix('!').filter(|name| !name.contains(' ')) {
            parts.push(format!("['false', 'no', 'n', '0'].includes({})", without_case(&js::member(base, name))));
        } else if let Some(special) = meaning.strip_prefix('@') {
            let mut bits = special.split(':');
            match (bits.next(), bits.next(), bits.next()) {
                (Some("overdue"), ..) => {
                    parts.push(format!("String({base}.due_date ?? {base}.due ?? {base}.dueDate ?? '9999').slice(0, 10) < now.slice(0, 10)"))
                }
                (Some("positive"), Some(name), _) => parts.push(format!("Number({} ?? 0) > 0", js::member(base, name))),
                (Some("zero"), Some(name), _) => parts.push(format!("Number({} ?? 1) <= 0", js::member(base, name))),
                (Some("eq"), Some(name), Some(value)) => {
                    parts.push(format!("{} === {}", without_case(&js::member(base, name)), js::text(value)))
                }
                _ => {}
            }
        }
    }
    match parts.as_slice() {
        [one] => Cond::Is(one.clone()),
        _ => Cond::Any(parts.into_iter().map(Cond::Is).collect()),
    }
}

/// A flag among the fields: "that are on loan" where there is `on_loan`, "active users" where there is `is_active`.
fn flag(chunk: &Chunk, at: usize, scope: &Scope<'_>) -> Option<(Cond, usize)> {
    for length in (1..=3_usize).rev() {
        if !chunk.all_free(at..at + length) || !chunk.tokens[at..at + length].iter().all(|token| token.is_word()) {
            continue;
        }
        let words: Vec<&str> = chunk.tokens[at..at + length].iter().map(|token| token.norm.as_str()).collect();
        if length == 1 && english().is_stop(words[0]) {
            continue;
        }
        let mut prefixed = vec!["is"];
        prefixed.extend(&words);
        let mut having = vec!["has"];
        having.extend(&words);
        let found = [&words, &prefixed, &having].into_iter().find_map(|words| {
            scope
                .fields
                .find(words)
                .filter(|(field, fit)| *fit == Fit::Exact && matches!(field.kind, FieldKind::Bool | FieldKind::BoolText))
        });
        if let Some((field, _)) = found {
            return Some((compare(&FieldRef::Known(field.clone()), CompareOp::Truthy, &[], scope.base), length));
        }
    }
    None
}

/// A participle before a noun, or behind "are", where nothing is known of the items: "the delayed flights".
fn participle(chunk: &Chunk, at: usize, scope: &Scope<'_>) -> Option<(Cond, usize)> {
    let lexicon = english();
    let word = chunk.free_word(at);
    let shape = word.len() > 4 && word.ends_with("ed") && !lexicon.is_stop(word) && lexicon.operators.at(&chunk.tokens, at).is_none();
    let ordering = [
        "sorted",
        "ordered",
        "ranked",
        "grouped",
        "needed",
        "listed",
        "named",
        "called",
        "based",
        "used",
        "arranged",
        "combined",
        "limited",
        "filtered",
        "attached",
        "formatted",
        "created",
        "updated",
        "published",
        "dated",
        "rated",
        "separated",
        "deduplicated",
        "modified",
        "converted",
        "fetched",
        "joined",
        "added",
        "related",
        "signed",
        "placed",
        "stored",
        "saved",
        "posted",
        "written",
        "priced",
        "released",
        "expected",
        "mentioned",
        "required",
        "registered",
        "launched",
        "hired",
        "opened",
    ]
    .contains(&word);
    if !shape || ordering {
        return None;
    }
    let next = chunk.free_word(at + 1);
    let attributive = !next.is_empty() && !lexicon.is_stop(next);
    let predicative = lexicon.copulas.contains(chunk.before(at)) || lexicon.negations.get(chunk.before(at)).is_some();
    let ones = ["ones", "one"].contains(&next);
    if !(attributive || predicative || ones) {
        return None;
    }
    if scope.fields.known {
        let (field, _) = ["status", "state", "stage"].iter().find_map(|name| scope.fields.find(&[name]))?;
        return Some((compare(&FieldRef::Known(field.clone()), CompareOp::Eq, &[Operand::Text(word.to_owned())], scope.base), 1));
    }
    let name = names_for(&[word]).remove(0);
    Some((unknown_state(&name, &[word.to_owned()], scope.base), 1))
}
