//! Conditions on an answer or a record whose fields are not known: "it says degraded", "URL isn't ok".

use super::super::chunk::Chunk;
use super::super::conditions::plain_value;
use super::super::conditions::{Cond, Scope};
use super::super::fields::Fields;
use super::super::js;
use super::{Builder, Shape};
use crate::language::english;

/// Verbs with which a thing tells a value, rather than one of its fields.
const SAYING: [&str; 12] =
    ["says", "say", "said", "reports", "report", "reads", "shows", "states", "returns", "answers", "responds", "tells"];
const BEING: [&str; 12] = ["is", "are", "was", "isn't", "isnt", "wasn't", "aren't", "equals", "becomes", "stays", "turns", "goes"];
const SUBJECT: [&str; 22] = [
    "it", "the", "this", "that", "its", "response", "answer", "result", "body", "page", "site", "website", "endpoint", "api", "service",
    "server", "url", "at", "of", "from", "there", "content",
];

impl Builder<'_> {
    /// Something that the value in hand says as a whole: any of its members is that.
    pub fn says(&mut self, chunk: &mut Chunk) -> Option<String> {
        let lexicon = english();
        let focus = self.focus.clone().filter(|_| self.each.is_none())?;
        if matches!(focus.shape, Shape::Number | Shape::Totals | Shape::List) {
            return None;
        }
        let subject = |at: usize| !chunk.free(at) || !chunk.tokens[at].is_word() || SUBJECT.contains(&chunk.word(at));
        let verb = (0..chunk.len()).find(|&at| !subject(at))?;
        let word = chunk.free_word(verb).to_owned();
        let mut place = verb;
        let mut negated = false;
        if let Some((length, ())) = lexicon.negations.at(&chunk.tokens, verb) {
            // "doesn't say ok", "isn't ok"
            negated = true;
            place += length;
            place += usize::from(SAYING.contains(&chunk.free_word(place)));
        } else if SAYING.contains(&word.as_str()) || BEING.contains(&word.as_str()) {
            place += 1;
        } else {
            return None;
        }
        let saying = SAYING.contains(&chunk.word(place - 1));
        while ["not", "that", "a", "an", "the", "it", "is", "anything", "something", "other", "than", "else", "but", "currently", "still"]
            .contains(&chunk.free_word(place))
        {
            negated |= ["not", "other", "else", "but"].contains(&chunk.free_word(place));
            place += 1;
        }
        if lexicon.operators.at(&chunk.tokens, place).is_some_and(|(length, _)| chunk.all_free(place..place + length)) {
            return None;
        }
        let nothing = Fields::default();
        let scope = Scope { fields: &nothing, base: "item", nouns: &[] };
        let (text, length) = plain_value(chunk, place, &scope)?;
        // More words behind it say something else.
        if !chunk.ends(place + length) {
            return None;
        }
        chunk.take(verb..place + length);
        let wanted = js::text(&text.to_lowercase());
        let expr = &focus.expr;
        let lower = "String(v ?? '').trim().toLowerCase()";
        let own = if saying {
            format!("String({expr} ?? '').toLowerCase().includes({wanted})")
        } else {
            format!("String({expr} ?? '').trim().toLowerCase() === {wanted}")
        };
        let members = format!("Object.values({expr} ?? {{}}).some(v => {lower} === {wanted})");
        let flag = js::member(expr, &text);
        let found = format!(
            "(typeof {expr} === 'object' ? {members} || {} : {own})",
            if js::is_identifier(&text) { format!("{flag} === true") } else { "false".to_owned() }
        );
        let cond = Cond::Is(if focus.shape == Shape::Text { own } else { found });
        Some(if negated { Cond::Not(Box::new(cond)).to_js() } else { cond.to_js() })
    }
}
