//! Comparisons that stand behind their number: `60 or more`, `grade 4 and up`, `5 or fewer`.

use super::super::fields::FieldRef;
use super::compare::compare;
use super::read::Reader;
use super::value::Operand;
use crate::language::{CompareOp, TokenKind, number_at};

impl Reader<'_> {
    /// `FIELD NUMBER or more`, `NUMBER or more FIELD`.
    pub(super) fn number_or_more(&mut self, at: usize) -> Option<usize> {
        if !matches!(self.chunk.tokens[at].kind, TokenKind::Number(_)) {
            return None;
        }
        let (value, length) = number_at(self.lexicon, &self.chunk.tokens, at)?;
        let unit = usize::from(
            !["or", "and"].contains(&self.chunk.free_word(at + length))
                && ["or", "and"].contains(&self.chunk.free_word(at + length + 1))
                && self.chunk.tokens.get(at + length).is_some_and(|token| token.is_word()),
        );
        let end = at + length + unit;
        if !["or", "and"].contains(&self.chunk.free_word(end)) {
            return None;
        }
        let op = match self.chunk.free_word(end + 1) {
            "more" | "above" | "higher" | "over" | "greater" | "up" | "upwards" | "older" | "longer" | "larger" | "later" => CompareOp::Ge,
            "less" | "below" | "lower" | "under" | "fewer" | "down" | "younger" | "shorter" | "smaller" | "earlier" | "cheaper" => {
                CompareOp::Le
            }
            // Whether a better grade is higher or lower is not known; a comparison that explains it counts alone.
            "better" | "worse" if self.explained(end + 2) => {
                let (_, field_start) = self.field_before(at, CompareOp::Ge);
                self.chunk.take(field_start.unwrap_or(at)..end + 2);
                return Some(end + 2);
            }
            "better" => CompareOp::Ge,
            "worse" => CompareOp::Le,
            _ => return None,
        };
        // "over 5 and under 10" goes on with a comparison of its own.
        if matches!(self.chunk.tokens.get(end + 2).map(|token| &token.kind), Some(TokenKind::Number(_))) || !self.chunk.free(at) {
            return None;
        }
        let mut start = at;
        while start > 0
            && self.chunk.free(start - 1)
            && ["with", "of", "is", "are", "at", "has", "have"].contains(&self.chunk.before(start))
        {
            start -= 1;
        }
        let (before, field_start) = self.field_before(start, op);
        let unit_field = self.chunk.free_word(at + length).to_owned();
        let after =
            if unit == 1 { self.scope.fields.find(&[unit_field.as_str()]).map(|(field, _)| FieldRef::Known(field.clone())) } else { None };
        let behind = self.field_after(end + 2).filter(|(field, _)| matches!(field, FieldRef::Known(_)));
        let (field, stop) = match (before, after, behind) {
            (Some(field), ..) | (None, Some(field), _) => (Some(field), end + 2),
            (None, None, Some((field, length))) => (Some(field), end + 2 + length),
            _ => (self.scope.fields.amount(false), end + 2),
        };
        let begin = field_start.unwrap_or(start).min(at);
        let Some(field) = field else {
            self.unclear.push(self.chunk.text(at..stop));
            self.chunk.take(at..stop);
            return Some(stop);
        };
        let negation = self.negation_before(begin);
        let cond = compare(&field, op, &[Operand::Number(value)], self.scope.base);
        self.last_field = Some(field);
        Some(self.push(cond, negation.unwrap_or(begin)..stop, negation.is_some()))
    }

    /// Whether a comparison with a number comes later.
    fn explained(&self, from: usize) -> bool {
        (from..self.chunk.len()).any(|at| {
            self.lexicon.operators.at(&self.chunk.tokens, at).is_some_and(|(length, _)| {
                self.chunk.tokens.get(at + length).is_some_and(|token| matches!(token.kind, TokenKind::Number(_)))
            })
        })
    }
}
