//! The lines that belong to a member or an item of a YAML document: its own, the comment lines right above it, and the
//! deeper ones below it.

use sayflow_engine::document::{Document, Place};
use serde_json::Value;
use std::ops::Range;

/// A member or an item in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Region {
    /// From its first comment line to the end of its last line.
    pub body: Range<usize>,
    /// Where its own first line begins.
    pub line: usize,
    /// The column of its key, or of the dash of an item, in bytes.
    pub indent: usize,
}

/// Part of a JSON pointer.
pub(super) fn member_of(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// Whether a list or an object is written in brackets.
pub(super) fn is_flow(document: &Document, pointer: &str) -> bool {
    let written = document.written_at(pointer).and_then(|place| document.text.get(place.value.clone()));
    written.is_some_and(|text| text.starts_with(['{', '[']))
}

/// Where the line begins in which a byte stands.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |end| end + 1)
}

/// Where the line ends in which a byte stands, its line break included.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |end| at + end + 1)
}

/// The byte behind the last one of a value; comments do not count.
pub(super) fn content_end(document: &Document, pointer: &str, value: &Value) -> Option<usize> {
    let place = document.written_at(pointer)?;
    let children: Vec<String> = match value {
        Value::Object(members) if !is_flow(document, pointer) => members.keys().map(|name| member_of(pointer, name)).collect(),
        Value::Array(items) if !is_flow(document, pointer) => (0..items.len()).map(|at| format!("{pointer}/{at}")).collect(),
        _ => Vec::new(),
    };
    if children.is_empty() {
        return Some(own_end(&document.text, place));
    }
    let key = place.key.as_ref().map_or(0, |key| key.end);
    let ends: Option<Vec<usize>> = children.iter().map(|child| content_end(document, child, document.value.pointer(child)?)).collect();
    ends?.into_iter().max().map(|end| end.max(key))
}

/// A value that is left out may be placed on a later line: then the key is all there is.
fn own_end(text: &str, place: &Place) -> usize {
    match &place.key {
        Some(key) if place.value.is_empty() => key.end,
        _ => written(text, place).end,
    }
}

/// What is written for a value, without the comment that the parser takes for a part of quoted and bracketed ones.
pub(super) fn written(text: &str, place: &Place) -> Range<usize> {
    let start = place.value.start;
    let all = text.get(place.value.clone()).unwrap_or_default();
    let length = match all.chars().next() {
        Some(quote @ ('"' | '\'')) => quoted_length(all, quote),
        Some('{' | '[') => bracketed_length(all),
        _ => None,
    };
    start..start + length.unwrap_or(all.len())
}

fn quoted_length(text: &str, quote: char) -> Option<usize> {
    let mut letters = text.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' if quote == '"' => drop(letters.next()),
            _ if letter != quote => {}
            _ if quote == '\'' && letters.peek().is_some_and(|(_, next)| *next == quote) => drop(letters.next()),
            _ => return Some(at + letter.len_utf8()),
        }
    }
    None
}

fn bracketed_length(text: &str) -> Option<usize> {
    let mut depth = 0;
    let mut at = 0;
    while let Some(letter) = text.get(at..)?.chars().next() {
        match letter {
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            '"' | '\'' if text[..at].ends_with(['{', '[', ',', ' ', ':', '\n']) => {
                at += quoted_length(&text[at..], letter)?;
                continue;
            }
            '#' if text[..at].ends_with([' ', '\n']) => {
                at = line_end(text, at);
                continue;
            }
            _ => {}
        }
        at += letter.len_utf8();
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// The member of a block.
pub(super) fn of_member(document: &Document, pointer: &str, value: &Value, bound: usize) -> Option<Region> {
    let key = document.written_at(pointer)?.key.clone()?;
    let line = line_start(&document.text, key.start);
    region(document, pointer, value, line, key.start - line, bound)
}

/// The item of a block list. `None` where its dash is not the first thing in its line.
pub(super) fn of_item(document: &Document, pointer: &str, value: &Value, bound: usize) -> Option<Region> {
    let start = document.written_at(pointer)?.value.start;
    let line = line_start(&document.text, start);
    let before = document.text.get(line..start)?;
    let dash = before.find('-')?;
    if !before[..dash].trim().is_empty() || !before[dash + 1..].trim().is_empty() {
        return None;
    }
    region(document, pointer, value, line, dash, bound)
}

fn region(document: &Document, pointer: &str, value: &Value, line: usize, indent: usize, bound: usize) -> Option<Region> {
    let text = &document.text;
    let mut start = line;
    while start > bound {
        let above = line_start(text, start - 1);
        let (depth, comment) = comment_line(&text[above..start]);
        if above < bound || !comment || depth > indent {
            break;
        }
        start = above;
    }
    let mut end = line_end(text, content_end(document, pointer, value)?.saturating_sub(1).max(line));
    while end < text.len() {
        let next = line_end(text, end);
        let (depth, comment) = comment_line(&text[end..next]);
        if !comment || depth <= indent {
            break;
        }
        end = next;
    }
    Some(Region { body: start..end, line, indent })
}

/// How deep a line is indented, and whether it is a comment.
fn comment_line(line: &str) -> (usize, bool) {
    let depth = line.len() - line.trim_start_matches(' ').len();
    (depth, line[depth..].starts_with('#'))
}
