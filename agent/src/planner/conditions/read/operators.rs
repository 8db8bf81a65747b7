//! Comparison words and what they compare with.

use super::*;

impl Reader<'_> {
    /// `FIELD OPERATOR VALUE`, `OPERATOR VALUE FIELD`, or an operator with a value alone.
    pub(super) fn operator(&mut self, at: usize) -> Option<usize> {
        let copula = self.copula_run(at);
        let (start, length, op, mut negated) = self.operator_at(at, copula)?;
        let end = start + length;
        let (mut field, mut field_start) = self.field_before(at, op);
        let ranked = matches!(op, CompareOp::Gt | CompareOp::Lt | CompareOp::Ge | CompareOp::Le | CompareOp::Between);
        if ranked
            && field.as_ref().is_some_and(|field| field.kind() == FieldKind::Text)
            && matches!(self.chunk.tokens.get(end).map(|token| &token.kind), Some(TokenKind::Number(_)))
        {
            // "students below 60": a noun for the items, whose names are no numbers.
            (field, field_start) = (None, None);
        }
        let unary = matches!(op, CompareOp::Empty | CompareOp::Present | CompareOp::Truthy | CompareOp::Falsy);
        if unary {
            return self.unary(at, end, op, field, field_start, negated);
        }
        // A verb such as "include" or "match" alone is no comparison.
        if matches!(op, CompareOp::Contains | CompareOp::Eq) && field.is_none() && !self.introduced(at, op) {
            return None;
        }
        let equal_by_copula = length == 0;
        let mut begin = field_start.unwrap_or(at);
        if let Some(negation) = self.negation_before(begin.min(at)).filter(|_| !equal_by_copula || field_start.is_some()) {
            begin = negation;
            negated = !negated;
        }
        if equal_by_copula && field.is_none() {
            return None;
        }
        let (operands, value_end, money) = self.operands(end, op, field.as_ref())?;
        if matches!(op, CompareOp::Contains) && field.is_none() && matches!(operands.first(), Some(Operand::Number(_) | Operand::Bool(_))) {
            return None;
        }
        let (field, value_end) = self.settle_field(field, op, &operands, value_end, money, at)?;
        let Some(field) = field else {
            self.unclear.push(self.chunk.text(at..value_end));
            self.chunk.take(at..value_end);
            return Some(value_end);
        };
        let op = self.by_age(at, &field, op, &operands);
        let cond = compare(&field, op, &operands, self.scope.base);
        self.last_field = Some(field);
        Some(self.push(cond, begin..value_end, negated))
    }

    /// "older than 30" is before a date but above an age.
    pub(super) fn by_age(&self, at: usize, field: &FieldRef, op: CompareOp, operands: &[Operand]) -> CompareOp {
        let aged = (at..self.chunk.len().min(at + 3)).any(|place| ["older", "younger"].contains(&self.chunk.word(place)));
        let number = matches!(operands.first(), Some(Operand::Number(number)) if *number < 1000.0);
        match op {
            CompareOp::Before if aged && number && field.kind() != FieldKind::Date => CompareOp::Gt,
            CompareOp::After if aged && number && field.kind() != FieldKind::Date => CompareOp::Lt,
            op => op,
        }
    }

    /// Copulas and adverbs at a place: how many.
    pub(super) fn copula_run(&self, at: usize) -> usize {
        let mut length = 0;
        while self.chunk.free(at + length)
            && self.lexicon.copulas.contains(self.chunk.word(at + length))
            && !["a", "an", "value"].contains(&self.chunk.word(at + length))
        {
            length += 1;
        }
        length
    }

    /// The operator that starts at `at`, perhaps behind copulas and a negation: where it starts, its length (0 for
    /// a copula alone), and whether it is negated.
    pub(super) fn operator_at(&self, at: usize, copulas: usize) -> Option<(usize, usize, CompareOp, bool)> {
        let tokens = &self.chunk.tokens;
        let free = |start: usize, length: usize| self.chunk.all_free(start..start + length);
        if let Some((length, op)) = self.lexicon.operators.at(tokens, at).filter(|(length, _)| free(at, *length)) {
            return Some((at, length, *op, false));
        }
        let mut place = at + copulas;
        let mut negated = false;
        if let Some((length, ())) = self.lexicon.negations.at(tokens, at).filter(|(length, _)| free(at, *length)) {
            place = at + length;
            negated = true;
        } else if copulas == 0 {
            return None;
        } else if let Some((length, ())) = self.lexicon.negations.at(tokens, place).filter(|(length, _)| free(place, *length)) {
            place += length;
            negated = true;
        }
        while ["a", "an", "the", "value", "of", "currently", "still"].contains(&self.chunk.free_word(place))
            && self.lexicon.operators.at(tokens, place).is_none()
        {
            place += 1;
        }
        if let Some((length, op)) = self.lexicon.operators.at(tokens, place).filter(|(length, _)| free(place, *length)) {
            return Some((place, length, *op, negated));
        }
        let equal = (at..place.max(at + 1)).any(|at| {
            ["is", "are", "was", "were", "equals", "be", "being", "'s", "isn't", "aren't", "wasn't", "weren't", "reads", "stays", "isnt"]
                .contains(&self.chunk.word(at))
                || self.chunk.word(at).starts_with("is ")
        });
        equal.then_some((place, 0, if negated { CompareOp::Ne } else { CompareOp::Eq }, false))
    }

    pub(super) fn introduced(&self, at: usize, op: CompareOp) -> bool {
        let before = self.chunk.before(at);
        let word = self.chunk.word(at);
        at > 0
            && (self.chunk.marks[at - 1] == Mark::Source
                || ["that", "which", "who", "and", "or", "not", "only", "ones", "whose"].contains(&before)
                || word.ends_with("ing")
                || word == "about"
                || word.starts_with("with")
                || word.ends_with("ed")
                || (op == CompareOp::Contains && before.ends_with('s') && word != "match" && word != "include"))
    }

    pub(super) fn unary(
        &mut self,
        at: usize,
        end: usize,
        op: CompareOp,
        field: Option<FieldRef>,
        field_start: Option<usize>,
        negated: bool,
    ) -> Option<usize> {
        // "without an email", "no phone number": the field comes behind.
        let behind = self.field_after(end);
        let takes_behind = matches!(op, CompareOp::Empty)
            && [
                "without", "with", "no", "missing", "lacking", "lack", "lacks", "have", "has", "having", "don't", "doesn't", "do", "does",
                "who", "that",
            ]
            .contains(&self.chunk.word(at));
        let (field, span) = match (field, behind) {
            (_, Some((field, length))) if takes_behind => (field, at..end + length),
            (Some(field), _) => (field, field_start.unwrap_or(at)..end),
            (None, Some((field, length))) if op == CompareOp::Empty => (field, at..end + length),
            _ => return None,
        };
        let begin = self.negation_before(span.start);
        let negated = negated != begin.is_some();
        let cond = compare(&field, op, &[], self.scope.base);
        self.last_field = Some(field);
        Some(self.push(cond, begin.unwrap_or(span.start)..span.end, negated))
    }

    /// One value, or several joined by "or" and commas.
    pub(super) fn operands(&self, at: usize, op: CompareOp, field: Option<&FieldRef>) -> Option<(Vec<Operand>, usize, bool)> {
        let mut place = at;
        while ["either", "the", "values", "value", "both", "of", ":", "=", "word", "phrase", "text", "to", "as"]
            .contains(&self.chunk.free_word(place))
            && operand_at(self.chunk, place, field, op, self.scope).is_none()
            || self.chunk.tokens.get(place).is_some_and(|token| token.is_punct(':') || token.is_punct('(')) && self.chunk.free(place)
        {
            place += 1;
        }
        // A length of time belongs to a date: "older than 30 days", "more than 2 weeks ago".
        if let Some((millis, length)) =
            span_at(&self.chunk.tokens, place).filter(|(_, length)| self.chunk.all_free(place..place + length) && *length > 0)
            && matches!(op, CompareOp::Before | CompareOp::After | CompareOp::Gt | CompareOp::Lt | CompareOp::Ge | CompareOp::Le)
            && field.is_none_or(|field| !matches!(field.kind(), FieldKind::Number | FieldKind::NumberText))
        {
            let ago = usize::from(["ago", "old"].contains(&self.chunk.free_word(place + length)));
            let temporal = matches!(op, CompareOp::Before | CompareOp::After) || ago > 0;
            if temporal {
                return Some((vec![Operand::Time(Moment::Ago(millis))], place + length + ago, false));
            }
        }
        let first = operand_at(self.chunk, place, field, op, self.scope)?;
        let mut money = first.money;
        let mut operands = vec![first.operand];
        place += first.length;
        let list = matches!(op, CompareOp::OneOf | CompareOp::NoneOf);
        loop {
            let joined = self.joined(place, op, list)?;
            let Some(next) = joined else { break };
            let Some(read) = operand_at(self.chunk, next, field, op, self.scope) else { break };
            // "or status is closed" starts a comparison of its own.
            let after = next + read.length;
            let own = self.operator_at(after, self.copula_run(after)).is_some_and(|_| !self.chunk.ends(after))
                || self.lexicon.operators.at(&self.chunk.tokens, next).is_some();
            let foreign =
                matches!((&operands[0], &read.operand), (Operand::Number(_), Operand::Text(_)) | (Operand::Text(_), Operand::Time(_)));
            let field_value = !list && op != CompareOp::Between && self.is_field_value(next);
            if own || foreign || field_value || matches!(read.operand, Operand::Bool(_)) || self.is_other_value(next, read.length, field) {
                break;
            }
            money |= read.money;
            operands.push(read.operand);
            place = after;
            if op == CompareOp::Between && operands.len() == 2 {
                break;
            }
        }
        Some((operands, place, money))
    }

    /// Whether a word is a known value of another field than this one.
    pub(super) fn is_other_value(&self, at: usize, length: usize, field: Option<&FieldRef>) -> bool {
        let Some(FieldRef::Known(known)) = field else { return false };
        let text = self.chunk.text(at..at + length);
        let own = known.values.iter().any(|value| value.eq_ignore_ascii_case(&text));
        !own && self.scope.fields.with_value(&text).is_some()
    }

    pub(super) fn is_field_value(&self, at: usize) -> bool {
        self.chunk.free(at + 1)
            && self.scope.fields.known
            && self.scope.fields.find(&[self.chunk.word(at)]).is_some_and(|(_, fit)| fit == Fit::Exact)
    }

    /// Where the next of several values would start.
    #[allow(clippy::unnecessary_wraps, reason = "reads as one chain of questions")]
    pub(super) fn joined(&self, at: usize, op: CompareOp, list: bool) -> Option<Option<usize>> {
        let word = self.chunk.free_word(at);
        let comma = self.chunk.tokens.get(at).is_some_and(|token| token.is_punct(',') || token.is_punct('/')) && self.chunk.free(at);
        let next = if op == CompareOp::Between {
            (["and", "to"].contains(&word) || self.chunk.tokens.get(at).is_some_and(|token| token.is_punct('-') || token.is_punct('–')))
                .then_some(at + 1)
        } else if word == "or" || (word == "and" && list) || (word == "nor") {
            Some(at + 1)
        } else if comma {
            let skip = usize::from(["or", "and"].contains(&self.chunk.free_word(at + 1)));
            let more = (at..self.chunk.len().min(at + 8)).any(|place| self.chunk.free_word(place) == "or");
            (list || more).then_some(at + 1 + skip)
        } else {
            None
        };
        Some(next)
    }
}
