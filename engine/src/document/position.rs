//! Byte offsets as lines and columns.

use sayflow_protocol::Span;
use std::ops::Range;

/// Where the lines of a text start.
#[derive(Debug, Clone)]
pub(crate) struct Positions {
    lines: Vec<usize>,
}

impl Positions {
    pub(crate) fn new(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { lines: std::iter::once(0).chain(breaks).collect() }
    }

    /// A byte range as a span. Offsets inside a character count as its start.
    pub(crate) fn span(&self, text: &str, range: Range<usize>) -> Span {
        let start = boundary(text, range.start);
        let end = boundary(text, range.end).max(start);
        let line = self.lines.partition_point(|line| *line <= start);
        let line_start = self.lines.get(line.saturating_sub(1)).copied().unwrap_or_default();
        let column = text[line_start..start].chars().count() + 1;
        Span { start, end, line: u32::try_from(line).unwrap_or(u32::MAX), column: u32::try_from(column).unwrap_or(u32::MAX) }
    }
}

fn boundary(text: &str, offset: usize) -> usize {
    (0..=offset.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

/// Turns offsets in characters into offsets in bytes.
pub(crate) struct CharOffsets {
    /// Byte offset of each character; `None` when each is one byte.
    table: Option<Vec<usize>>,
}

impl CharOffsets {
    pub(crate) fn new(text: &str) -> Self {
        let table = (!text.is_ascii()).then(|| text.char_indices().map(|(at, _)| at).chain([text.len()]).collect());
        Self { table }
    }

    pub(crate) fn byte(&self, character: usize) -> usize {
        match &self.table {
            None => character,
            Some(table) => table.get(character).or(table.last()).copied().unwrap_or_default(),
        }
    }
}
