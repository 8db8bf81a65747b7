//! A stretch of tokens with a mark for each that says what has been understood of it.

use crate::language::{Token, TokenKind, english};
use std::ops::Range;

/// What is known of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Nothing yet.
    Free,
    /// It belongs to where data comes from.
    Source,
    /// It belongs to something else that was understood.
    Taken,
}

/// Tokens with marks.
#[derive(Debug, Clone)]
pub struct Chunk {
    /// The tokens.
    pub tokens: Vec<Token>,
    /// A mark for each.
    pub marks: Vec<Mark>,
}

impl Chunk {
    /// Nothing of it understood yet.
    pub fn new(tokens: &[Token]) -> Self {
        Self { tokens: tokens.to_vec(), marks: vec![Mark::Free; tokens.len()] }
    }

    /// How many tokens.
    #[allow(clippy::len_without_is_empty, reason = "chunks are never asked whether they are empty")]
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether a token is there and not understood yet.
    pub fn free(&self, at: usize) -> bool {
        self.marks.get(at) == Some(&Mark::Free)
    }

    /// The word at a place, whatever its mark; empty for anything else.
    pub fn word(&self, at: usize) -> &str {
        self.tokens.get(at).filter(|token| token.is_word()).map_or("", |token| token.norm.as_str())
    }

    /// The free word at a place; empty for anything else.
    pub fn free_word(&self, at: usize) -> &str {
        if self.free(at) { self.word(at) } else { "" }
    }

    /// The word before a place.
    pub fn before(&self, at: usize) -> &str {
        at.checked_sub(1).map_or("", |at| self.word(at))
    }

    /// Marks a range as understood.
    pub fn take(&mut self, range: Range<usize>) {
        self.mark(range, Mark::Taken);
    }

    /// Marks a range.
    pub fn mark(&mut self, range: Range<usize>, mark: Mark) {
        for place in range {
            if let Some(at) = self.marks.get_mut(place) {
                *at = mark;
            }
        }
    }

    /// Whether all tokens of a range are free.
    pub fn all_free(&self, range: Range<usize>) -> bool {
        range.end <= self.len() && range.into_iter().all(|at| self.free(at))
    }

    /// Whether a place ends a phrase: the end, punctuation, or something understood already.
    pub fn ends(&self, at: usize) -> bool {
        at >= self.len() || !self.free(at) || matches!(self.tokens[at].kind, TokenKind::Punct(_) | TokenKind::Break)
    }

    /// The words as written.
    pub fn text(&self, range: Range<usize>) -> String {
        self.tokens[range].iter().map(|token| token.text.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// Free words that carry content: none of the small words, no polite ones.
    pub fn leftovers(&self) -> Vec<usize> {
        let lexicon = english();
        (0..self.len())
            .filter(|&at| self.free(at))
            .filter(|&at| match self.tokens[at].kind {
                TokenKind::Word => !lexicon.is_stop(&self.tokens[at].norm),
                TokenKind::Punct(_) | TokenKind::Break => false,
                _ => true,
            })
            .collect()
    }
}
