//! The field that a condition is about.

use super::*;

impl Reader<'_> {
    /// The field whose words end before `at`, and where they start.
    pub(in super::super) fn field_before(&self, at: usize, op: CompareOp) -> (Option<FieldRef>, Option<usize>) {
        let stops = [
            "where",
            "whose",
            "with",
            "that",
            "which",
            "who",
            "having",
            "have",
            "has",
            "and",
            "or",
            "but",
            "if",
            "when",
            "only",
            "keep",
            "all",
            "any",
            "every",
            "each",
            "whenever",
            "unless",
            "while",
            "both",
            "either",
            "their",
            "its",
            "not",
            "for",
            "by",
            "on",
            "to",
            "everything",
            "items",
            "rows",
            "ones",
            "those",
            "them",
            "records",
            "entries",
            "there",
            "they",
            "it",
            "from",
            "whether",
            "lines",
            "once",
            "because",
        ];
        let mut words: Vec<(usize, String)> = Vec::new();
        let mut place = at;
        while place > 0 && words.len() < 4 {
            place -= 1;
            if self.chunk.marks[place] == Mark::Source {
                continue;
            }
            let token = &self.chunk.tokens[place];
            let quoted = token.quoted().filter(|_| words.is_empty());
            if !self.chunk.free(place) || (!token.is_word() && quoted.is_none()) {
                break;
            }
            if let Some(text) = quoted {
                words.push((place, text.to_owned()));
                break;
            }
            let word = token.norm.as_str();
            if stops.contains(&word) {
                break;
            }
            if self.lexicon.determiners.contains(word)
                || self.lexicon.copulas.contains(word)
                || ["of", "in", "at", "value", "field", "column", "currently", "now", "still"].contains(&word)
            {
                continue;
            }
            words.insert(0, (place, word.to_owned()));
        }
        // The longest tail of these words that names a field.
        for skip in 0..words.len() {
            let tail: Vec<&str> = words[skip..].iter().map(|(_, word)| word.as_str()).collect();
            if let Some((field, fit)) = self.scope.fields.find(&tail) {
                let single_noun = tail.len() == 1 && fit < Fit::Exact && self.names_items(tail[0]);
                if !single_noun {
                    return (Some(FieldRef::Known(field.clone())), Some(words[skip].0));
                }
            }
        }
        if self.scope.fields.known && !self.scope.fields.list.is_empty() {
            return (None, None);
        }
        // Nothing is known of the items: the words next to the operator name the field.
        let ranged = matches!(op, CompareOp::Before | CompareOp::After);
        while words.first().is_some_and(|(_, word)| self.names_items(word) || self.lexicon.is_stop(word)) {
            words.remove(0);
        }
        if words.len() > 2 {
            words.drain(..words.len() - 2);
        }
        let adjective = words.len() == 1
            && ranged
            && ["published", "created", "updated", "posted", "placed", "added", "released", "dated", "made"].contains(&words[0].1.as_str());
        match words.first() {
            Some((start, _)) if adjective => (None, Some(*start)),
            Some((start, _)) => {
                let names: Vec<&str> = words.iter().map(|(_, word)| word.as_str()).collect();
                // In "books published before 1912" the noun before the participle is no part of the field.
                (Some(FieldRef::Named(names_for(&names))), Some(*start))
            }
            None => (None, None),
        }
    }

    pub(super) fn names_items(&self, word: &str) -> bool {
        self.scope.nouns.contains(&crate::language::stem(word)) || self.lexicon.is_item_noun(word)
    }

    /// The field whose words start at a place, and how many tokens it takes.
    pub(in super::super) fn field_after(&self, at: usize) -> Option<(FieldRef, usize)> {
        let skip = usize::from(["a", "an", "any", "the", "their", "in", "of"].contains(&self.chunk.free_word(at)));
        let start = at + skip;
        for length in (1..=3_usize).rev() {
            if !self.chunk.all_free(start..start + length) || !self.chunk.tokens[start..start + length].iter().all(|token| token.is_word())
            {
                continue;
            }
            let words: Vec<&str> = self.chunk.tokens[start..start + length].iter().map(|token| token.norm.as_str()).collect();
            if let Some((field, fit)) = self.scope.fields.find(&words)
                && (fit >= Fit::Near || length > 1)
            {
                return Some((FieldRef::Known(field.clone()), skip + length));
            }
        }
        let word = self.chunk.free_word(start);
        let usable = !word.is_empty()
            && !self.lexicon.is_stop(word)
            && !self.names_items(word)
            && self.lexicon.verbs.at(&self.chunk.tokens, start).is_none_or(|_| self.lexicon.noun_like.contains(word));
        if self.scope.fields.known && !self.scope.fields.list.is_empty() || !usable {
            return None;
        }
        let second = self.chunk.free_word(start + 1);
        let two = ["address", "number", "date", "name", "at", "id", "code", "level"].contains(&second);
        let words: Vec<&str> = if two { vec![word, second] } else { vec![word] };
        Some((FieldRef::Named(names_for(&words)), skip + words.len()))
    }

    /// The field of a comparison: the one named, the one behind the value, the one before, or a guess.
    #[allow(clippy::type_complexity)]
    pub(super) fn settle_field(
        &self,
        field: Option<FieldRef>,
        op: CompareOp,
        operands: &[Operand],
        end: usize,
        money: bool,
        at: usize,
    ) -> Option<(Option<FieldRef>, usize)> {
        if field.is_some() {
            let mut end = end;
            // "contains rust in the title" names no second field; "5 stars" behind a named rating is its unit.
            if ["stars", "points", "units", "items", "pieces"].contains(&self.chunk.free_word(end))
                && matches!(operands.first(), Some(Operand::Number(_)))
            {
                end += 1;
            }
            return Some((field, end));
        }
        let text = matches!(op, CompareOp::Contains | CompareOp::NotContains | CompareOp::Starts | CompareOp::Ends);
        if text {
            let skip = usize::from(self.chunk.free_word(end) == "in");
            if skip == 1
                && let Some((named, length)) = self.field_after(end + skip)
            {
                return Some((Some(named), end + skip + length));
            }
            return Some((Some(self.text_field(op)), end));
        }
        let number = matches!(operands.first(), Some(Operand::Number(_)));
        if number && let Some((named, length)) = self.field_after(end) {
            return Some((Some(named), end + length));
        }
        if matches!(operands.first(), Some(Operand::Time(_))) {
            return Some((self.scope.fields.date().or_else(|| self.scope.fields.resolve(&["date"])), end));
        }
        if !number {
            // "equal to open" without a field: the value shows it.
            let shown = operands.first().and_then(|operand| match operand {
                Operand::Text(text) => self.scope.fields.with_value(text).map(|(field, _)| FieldRef::Known(field.clone())),
                _ => None,
            });
            return shown.map(|field| (Some(field), end)).or_else(|| self.last_field.clone().map(|field| (Some(field), end)));
        }
        let connected = ["and", "or", "but"].contains(&self.chunk.before(at)) || self.chunk.before(at) == "also";
        if connected && let Some(last) = &self.last_field {
            return Some((Some(last.clone()), end));
        }
        if matches!(op, CompareOp::Before | CompareOp::After) {
            return Some((self.dated(op, operands, at), end));
        }
        if self.scope.fields.known && self.scope.fields.list.is_empty() {
            return Some((Some(FieldRef::Whole), end));
        }
        let priced = (at..self.chunk.len().min(at + 3)).any(|place| {
            let word = self.chunk.word(place);
            word.starts_with("cheap") || word.starts_with("cost") || word.starts_with("pric")
        });
        if priced {
            let price = self.scope.fields.find(&["price"]).map(|(field, _)| FieldRef::Known(field.clone()));
            let names =
                || (!self.scope.fields.known).then(|| FieldRef::Named(["price", "cost", "amount", "total"].map(str::to_owned).to_vec()));
            return Some((price.or_else(names).or_else(|| self.scope.fields.amount(true)), end));
        }
        Some((self.scope.fields.amount(money), end))
    }

    /// "before 1912", "older than 30": a year, a date or an age.
    pub(super) fn dated(&self, op: CompareOp, operands: &[Operand], at: usize) -> Option<FieldRef> {
        let year = matches!(operands.first(), Some(Operand::Number(number)) if (1000.0..2200.0).contains(number));
        let find = |name: &str| self.scope.fields.find(&[name]).map(|(field, _)| FieldRef::Known(field.clone()));
        let aged = ["older", "younger"].contains(&self.chunk.word(at)) || ["older", "younger"].contains(&self.chunk.word(at + 1));
        let _ = op;
        if aged && !year {
            return find("age").or_else(|| (!self.scope.fields.known).then(|| FieldRef::Named(vec!["age".to_owned()])));
        }
        if year {
            return find("year").or_else(|| self.scope.fields.date());
        }
        self.scope.fields.date()
    }

    /// Where text is looked for when no field is named.
    pub(super) fn text_field(&self, op: CompareOp) -> FieldRef {
        if matches!(op, CompareOp::Starts | CompareOp::Ends) {
            return match self.scope.fields.label() {
                Some(label) => FieldRef::Known(label.clone()),
                None if self.scope.fields.known && !self.scope.fields.list.is_empty() => FieldRef::Whole,
                None if self.scope.fields.known => FieldRef::Whole,
                None => FieldRef::Named(["name", "title"].map(str::to_owned).to_vec()),
            };
        }
        let texts: Vec<_> = self.scope.fields.list.iter().filter(|field| field.kind == FieldKind::Text).collect();
        match texts.as_slice() {
            [only] => FieldRef::Known((*only).clone()),
            _ if self.scope.fields.known && self.scope.fields.list.is_empty() => FieldRef::Whole,
            _ => FieldRef::Named(Vec::new()),
        }
    }
}
