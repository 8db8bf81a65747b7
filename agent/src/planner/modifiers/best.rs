//! The best of a list by what it has: `the customer with the highest total`, `who spent the most`, `the country with
//! the fewest orders`.

use super::super::chunk::Chunk;
use super::super::fields::{FieldKind, FieldRef, Fit};
use super::fields::{Openness, field_at};
use super::{About, Ask, Group, Limit, Modifiers};
use crate::language::{CompareOp, Direction, Measure, english, number_at};

/// Who is looked for: a field's values or the items themselves, how many, and where the words begin.
struct Subject {
    field: Option<FieldRef>,
    start: usize,
    count: Option<usize>,
    plural: bool,
}

/// Reads the first of them.
pub fn read(chunk: &mut Chunk, about: &About<'_>, asked: &mut Modifiers) {
    if !about.fields.known || about.fields.list.is_empty() {
        return;
    }
    for at in 1..chunk.len() {
        if frequent(chunk, at, about, asked) {
            return;
        }
        if let Some((end, direction)) = extreme(chunk, at)
            && (owned(chunk, at, end, direction, about, asked) || earned(chunk, at, end, direction, about, asked))
        {
            return;
        }
    }
}

/// A word for an end of an order, without a field of its own, and where it ends.
fn extreme(chunk: &Chunk, at: usize) -> Option<(usize, Direction)> {
    if !chunk.free(at) {
        return None;
    }
    match chunk.word(at) {
        "most" => return Some((at + 1, Direction::Desc)),
        "fewest" | "least" => return Some((at + 1, Direction::Asc)),
        _ => {}
    }
    let (length, meaning) = english().superlatives.at(&chunk.tokens, at)?;
    (length == 1 && meaning.fields.last().is_some_and(|field| field == "*")).then_some((at + 1, meaning.direction))
}

/// "the customer with the highest total amount", "which country has the most orders".
fn owned(chunk: &mut Chunk, at: usize, end: usize, direction: Direction, about: &About<'_>, asked: &mut Modifiers) -> bool {
    let article = usize::from(chunk.before(at) == "the");
    let lead = at - article;
    if !["with", "has", "have", "had", "having", "got", "gets", "get", "made", "placed"].contains(&chunk.before(lead)) {
        return false;
    }
    let Some(subject) = subject(chunk, lead - 1, about) else { return false };
    let lexicon = english();
    let measured = lexicon.measures.at(&chunk.tokens, end).filter(|(length, _)| chunk.all_free(end..end + length)).map(|(l, op)| (l, *op));
    let (op, place) = match measured {
        Some((length, op @ (Measure::Sum | Measure::Avg | Measure::Count | Measure::Median))) => (Some(op), end + length),
        _ => (None, end),
    };
    // A field called "total" is no measure.
    let plain = field_at(chunk, end, about, Openness::Strict).filter(|(field, length)| {
        countable(field)
            && about.fields.find(&[chunk.word(end)]).is_some_and(|(_, fit)| fit >= Fit::Stem || op.is_none())
            && field_at(chunk, end + length, about, Openness::Strict).is_none()
    });
    let (op, place) = if plain.is_some() && op != Some(Measure::Count) { (None, end) } else { (op, place) };
    let field = field_at(chunk, place, about, Openness::Led).filter(|(field, _)| countable(field));
    let stop;
    match (op, field) {
        (Some(Measure::Count), _) => {
            stop = place + usize::from(!chunk.ends(place));
            grouped(&subject, Measure::Count, None, direction, asked);
        }
        (Some(op), found) => {
            let Some(of) = found.as_ref().map(|(field, _)| field.clone()).or_else(|| about.fields.amount(true)) else { return false };
            stop = place + found.map_or(0, |(_, length)| length);
            grouped(&subject, op, Some(of), direction, asked);
        }
        (None, Some((field, length))) => {
            stop = place + length;
            asked.sort.push((field, direction));
            asked.limit = limit(&subject);
        }
        (None, None) => {
            let items = about.nouns.contains(&super::limit::stem_of(chunk, place)) || lexicon.is_item_noun(chunk.free_word(place));
            let amount = lexicon.worth.contains(chunk.free_word(place));
            if subject.field.is_none() || !(items || amount) {
                return false;
            }
            stop = place + 1;
            if items {
                grouped(&subject, Measure::Count, None, direction, asked);
            } else {
                let Some(of) = about.fields.amount(true) else { return false };
                grouped(&subject, Measure::Sum, Some(of), direction, asked);
            }
        }
    }
    chunk.take(subject.start..stop);
    true
}

/// "who spent the most", "which customer ordered the least".
fn earned(chunk: &mut Chunk, at: usize, end: usize, direction: Direction, about: &About<'_>, asked: &mut Modifiers) -> bool {
    let lead = at - usize::from(chunk.before(at) == "the");
    let spending =
        ["spent", "spend", "spends", "paid", "pays", "sold", "sells", "bought", "buys", "earned", "earns", "ordered", "made", "owes"];
    if lead == 0 || !spending.contains(&chunk.before(lead)) || !chunk.free(lead - 1) {
        return false;
    }
    let next = chunk.free_word(end);
    if !(chunk.ends(end) || ["money", "in", "overall", "altogether", "to", "from", "into", "and"].contains(&next)) {
        return false;
    }
    let Some(subject) = subject(chunk, lead - 1, about).filter(|subject| subject.field.is_some()) else { return false };
    let Some(of) = about.fields.amount(true) else { return false };
    grouped(&subject, Measure::Sum, Some(of), direction, asked);
    chunk.take(subject.start..end + usize::from(["money", "overall", "altogether"].contains(&next)));
    true
}

/// "customers with more than one order", "who placed at least 3 orders".
fn frequent(chunk: &mut Chunk, at: usize, about: &About<'_>, asked: &mut Modifiers) -> bool {
    let lexicon = english();
    let led = ["with", "have", "has", "had", "having", "placed", "made", "got", "appear", "appears"].contains(&chunk.free_word(at - 1));
    let operator =
        lexicon.operators.at(&chunk.tokens, at).filter(|(length, _)| chunk.all_free(at..at + length)).map(|(length, op)| (length, *op));
    let (length, op) = match operator {
        Some(found) => found,
        None if ["only", "just"].contains(&chunk.free_word(at)) => (1, CompareOp::Eq),
        None => return false,
    };
    let Some((number, digits)) = number_at(lexicon, &chunk.tokens, at + length) else { return false };
    let noun = at + length + digits;
    let items = !chunk.free_word(noun).is_empty()
        && (about.nouns.contains(&super::limit::stem_of(chunk, noun))
            || lexicon.is_item_noun(chunk.free_word(noun))
            || ["time", "times"].contains(&chunk.free_word(noun)));
    let ranked = matches!(op, CompareOp::Gt | CompareOp::Ge | CompareOp::Lt | CompareOp::Le | CompareOp::Eq);
    if !led || !items || !ranked {
        return false;
    }
    let Some(subject) = subject(chunk, at - 1, about).filter(|subject| subject.field.is_some()) else { return false };
    grouped(&subject, Measure::Count, None, Direction::Desc, asked);
    asked.sort.clear();
    asked.limit = None;
    asked.having = Some((op, number));
    chunk.take(subject.start..noun + 1);
    true
}

fn countable(field: &FieldRef) -> bool {
    matches!(field.kind(), FieldKind::Number | FieldKind::NumberText | FieldKind::Date)
}

fn limit(subject: &Subject) -> Option<Limit> {
    subject.count.or((!subject.plural).then_some(1)).map(|count| Limit { count, last: false })
}

fn grouped(subject: &Subject, op: Measure, of: Option<FieldRef>, direction: Direction, asked: &mut Modifiers) {
    asked.limit = limit(subject);
    let Some(field) = &subject.field else {
        // The items themselves: their own value is the sum.
        asked.sort.extend(of.map(|of| (of, direction)));
        return;
    };
    let name = super::measures::name(op, of.as_ref());
    asked.groups.push(Group { name: field.name(), by: field.as_lambda() });
    asked.sort.push((FieldRef::Named(vec![name.clone()]), direction));
    asked.measures.push(Ask { op, field: of, name });
}

/// The noun before the words that say what it has.
fn subject(chunk: &Chunk, before: usize, about: &About<'_>) -> Option<Subject> {
    let lexicon = english();
    for place in (before.saturating_sub(5)..before).rev() {
        let word = chunk.free_word(place);
        if word.is_empty() {
            // Where the data comes from may stand between: "the customer in orders.csv with …".
            if super::is_source(chunk, place) || !chunk.free(place) && chunk.tokens[place].entity().is_some() {
                continue;
            }
            break;
        }
        let found =
            about.fields.find(&[word]).filter(|(field, fit)| *fit >= Fit::Synonym && !countable(&FieldRef::Known((*field).clone())));
        let items = about.nouns.contains(&chunk.tokens[place].stem) || lexicon.is_item_noun(word);
        let who = ["who", "whoever", "person", "one", "people"].contains(&word);
        if found.is_none() && !items && !who {
            continue;
        }
        let field = match found {
            Some((field, fit)) if !items || fit == Fit::Exact => Some(FieldRef::Known(field.clone())),
            _ if who && !items => {
                let people = ["customer", "name", "student", "user", "employee", "member", "author", "client", "assignee"];
                people
                    .iter()
                    .find_map(|name| about.fields.find(&[name]).filter(|(_, fit)| *fit >= Fit::Stem))
                    .map(|(f, _)| FieldRef::Known(f.clone()))
            }
            _ => None,
        };
        let number = place.checked_sub(1).filter(|&at| chunk.free(at)).and_then(|at| number_at(lexicon, &chunk.tokens, at));
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be small and whole")]
        let count = number
            .map(|(value, _)| value)
            .filter(|value| (1.0..10_000.0).contains(value) && value.fract() == 0.0)
            .map(|value| value as usize);
        let plural = word.ends_with('s') && !word.ends_with("ss") || word == "people";
        return Some(Subject { field, start: place - usize::from(count.is_some()), count, plural });
    }
    None
}
