//! Parts of a whole: `the percentage of`, `above average`, `rows 2 to 4`, `every second row`.

use super::super::chunk::Chunk;
use super::super::fields::FieldRef;
use super::fields::{Openness, field_at};
use super::{About, Limit, Modifiers};
use crate::language::{CompareOp, Measure, english, number_at};

/// Reads them all.
pub fn read(chunk: &mut Chunk, about: &About<'_>, asked: &mut Modifiers) {
    for at in 0..chunk.len() {
        percentage(chunk, at, asked);
        average(chunk, at, about, asked);
        range(chunk, at, about, asked);
    }
}

/// "what percentage of", "the share of".
fn percentage(chunk: &mut Chunk, at: usize, asked: &mut Modifiers) {
    let word = ["percentage", "percentages", "percent", "proportion", "share", "shares"].contains(&chunk.free_word(at));
    let counted = at > 0 && number_at(english(), &chunk.tokens, at - 1).is_some();
    if !word || counted || !["of", "per", "by", "for"].contains(&chunk.free_word(at + 1)) {
        return;
    }
    let lead = usize::from(["what", "the", "which"].contains(&chunk.before(at)) && at > 0 && chunk.free(at - 1));
    let of = usize::from(chunk.free_word(at + 1) == "of");
    chunk.take(at - lead..at + 1 + of);
    asked.share = true;
}

/// "amount above average", "grades below the mean".
fn average(chunk: &mut Chunk, at: usize, about: &About<'_>, asked: &mut Modifiers) {
    let lexicon = english();
    let Some((length, op)) =
        lexicon.operators.at(&chunk.tokens, at).filter(|(length, _)| chunk.all_free(at..at + length)).map(|(length, op)| (length, *op))
    else {
        return;
    };
    if !matches!(op, CompareOp::Gt | CompareOp::Lt | CompareOp::Ge | CompareOp::Le) {
        return;
    }
    let place = at + length + usize::from(["the", "its", "their"].contains(&chunk.free_word(at + length)));
    let measure = match chunk.free_word(place) {
        "average" | "mean" | "avg" => Measure::Avg,
        "median" => Measure::Median,
        _ => return,
    };
    let behind = field_at(chunk, place + 1, about, Openness::Strict);
    let before = (at.saturating_sub(4)..at)
        .rev()
        .find_map(|start| field_at(chunk, start, about, Openness::Strict).map(|(field, length)| (start, field, length)));
    let numeric = |field: &FieldRef| about.fields.numeric().iter().any(|known| known.name == field.name());
    let before = before.filter(|(_, field, _)| numeric(field));
    let (start, end, field) = match (before, behind.filter(|(field, _)| numeric(field))) {
        (Some((start, field, _)), behind) => (start, place + 1 + behind.map_or(0, |(_, length)| length), Some(field)),
        (None, Some((field, length))) => (at, place + 1 + length, Some(field)),
        (None, None) => (at, place + 1, about.fields.amount(true)),
    };
    if let Some(field) = field {
        asked.against = Some((field, op, measure));
        chunk.take(start..end);
    }
}

/// "rows 2 to 4".
fn range(chunk: &mut Chunk, at: usize, about: &About<'_>, asked: &mut Modifiers) {
    let lexicon = english();
    let word = chunk.free_word(at);
    let items = lexicon.is_item_noun(word) || (!word.is_empty() && about.nouns.contains(&chunk.tokens[at].stem));
    if !items || !word.ends_with('s') {
        return;
    }
    let whole = |at: usize| {
        let (value, length) =
            number_at(lexicon, &chunk.tokens, at).filter(|(value, _)| chunk.free(at) && value.fract() == 0.0 && *value >= 1.0)?;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be whole and positive")]
        Some((value as usize, length))
    };
    let Some((from, length)) = whole(at + 1) else { return };
    let joint = at + 1 + length;
    let joined = ["to", "through", "till", "until"].contains(&chunk.free_word(joint))
        || chunk.tokens.get(joint).is_some_and(|token| token.is_punct('-') || token.is_punct('–'));
    let Some((to, digits)) = whole(joint + 1).filter(|(to, _)| joined && *to >= from) else { return };
    asked.skip = from - 1;
    asked.limit = Some(Limit { count: to + 1 - from, last: false });
    chunk.take(at..joint + 1 + digits);
}
