//! The date and the time of the run in words: as what is written, and as a part of a file's name.

use super::super::build::{Builder, Stamp};
use super::super::chunk::Chunk;
use crate::language::{Act, Entity, Phrases, TokenKind, english};
use std::sync::LazyLock;

static MOMENTS: LazyLock<Phrases<Stamp>> = LazyLock::new(|| {
    let mut phrases = Phrases::default();
    let both = ["timestamp", "time stamp", "date and time", "datetime", "date and the time", "moment", "time and date", "timestamps"];
    phrases.add_all(&both, &Stamp::Moment);
    phrases.add_all(&["date", "date stamp", "datestamp", "day"], &Stamp::Date);
    phrases.add_all(&["time", "time of day", "hour"], &Stamp::Time);
    phrases
});

/// A moment in words at a place: "the current date", "today's date", "a timestamp"; its length, and whether a word
/// such as "current" shows that the present one is meant.
fn at(chunk: &Chunk, start: usize) -> Option<(usize, Stamp, bool)> {
    let mut place = start;
    let mut present = false;
    while chunk.free(place) {
        let word = chunk.word(place);
        if ["current", "today's", "present", "actual", "todays", "day's"].contains(&word) {
            present = true;
        } else if !["the", "a", "an", "of"].contains(&word) || place > start + 2 {
            break;
        }
        place += 1;
    }
    let (length, stamp) = MOMENTS.at(&chunk.tokens, place).filter(|(length, _)| chunk.all_free(place..place + length))?;
    let mut end = place + length;
    if chunk.free_word(end) == "of" && chunk.free_word(end + 1) == "today" {
        (end, present) = (end + 2, true);
    }
    present |= chunk.word(place).contains("stamp") || *stamp == Stamp::Moment;
    Some((end - start, *stamp, present))
}

/// Takes "with today's date in the name" and the like; the name of the next file that is written bears the date.
pub fn in_name(builder: &mut Builder<'_>, chunk: &mut Chunk) {
    let names = chunk.tokens.iter().any(|token| matches!(token.entity(), Some(Entity::Path(_) | Entity::Folder(_))));
    if !names {
        return;
    }
    for start in 0..chunk.len() {
        if ["date-stamped", "timestamped", "time-stamped", "datestamped", "dated"].contains(&chunk.free_word(start)) {
            builder.stamp = Some(if chunk.word(start).starts_with("date") { Stamp::Date } else { Stamp::Moment });
            chunk.take(start..start + 1);
            return;
        }
        if !["with", "including", "plus", "and", "using", "append", "adding", "add", "containing"].contains(&chunk.free_word(start)) {
            continue;
        }
        let Some((length, stamp, present)) = at(chunk, start + 1) else { continue };
        let mut end = start + 1 + length;
        let mut named = false;
        if ["in", "to", "as"].contains(&chunk.free_word(end)) {
            let mut place = end + 1;
            while ["the", "its", "file", "their", "each"].contains(&chunk.free_word(place)) {
                place += 1;
            }
            if ["name", "filename", "names", "suffix", "prefix", "filenames", "title"].contains(&chunk.free_word(place)) {
                named = true;
                end = place + 1;
            }
        } else if ["appended", "added", "attached"].contains(&chunk.free_word(end)) {
            named = true;
            end += 1;
        }
        if named || (present && chunk.word(start) == "with" && chunk.ends(end)) {
            builder.stamp = Some(stamp);
            chunk.take(start..end);
            return;
        }
    }
}

/// Puts the date or time beside a text that is written along with it: "write today's date and "deployed" to …".
pub fn beside(builder: &mut Builder<'_>, chunk: &mut Chunk, text: &mut String) {
    for start in 0..chunk.len() {
        let Some((length, stamp, true)) = at(chunk, start) else { continue };
        let end = start + length;
        let quote = chunk.tokens.iter().position(|token| token.quoted() == Some(text)).unwrap_or(0);
        let joined = |word: &str| ["and", "with", "plus", "at", "on", "followed"].contains(&word);
        let near = if start < quote {
            joined(chunk.word(end)) || end == quote || chunk.tokens[end].is_punct(',')
        } else {
            joined(chunk.before(start))
        };
        if !near {
            continue;
        }
        let Some(moment) = builder.moment(stamp) else { return };
        let said = super::super::js::inside(&moment);
        *text = if start < quote { format!("{said} {text}") } else { format!("{text} {said}") };
        let lead = usize::from(start > quote);
        chunk.take(start - lead..end);
        return;
    }
}

/// Puts the date or time in hand where that is what a clause writes: "append the current date to visits.log".
pub fn as_text(builder: &mut Builder<'_>, chunk: &mut Chunk, act: Option<Act>) -> bool {
    if !matches!(act, Some(Act::Save | Act::Append | Act::Send | Act::Insert | Act::Respond) | None) || builder.each.is_some() {
        return false;
    }
    let Some(start) = (0..chunk.len()).find(|&place| chunk.free(place) && chunk.tokens[place].is_word()) else { return false };
    // Only small words may stand before it: what else is said there is what is written.
    let lexicon = english();
    let small = |word: &str| lexicon.is_stop(word) || lexicon.is_item_noun(word) || ["line", "text", "note"].contains(&word);
    let Some((place, length, stamp, present)) = (start..chunk.len().min(start + 6))
        .take_while(|&place| place == start || small(chunk.free_word(place - 1)))
        .find_map(|place| at(chunk, place).map(|(length, stamp, present)| (place, length, stamp, present)))
    else {
        return false;
    };
    let next = chunk.tokens.get(place + length);
    let closes = next.is_none_or(|token| {
        token.is_any(&["to", "into", "in", "as", "on", "at", "onto"]) || matches!(token.kind, TokenKind::Punct(_) | TokenKind::Break)
    });
    if !closes || (!present && builder.focus.is_some()) {
        return false;
    }
    if builder.hold_moment(stamp).is_none() {
        return false;
    }
    chunk.take(start..place + length);
    true
}
