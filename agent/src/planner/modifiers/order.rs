//! Order and uniqueness: `sorted by price, highest first`, `alphabetically`, `without duplicates`, `distinct cities`.

use super::super::chunk::Chunk;
use super::super::fields::FieldRef;
use super::fields::{Openness, field_at, field_list};
use super::{About, Modifiers};
use crate::language::{Act, Direction, english};

/// Reads "sorted by" and directions.
pub fn read(chunk: &mut Chunk, about: &About<'_>, asked: &mut Modifiers) {
    let sorting = matches!(about.act, Some(Act::Sort));
    for at in 0..chunk.len() {
        let word = chunk.free_word(at);
        let lead = ["sorted", "ordered", "ranked", "arranged", "sort", "order", "rank", "sorting"].contains(&word)
            && chunk.word(at + 1) == "by"
            || (sorting && word == "by" && at + 1 < chunk.len());
        if lead {
            let start = at + if word == "by" { 1 } else { 2 };
            sort_keys(chunk, at, start, about, asked);
        }
    }
    if sorting && asked.sort.is_empty() {
        // "sort the prices descending"
        let object =
            (0..chunk.len()).find_map(|at| field_at(chunk, at, about, Openness::Strict).map(|(field, length)| (at, field, length)));
        if let Some((at, field, length)) = object {
            chunk.take(at..at + length);
            asked.sort.push((field, Direction::Asc));
        }
    }
    directions(chunk, about, asked, sorting);
}

fn sort_keys(chunk: &mut Chunk, from: usize, start: usize, about: &About<'_>, asked: &mut Modifiers) {
    let lexicon = english();
    let mut place = start;
    let mut end = start;
    loop {
        while ["the", "their", "then", "by", "its", "item", "each", "field", "column"].contains(&chunk.free_word(place)) {
            place += 1;
        }
        let Some((field, length)) =
            field_at(chunk, place, about, Openness::Free).filter(|_| lexicon.directions.at(&chunk.tokens, place).is_none())
        else {
            break;
        };
        place += length;
        end = place;
        if ["column", "field"].contains(&chunk.free_word(place)) {
            place += 1;
            end = place;
        }
        let mut direction = Direction::Asc;
        let skip = usize::from(chunk.free_word(place) == "in" && lexicon.directions.at(&chunk.tokens, place).is_none());
        if let Some((length, found)) =
            lexicon.directions.at(&chunk.tokens, place + skip).filter(|(length, _)| chunk.all_free(place..place + skip + length))
        {
            direction = *found;
            place += skip + length;
            end = place;
        }
        asked.sort.push((field, direction));
        let mut joined = false;
        while chunk
            .tokens
            .get(place)
            .is_some_and(|token| chunk.free(place) && (token.is_punct(',') || token.is_any(&["and", "then", "by"])))
        {
            joined = true;
            place += 1;
        }
        // "sort by name and email it": only sure fields go on.
        if !joined || field_at(chunk, place, about, Openness::Strict).is_none() || lexicon.directions.at(&chunk.tokens, place).is_some() {
            break;
        }
    }
    if end > start {
        chunk.take(from..end);
    }
}

/// "descending", "newest first", "alphabetically": for the order that was said, or one of its own.
fn directions(chunk: &mut Chunk, about: &About<'_>, asked: &mut Modifiers, sorting: bool) {
    let lexicon = english();
    for at in 0..chunk.len() {
        let skip =
            usize::from(["with", "the", "in", "from"].contains(&chunk.free_word(at)) && lexicon.directions.at(&chunk.tokens, at).is_none());
        let skip = skip + usize::from(skip == 1 && chunk.free_word(at + 1) == "the");
        let Some((length, direction)) = lexicon
            .directions
            .at(&chunk.tokens, at + skip)
            .filter(|(length, _)| chunk.all_free(at..at + skip + length))
            .map(|(length, direction)| (length, *direction))
        else {
            continue;
        };
        let text = chunk.text(at + skip..at + skip + length).to_lowercase();
        let alphabetic = text.contains("alphabet") || text.contains("a-z") || text.contains("z-a") || text.contains("a to z");
        let timely = text.contains("new")
            || text.contains("old")
            || text.contains("recent")
            || text.contains("chrono")
            || text.contains("latest")
            || text.contains("earliest");
        if asked.sort.is_empty() {
            let field = if alphabetic {
                Some(about.fields.label().map_or_else(
                    || {
                        if about.fields.known && about.fields.list.is_empty() {
                            FieldRef::Whole
                        } else {
                            FieldRef::Named(["name", "title"].map(str::to_owned).to_vec())
                        }
                    },
                    |field| FieldRef::Known(field.clone()),
                ))
            } else if timely {
                about.fields.date()
            } else {
                let superlative = text.trim_end_matches(" first").to_owned();
                lexicon
                    .superlatives
                    .get(&superlative)
                    .and_then(|meaning| meaning.fields.iter().find_map(|word| about.fields.find(&[word.as_str()])))
                    .map(|(field, _)| FieldRef::Known(field.clone()))
                    .or_else(|| about.fields.amount(false))
            };
            let Some(field) = field.filter(|_| sorting || text.ends_with("first") || alphabetic || timely || length > 1) else { continue };
            asked.sort.push((field, direction));
        } else {
            for key in &mut asked.sort {
                key.1 = direction;
            }
        }
        chunk.take(at..at + skip + length);
    }
}

/// Reads wishes for each kind only once.
pub fn unique(chunk: &mut Chunk, about: &About<'_>) -> Option<Vec<FieldRef>> {
    for at in 0..chunk.len() {
        let (word, next) = (chunk.free_word(at).to_owned(), chunk.free_word(at + 1).to_owned());
        let dedupe = ["dedupe", "deduplicate", "dedup", "de-duplicate", "uniq", "deduplicated"].contains(&word.as_str());
        let length = match (word.as_str(), next.as_str()) {
            ("without", "duplicates" | "repeats" | "repetition" | "repetitions" | "doubles")
            | ("no", "duplicates" | "repeats")
            | ("removing" | "dropping" | "remove" | "drop", "duplicates") => 2,
            ("only" | "just", "once") => 2,
            ("duplicates" | "duplicate" | "duplicated" | "repeated", _) => 1,
            ("unique" | "distinct" | "different", _) if word != "different" || next != "from" => 1,
            _ if dedupe => 1,
            _ => continue,
        };
        chunk.take(at..at + length);
        return Some(unique_by(chunk, at + length, about, &word));
    }
    matches!(about.act, Some(Act::Dedupe)).then(|| unique_by(chunk, 0, about, ""))
}

fn unique_by(chunk: &mut Chunk, at: usize, about: &About<'_>, word: &str) -> Vec<FieldRef> {
    for place in at..chunk.len() {
        let by = ["by", "on", "with", "per"].contains(&chunk.free_word(place));
        if by {
            let skip = place
                + 1
                + usize::from(["the", "same"].contains(&chunk.free_word(place + 1)))
                + usize::from(chunk.free_word(place + 2) == "same");
            if let Some((fields, length)) = field_list(chunk, skip, about, Openness::Free) {
                chunk.take(place..skip + length);
                return fields;
            }
        }
    }
    // "remove duplicate emails", "the distinct customers": the field is what follows.
    if let Some((field, length)) = field_at(chunk, at, about, Openness::Strict).filter(|_| !word.is_empty()) {
        let attributive = !word.starts_with("dup")
            || chunk.word(at.saturating_sub(1)) == "duplicate"
            || chunk.word(at.saturating_sub(1)) == "duplicated"
            || chunk.word(at.saturating_sub(1)) == "repeated";
        if attributive {
            // Distinct values are wanted themselves; of duplicates only the first row stays.
            if word.starts_with("dup") || word == "repeated" {
                chunk.take(at..at + length);
            }
            return vec![field];
        }
    }
    Vec::new()
}
