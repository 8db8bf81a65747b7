//! Finds all conditions in a chunk and puts them together by their "and" and "or".

mod operators;
mod settle;
use super::super::chunk::{Chunk, Mark};
use super::super::fields::{FieldKind, FieldRef, Fit, names_for};
use super::compare::{compare, without_case};
use super::state::state_at;
use super::time::{Moment, moment_at, span_at};
use super::value::{Operand, operand_at};
use super::{Cond, Found, Scope};
use crate::language::{CompareOp, Lexicon, TokenKind, english};
use std::ops::Range;

/// One condition with the tokens that said it.
pub(super) struct Piece {
    cond: Cond,
    span: Range<usize>,
    negated: bool,
}

pub(super) struct Reader<'a> {
    pub(super) chunk: &'a mut Chunk,
    pub(super) scope: &'a Scope<'a>,
    pub(super) lexicon: &'static Lexicon,
    pub(super) pieces: Vec<Piece>,
    pub(super) last_field: Option<FieldRef>,
    pub(super) unclear: Vec<String>,
    pub(super) notes: Vec<String>,
}

/// Reads all conditions of a chunk and marks what they are made of.
pub fn read(chunk: &mut Chunk, scope: &Scope<'_>) -> Option<Found> {
    let mut reader =
        Reader { chunk, scope, lexicon: english(), pieces: Vec::new(), last_field: None, unclear: Vec::new(), notes: Vec::new() };
    let mut at = 0;
    while at < reader.chunk.len() {
        at = reader.step(at);
    }
    if reader.pieces.is_empty() && reader.unclear.is_empty() {
        return None;
    }
    let cond = reader.combine();
    let Reader { unclear, notes, .. } = reader;
    Some(Found { cond, unclear, notes })
}

impl Reader<'_> {
    fn step(&mut self, at: usize) -> usize {
        if !self.chunk.free(at) || !matches!(self.chunk.tokens[at].kind, TokenKind::Word | TokenKind::Number(_) | TokenKind::Entity(_)) {
            return at + 1;
        }
        self.number_or_more(at)
            .or_else(|| self.operator(at))
            .or_else(|| self.relative(at))
            .or_else(|| self.adjacent(at))
            .or_else(|| self.preposition(at))
            .or_else(|| self.state(at))
            .unwrap_or(at + 1)
    }

    pub(super) fn push(&mut self, cond: Cond, span: Range<usize>, negated: bool) -> usize {
        let end = span.end;
        for place in span.clone() {
            if self.chunk.free(place) {
                self.chunk.take(place..place + 1);
            }
        }
        self.pieces.push(Piece { cond, span, negated });
        end
    }

    /// Whether a negation stands before a place, with only small words between, and where it begins.
    pub(super) fn negation_before(&mut self, at: usize) -> Option<usize> {
        let mut place = at;
        while place > 0 && at - place < 4 {
            place -= 1;
            if !self.chunk.free(place) {
                return None;
            }
            if self
                .lexicon
                .negations
                .at(&self.chunk.tokens, place)
                .is_some_and(|(length, _)| place + length <= at && self.chunk.all_free(place..place + length))
            {
                // "does not" may begin one word earlier.
                let start = if place > 0
                    && self.lexicon.negations.at(&self.chunk.tokens, place - 1).is_some_and(|(length, _)| place - 1 + length > place)
                {
                    place - 1
                } else {
                    place
                };
                return Some(start);
            }
            let word = self.chunk.word(place);
            if !(self.lexicon.copulas.contains(word)
                || self.lexicon.determiners.contains(word)
                || ["from", "in", "of", "that", "currently", "yet", "already"].contains(&word))
            {
                return None;
            }
        }
        None
    }

    /// `from the last week`, `created today`, `due in the next 3 days`, `this month`.
    fn relative(&mut self, at: usize) -> Option<usize> {
        let (moment, length) = moment_at(&self.chunk.tokens, at).filter(|(_, length)| self.chunk.all_free(at..at + length))?;
        if matches!(moment, Moment::Ago(0)) {
            return None;
        }
        let mut start = at;
        while start > 0
            && self.chunk.free(start - 1)
            && ["from", "in", "within", "during", "of", "on", "over", "for", "since", "the", "is", "are", "was", "were", "by", "dated"]
                .contains(&self.chunk.word(start - 1))
        {
            start -= 1;
        }
        let (named, field_start) = self.field_before(start, CompareOp::After);
        let mut said = field_start.unwrap_or(start);
        let participle = start > 0
            && self.chunk.free(start - 1)
            && (self.chunk.before(start).ends_with("ed")
                || ["due", "made", "bought", "sold", "new", "up"].contains(&self.chunk.before(start)));
        let field = match named {
            Some(field)
                if matches!(field.kind(), FieldKind::Date | FieldKind::Unknown)
                    && (participle || field.kind() == FieldKind::Date || self.chunk.before(start).contains("date")) =>
            {
                field
            }
            _ => {
                said = if participle { start - 1 } else { start };
                self.scope.fields.date()?
            }
        };
        if ["from", "between", "since"].contains(&self.chunk.before(at))
            && let Moment::Day(_) = moment
            && ["to", "until", "till", "and", "through"].contains(&self.chunk.free_word(at + length))
            && let Some((end @ Moment::Day(_), second)) = moment_at(&self.chunk.tokens, at + length + 1)
        {
            let low = compare(&field, CompareOp::Ge, &[Operand::Time(moment)], self.scope.base);
            let high = compare(&field, CompareOp::Le, &[Operand::Time(end)], self.scope.base);
            return Some(self.push(low.and(high), said..at + length + 1 + second, false));
        }
        let negation = self.negation_before(said);
        let op = if self.chunk.before(at) == "since" { CompareOp::Ge } else { CompareOp::Eq };
        let cond = compare(&field, op, &[Operand::Time(moment)], self.scope.base);
        self.last_field = Some(field);
        Some(self.push(cond, negation.unwrap_or(said)..at + length, negation.is_some()))
    }

    /// `status open`, `with priority high`, `country Norway`: a field and a value side by side.
    fn adjacent(&mut self, at: usize) -> Option<usize> {
        let word = self.chunk.free_word(at).to_owned();
        if word.is_empty() || self.lexicon.is_stop(&word) {
            return None;
        }
        for length in (1..=2_usize).rev() {
            let wordy = |place: usize| self.chunk.tokens[place].is_word() && self.chunk.word(place).contains(char::is_alphanumeric);
            if !self.chunk.all_free(at..at + length + 1) || !(at..at + length).all(wordy) {
                continue;
            }
            let words: Vec<&str> = self.chunk.tokens[at..at + length].iter().map(|token| token.norm.as_str()).collect();
            let known =
                self.scope.fields.find(&words).filter(|(_, fit)| *fit >= Fit::Synonym).map(|(field, _)| FieldRef::Known(field.clone()));
            let common = !self.scope.fields.known && self.lexicon.fields.common.contains(&words.join(" "));
            let Some(field) = known.or_else(|| common.then(|| FieldRef::Named(names_for(&words)))) else { continue };
            let place = at + length;
            let Some(read) = operand_at(self.chunk, place, Some(&field), CompareOp::Eq, self.scope) else { continue };
            if !self.is_value_of(&field, place, &read.operand, at) {
                continue;
            }
            let (operands, end, _) = self.operands(place, CompareOp::Eq, Some(&field))?;
            let negation = self.negation_before(at);
            let cond = compare(&field, CompareOp::Eq, &operands, self.scope.base);
            self.last_field = Some(field);
            return Some(self.push(cond, negation.unwrap_or(at)..end, negation.is_some()));
        }
        None
    }

    fn is_value_of(&self, field: &FieldRef, place: usize, operand: &Operand, at: usize) -> bool {
        let token = &self.chunk.tokens[place];
        let introduced = ["with", "where", "in", "for", "whose", "having", "and", "or", "of", "by", "have", "has", "from"]
            .contains(&self.chunk.before(at))
            || at == 0
            || ["the", "a", "an"].contains(&self.chunk.before(at));
        match operand {
            Operand::Text(text) => {
                let own = matches!(field, FieldRef::Known(known) if known.values.iter().any(|value| value.eq_ignore_ascii_case(text)));
                let state = self.lexicon.states.contains_key(&text.to_lowercase())
                    || ["high", "low", "medium", "urgent", "error", "warning", "critical", "new", "info", "normal"]
                        .contains(&text.to_lowercase().as_str());
                let marked = token.quoted().is_some() || token.text.starts_with(char::is_uppercase);
                // A plain word behind a field of a table without sample values is taken when "with" leads it in.
                let blank = matches!(field.kind(), FieldKind::Unknown)
                    && ["with", "where", "whose", "having"].contains(&self.chunk.before(at))
                    && self.lexicon.verbs.get(&text.to_lowercase()).is_none();
                own || (introduced && (state || marked || blank))
            }
            Operand::Number(_) | Operand::Bool(_) => introduced && !matches!(field.kind(), FieldKind::Text | FieldKind::Deep),
            _ => false,
        }
    }

    /// `from Berlin`, `in Germany`, `by Tolkien`, `about rust`, `for Acme`, `in 2025`.
    fn preposition(&mut self, at: usize) -> Option<usize> {
        let word = self.chunk.free_word(at).to_owned();
        if !["from", "in", "by", "for", "of", "at", "made", "written", "assigned", "belonging", "to", "living", "based"]
            .contains(&word.as_str())
        {
            return None;
        }
        let mut place = at + 1;
        while ["the", "by", "in", "to", "from"].contains(&self.chunk.free_word(place)) {
            place += 1;
        }
        let token = self.chunk.tokens.get(place).filter(|_| self.chunk.free(place))?;
        if let TokenKind::Number(number) = &token.kind {
            let year = ["in", "from", "of"].contains(&word.as_str()) && (1900.0..2200.0).contains(&number.value) && !number.currency;
            if !year {
                return None;
            }
            let field = self.dated(CompareOp::After, &[Operand::Number(number.value)], at)?;
            let cond = compare(&field, CompareOp::Eq, &[Operand::Number(number.value)], self.scope.base);
            return Some(self.push(self.year_of(&field, number.value).unwrap_or(cond), at..place + 1, false));
        }
        let read = operand_at(self.chunk, place, None, CompareOp::Eq, self.scope)?;
        let Operand::Text(text) = &read.operand else { return None };
        let negation = self.negation_before(at);
        let start = negation.unwrap_or(at);
        if let Some((field, _)) = self.scope.fields.with_value(text) {
            let field = FieldRef::Known(field.clone());
            let (operands, end, _) = self.operands(place, CompareOp::Eq, Some(&field))?;
            let cond = compare(&field, CompareOp::Eq, &operands, self.scope.base);
            self.last_field = Some(field);
            return Some(self.push(cond, start..end, negation.is_some()));
        }
        let proper = self.chunk.tokens[place].text.starts_with(char::is_uppercase) || self.chunk.tokens[place].quoted().is_some();
        if !proper || ["to", "of", "at"].contains(&word.as_str()) {
            return None;
        }
        let (operands, end, _) = self.operands(place, CompareOp::Eq, None)?;
        let candidates: &[&str] = match word.as_str() {
            "from" | "in" | "living" | "based" => {
                &["country", "city", "region", "location", "state", "department", "category", "source", "address"]
            }
            "by" | "written" | "made" => &["author", "creator", "user", "owner", "artist", "by"],
            "assigned" => &["assignee", "owner", "assigned_to"],
            _ => &["customer", "client", "project", "user", "name", "company"],
        };
        let cond = if self.scope.fields.known {
            let found: Vec<_> =
                candidates.iter().filter_map(|name| self.scope.fields.find(&[name]).filter(|(_, fit)| *fit >= Fit::Near)).collect();
            let (field, _) = found.first()?;
            compare(&FieldRef::Known((*field).clone()), CompareOp::Eq, &operands, self.scope.base)
        } else {
            let list = candidates.iter().map(|name| format!("{}.{name}", self.scope.base)).collect::<Vec<_>>().join(", ");
            let wanted =
                operands.iter().map(|operand| super::super::js::text(&operand.as_text().to_lowercase())).collect::<Vec<_>>().join(", ");
            Cond::Is(format!("[{list}].some(v => [{wanted}].includes({}))", without_case("v")))
        };
        Some(self.push(cond, start..end, negation.is_some()))
    }

    fn year_of(&self, field: &FieldRef, year: f64) -> Option<Cond> {
        let expression = field.of(self.scope.base);
        (!matches!(field.kind(), FieldKind::Number))
            .then(|| Cond::Is(format!("Number(String({expression} ?? '').slice(0, 4)) === {}", super::super::js::number(year))))
    }

    fn state(&mut self, at: usize) -> Option<usize> {
        let (cond, length) = state_at(self.chunk, at, self.scope)?;
        let negation = self.negation_before(at);
        // A field's name before its value belongs to it: "status open", "role of nurse".
        let mut start = negation.unwrap_or(at);
        let (_, field_start) = if start > 0 { self.field_before(start, CompareOp::Eq) } else { (None, None) };
        if let Some(field_start) = field_start.filter(|_| self.scope.fields.known) {
            start = field_start;
        }
        let mut end = at + length;
        // "high priority": the field may follow its value.
        if self.scope.fields.known
            && self.chunk.free(end)
            && self
                .scope
                .fields
                .find(&[self.chunk.word(end)])
                .is_some_and(|(field, fit)| fit == Fit::Exact && matches!(&cond, Cond::Is(text) if text.contains(&field.name)))
        {
            end += 1;
        }
        Some(self.push(cond, start..end, negation.is_some()))
    }

    /// Puts the conditions together: "and" binds closer than "or".
    fn combine(&mut self) -> Cond {
        let mut groups: Vec<Vec<Cond>> = Vec::new();
        let pieces = std::mem::take(&mut self.pieces);
        let mut last_end = 0;
        for (place, piece) in pieces.into_iter().enumerate() {
            let or = place > 0 && (last_end..piece.span.start).any(|at| self.chunk.word(at) == "or");
            for at in last_end..piece.span.start {
                if place > 0
                    && ["and", "or", "but", "also", "that", "which", "who", "are", "is"].contains(&self.chunk.free_word(at))
                    && piece.span.start - last_end <= 4
                {
                    self.chunk.take(at..at + 1);
                }
            }
            last_end = piece.span.end;
            let cond = if piece.negated { Cond::Not(Box::new(piece.cond)) } else { piece.cond };
            match groups.last_mut() {
                Some(group) if !or => group.push(cond),
                _ => groups.push(vec![cond]),
            }
        }
        let mut alternatives: Vec<Cond> =
            groups.into_iter().map(|mut group| if group.len() == 1 { group.remove(0) } else { Cond::All(group) }).collect();
        match alternatives.len() {
            0 => Cond::Is("true".to_owned()),
            1 => alternatives.remove(0),
            _ => Cond::Any(alternatives),
        }
    }
}

#[cfg(test)]
mod tests;
