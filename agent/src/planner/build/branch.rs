//! Conditions on whole steps: "if there are more than 5", "unless the status is ok", "otherwise".

use super::super::chunk::Chunk;
use super::super::conditions::{self, Scope};
use super::super::fields::{FieldRef, Fields};
use super::super::js;
use super::super::places;
use super::{Builder, Focus, Shape};
use crate::language::{Act, CompareOp, Token, english, number_at};
use sayflow_protocol::workflow::{Condition, Step};

/// Under which condition steps are added.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    /// The expression.
    pub condition: Option<String>,
    /// The first step under the last condition.
    pub first: Option<String>,
    /// Whether steps run when that step's condition was false.
    pub otherwise: bool,
}

/// What became of a condition in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    /// An expression.
    Expression(String),
    /// It was not understood.
    Unclear,
}

impl Builder<'_> {
    /// Puts the present guard on a step.
    pub fn guard_step(&mut self, step: &mut Step) {
        if self.guard.otherwise {
            step.else_of.clone_from(&self.guard.first);
            return;
        }
        if let Some(condition) = &self.guard.condition {
            step.condition = Some(Condition::Expression(js::inside(condition)));
            if self.guard.first.is_none() {
                self.guard.first = Some(step.id.clone());
            }
        }
    }

    /// Opens a condition; later steps stand under it.
    pub fn open_guard(&mut self, expression: String) {
        self.guard = Guard { condition: Some(expression), first: None, otherwise: false };
    }

    /// Turns to the other branch. Without a first one, the opposite condition counts.
    pub fn otherwise(&mut self) {
        if self.guard.first.is_some() {
            self.guard.otherwise = true;
        } else if let Some(condition) = self.guard.condition.take() {
            self.guard.condition = Some(format!("!({condition})"));
        }
    }

    /// Reads a condition in words as one on the value in hand, reading what it names first.
    pub fn read_condition(&mut self, tokens: &[Token]) -> Read {
        let mut chunk = Chunk::new(tokens);
        let found = places::read(&mut chunk, Some(Act::Fetch), &|_| true, self.focus.is_some());
        let words: Vec<String> = tokens.iter().map(|token| token.norm.clone()).collect();
        for source in &found.sources {
            if !self.read(source, &words) {
                return Read::Unclear;
            }
        }
        if self.focus.is_none() {
            return Read::Unclear;
        }
        self.reachability(&chunk)
            .or_else(|| self.status_code(&chunk))
            .or_else(|| self.emptiness(&mut chunk))
            .or_else(|| self.quantity(&mut chunk))
            .or_else(|| self.measure(&mut chunk))
            .or_else(|| self.existence(&mut chunk))
            .or_else(|| self.known_value(&mut chunk))
            .or_else(|| self.says(&mut chunk))
            .or_else(|| self.value(&mut chunk))
            .map_or(Read::Unclear, Read::Expression)
    }

    fn origin_step(&self) -> Option<String> {
        let focus = self.focus.as_ref()?;
        focus.expr.strip_prefix("steps.")?.split('.').next().map(str::to_owned)
    }

    /// "it is down", "it cannot be reached".
    fn reachability(&mut self, chunk: &Chunk) -> Option<String> {
        let words: Vec<&str> = (0..chunk.len()).map(|at| chunk.free_word(at)).collect();
        let joined = words.join(" ");
        let down = [
            "is down",
            "unreachable",
            "not reachable",
            "does not respond",
            "doesn't respond",
            "does not answer",
            "doesn't answer",
            "not responding",
            "cannot be reached",
            "can't be reached",
            "isn't reachable",
            "is offline",
            "not available",
            "isn't responding",
            "is not up",
            "isn't up",
            "returns an error",
            "an error",
        ]
        .iter()
        .any(|phrase| joined.contains(phrase));
        let up = ["is up", "is reachable", "is online", "responds", "answers"].iter().any(|phrase| joined.contains(phrase));
        let web = self.focus.as_ref().is_some_and(|focus| focus.origin.starts_with("http"));
        if !(down || up) || !web {
            return None;
        }
        let id = self.origin_step()?;
        let step = self.steps.iter_mut().find(|step| step.id == id)?;
        step.on_error = Some(sayflow_protocol::workflow::OnError::Continue);
        Some(format!("steps.{id}.error {} null", if down { "!=" } else { "==" }))
    }

    /// "the status code is not 200", "it returns 404".
    fn status_code(&mut self, chunk: &Chunk) -> Option<String> {
        let lexicon = english();
        let named = (0..chunk.len()).any(|at| ["code", "returns", "http", "responds", "answers", "status"].contains(&chunk.free_word(at)));
        let (at, code) = (0..chunk.len())
            .find_map(|at| number_at(lexicon, &chunk.tokens, at).filter(|_| chunk.free(at)).map(|(value, _)| (at, value)))?;
        let web = self.focus.as_ref().is_some_and(|focus| focus.origin.starts_with("http"));
        if !named || !(100.0..600.0).contains(&code) || !web {
            return None;
        }
        let negated = (0..at).any(|place| lexicon.negations.at(&chunk.tokens, place).is_some())
            || (0..at).any(|place| ["other", "anything", "different"].contains(&chunk.free_word(place)));
        let op = (0..at).find_map(|place| lexicon.operators.at(&chunk.tokens, place).map(|(_, op)| *op));
        let sign = match op {
            Some(CompareOp::Gt) => ">",
            Some(CompareOp::Ge) => ">=",
            Some(CompareOp::Lt) => "<",
            Some(CompareOp::Le) => "<=",
            _ if negated => "!==",
            _ => "===",
        };
        let id = self.origin_step()?;
        let step = self.steps.iter_mut().find(|step| step.id == id)?;
        let codes: Vec<u16> = vec![
            200, 201, 202, 204, 206, 301, 302, 304, 307, 308, 400, 401, 402, 403, 404, 405, 406, 408, 409, 410, 415, 418, 422, 429, 500,
            501, 502, 503, 504,
        ];
        step.with.insert("expect_status".to_owned(), codes.into());
        Some(format!("steps.{id}.output.status {sign} {}", js::number(code)))
    }

    /// "it is empty", "there are none", "there are any".
    fn emptiness(&mut self, chunk: &mut Chunk) -> Option<String> {
        let focus = self.focus.clone()?;
        let words: Vec<String> = (0..chunk.len()).map(|at| chunk.word(at).to_owned()).filter(|word| !word.is_empty()).collect();
        let text = words.join(" ");
        let pronoun = words.first().is_some_and(|first| {
            ["it", "they", "the", "there", "that", "this", "nothing", "something", "anything"].contains(&first.as_str())
        });
        let short = words.len() <= 7;
        let length = focus.length();
        let is_empty = match focus.shape {
            Shape::Text => format!("{}.trim() === ''", focus.expr),
            Shape::Number => format!("{} === 0", focus.expr),
            Shape::Record => format!("Object.keys({} ?? {{}}).length === 0", focus.expr),
            _ => format!("{length} === 0"),
        };
        let list_noun = words.iter().any(|word| {
            ["list", "file", "result", "results", "it", "they", "array", "response", "table", "folder"].contains(&word.as_str())
                || focus.nouns.contains(&crate::language::stem(word))
        });
        if short
            && pronoun
            && list_noun
            && [
                "is empty",
                "are empty",
                "was empty",
                "is blank",
                "has no rows",
                "has no entries",
                "has no lines",
                "contains nothing",
                "has nothing",
                "is zero",
                "is 0",
            ]
            .iter()
            .any(|phrase| text.ends_with(phrase))
        {
            return Some(is_empty);
        }
        if short
            && pronoun
            && list_noun
            && [
                "is not empty",
                "isn't empty",
                "are not empty",
                "is nonempty",
                "has any",
                "has entries",
                "has rows",
                "contains anything",
                "is not blank",
                "has content",
            ]
            .iter()
            .any(|phrase| text.ends_with(phrase))
        {
            return Some(format!("!({is_empty})"));
        }
        if ["nothing is left", "nothing was found", "nothing is found", "nothing matches", "there is nothing", "nothing remains"]
            .iter()
            .any(|phrase| text.starts_with(phrase))
        {
            return Some(is_empty);
        }
        // "there are no open orders", "no orders are open"
        let none = text.starts_with("there are no ")
            || text.starts_with("there is no ")
            || text.starts_with("there aren't any ")
            || text.starts_with("there isn't any ")
            || text.starts_with("there are not any ")
            || (text.starts_with("no ") && words.len() > 1)
            || text.starts_with("none of ")
            || text == "there are none"
            || text == "none";
        if none && focus.is_list() {
            self.narrow(chunk);
            return Some(format!("{} === 0", self.focus.as_ref()?.length()));
        }
        None
    }

    /// Filters the list in hand by the conditions in a chunk, if it has some.
    fn narrow(&mut self, chunk: &mut Chunk) -> bool {
        let Some(focus) = self.focus.clone().filter(Focus::is_list) else { return false };
        for at in 0..chunk.len() {
            if ["no", "any", "some", "there", "not", "none", "aren't", "isn't"].contains(&chunk.free_word(at)) {
                chunk.take(at..at + 1);
            }
        }
        let scope = Scope { fields: &focus.fields, base: "item", nouns: &focus.nouns };
        let guard = std::mem::take(&mut self.guard);
        let found = conditions::read(chunk, &scope).filter(|found| found.unclear.is_empty());
        let narrowed = found.is_some_and(|found| self.filter(&found.cond).is_some());
        self.guard = guard;
        narrowed
    }

    /// "there are more than 2", "at least one order is open", "more than 5 errors".
    fn quantity(&mut self, chunk: &mut Chunk) -> Option<String> {
        let lexicon = english();
        let focus = self.focus.clone()?;
        let at = (0..chunk.len()).find(|&at| {
            chunk.free(at)
                && lexicon.operators.at(&chunk.tokens, at).is_some_and(|(length, op)| {
                    chunk.all_free(at..at + length)
                        && matches!(
                            op,
                            CompareOp::Gt
                                | CompareOp::Lt
                                | CompareOp::Ge
                                | CompareOp::Le
                                | CompareOp::Eq
                                | CompareOp::Ne
                                | CompareOp::Between
                        )
                        && number_at(lexicon, &chunk.tokens, at + length).is_some()
                })
        })?;
        let (length, op) = lexicon.operators.at(&chunk.tokens, at).map(|(length, op)| (length, *op))?;
        let (value, digits) = number_at(lexicon, &chunk.tokens, at + length)?;
        let end = at + length + digits;
        let before: Vec<&str> = (0..at).map(|place| chunk.free_word(place)).filter(|word| !word.is_empty()).collect();
        let there = before.iter().all(|word| {
            [
                "there", "are", "is", "it", "they", "we", "have", "has", "got", "find", "finds", "returns", "contains", "the", "list",
                "that", "file", "result", "number", "count", "total", "were", "was", "of", "them", "those", "it's", "that's", "result's",
                "value", "sum", "average",
            ]
            .contains(word)
                || lexicon.is_item_noun(word)
        });
        let sign = match op {
            CompareOp::Gt => ">",
            CompareOp::Lt => "<",
            CompareOp::Ge => ">=",
            CompareOp::Le => "<=",
            CompareOp::Ne => "!==",
            _ => "===",
        };
        let number = js::number(value);
        if focus.shape == Shape::Number && there {
            return Some(format!("{} {sign} {number}", focus.expr));
        }
        let counted = before.iter().any(|word| ["number", "count", "many"].contains(word))
            || before.contains(&"there")
            || (at == 0 && (chunk.free_word(end).ends_with('s') || chunk.ends(end)))
            || lexicon.is_item_noun(chunk.free_word(end))
            || focus.nouns.contains(&chunk.tokens.get(end).map(|token| token.stem.clone()).unwrap_or_default());
        let field = focus.fields.find(&[chunk.free_word(end)]).is_some_and(|(_, fit)| fit >= super::super::fields::Fit::Synonym)
            && !focus.nouns.contains(&chunk.tokens.get(end).map(|token| token.stem.clone()).unwrap_or_default());
        let named_field = before.iter().any(|word| {
            focus.fields.find(&[word]).is_some_and(|(_, fit)| fit >= super::super::fields::Fit::Stem)
                && !["number", "count", "total"].contains(word)
        });
        if !counted || field || named_field || !focus.is_list() && focus.shape != Shape::Text {
            return None;
        }
        chunk.take(at..end);
        for place in 0..at {
            if ["number", "count", "of", "the", "there", "how", "many", "is", "are"].contains(&chunk.free_word(place)) {
                chunk.take(place..place + 1);
            }
        }
        self.narrow(chunk);
        Some(format!("{} {sign} {number}", self.focus.as_ref()?.length()))
    }

    /// "the total amount is over 1000": a number that is worked out first.
    fn measure(&mut self, chunk: &mut Chunk) -> Option<String> {
        let lexicon = english();
        let focus = self.focus.clone()?;
        if matches!(focus.shape, Shape::Totals) {
            return None;
        }
        if !focus.is_list() {
            return None;
        }
        let at = (0..chunk.len())
            .find(|&at| lexicon.measures.at(&chunk.tokens, at).is_some_and(|(length, _)| chunk.all_free(at..at + length)))?;
        let op_at = (at..chunk.len()).find(|&place| {
            lexicon
                .operators
                .at(&chunk.tokens, place)
                .is_some_and(|(length, _)| number_at(lexicon, &chunk.tokens, place + length).is_some())
        })?;
        let mut subject = Chunk { tokens: chunk.tokens[at..op_at].to_vec(), marks: chunk.marks[at..op_at].to_vec() };
        while subject.tokens.last().is_some_and(|token| token.is_any(&["is", "are", "was", "goes", "gets"])) {
            subject.tokens.pop();
            subject.marks.pop();
        }
        let about = super::super::modifiers::About { fields: &focus.fields, nouns: &focus.nouns, record: false, act: Some(Act::Measure) };
        let asked = super::super::modifiers::read(&mut subject, &about);
        if asked.measures.is_empty() {
            return None;
        }
        let guard = std::mem::take(&mut self.guard);
        let done = self.transform(&asked, false);
        self.guard = guard;
        done?;
        let mut rest = Chunk::new(&chunk.tokens[op_at..]);
        let number = self.focus.clone().filter(|focus| focus.shape == Shape::Number)?;
        self.quantity(&mut rest).or_else(|| {
            let (length, op) = lexicon.operators.at(&rest.tokens, 0)?;
            let (value, _) = number_at(lexicon, &rest.tokens, length)?;
            let sign = if *op == CompareOp::Gt { ">" } else { "<" };
            Some(format!("{} {sign} {}", number.expr, js::number(value)))
        })
    }

    /// "any product has quantity below 5", "there are open orders": items for which something holds.
    fn existence(&mut self, chunk: &mut Chunk) -> Option<String> {
        let focus = self.focus.clone().filter(Focus::is_list)?;
        let first = (0..chunk.len()).map(|at| chunk.word(at)).find(|word| !word.is_empty()).unwrap_or_default().to_owned();
        let sure = focus.shape == Shape::List || ["any", "some", "there", "one"].contains(&first.as_str());
        if !sure {
            return None;
        }
        let all = ["all", "every", "each"].contains(&first.as_str());
        if all {
            let scope = Scope { fields: &focus.fields, base: "item", nouns: &focus.nouns };
            let found = conditions::read(chunk, &scope).filter(|found| found.unclear.is_empty())?;
            return Some(format!("{}.every(item => {})", focus.list(), found.cond.to_js()));
        }
        let contains_only = self.narrow(chunk);
        (contains_only || ["any", "there", "some"].contains(&first.as_str()))
            .then(|| self.focus.as_ref().map(|focus| format!("{} > 0", focus.length())))
            .flatten()
    }

    /// A condition on fields that a sample of the record shows.
    fn known_value(&mut self, chunk: &mut Chunk) -> Option<String> {
        let known = self.focus.as_ref().is_some_and(|focus| focus.fields.known && !focus.fields.list.is_empty());
        let mut tried = chunk.clone();
        let found = self.value(&mut tried).filter(|_| known)?;
        *chunk = tried;
        Some(found)
    }

    /// "status isn't ok", "the temperature is above -15", "it contains ERROR".
    fn value(&mut self, chunk: &mut Chunk) -> Option<String> {
        let focus = self.focus.clone()?;
        let (base, fields) = match (&self.each, focus.shape) {
            (Some(each), _) => ("item".to_owned(), each.fields.clone()),
            (None, Shape::Number) => return None,
            (None, Shape::Text) => (focus.expr.clone(), Fields { known: true, list: Vec::new() }),
            (None, Shape::Body) => (format!("(Array.isArray({0}) ? {0}[0] : {0})", focus.expr), Fields::default()),
            (None, _) => (focus.expr.clone(), focus.fields.clone()),
        };
        let nouns: Vec<String> = if focus.shape == Shape::Body { Vec::new() } else { focus.nouns.clone() };
        for at in 0..chunk.len() {
            if ["it", "the", "its", "response", "result", "body", "answer", "page", "there"].contains(&chunk.free_word(at))
                && chunk.len() > 2
            {
                chunk.take(at..at + 1);
            }
        }
        let scope = Scope { fields: &fields, base: &base, nouns: &nouns };
        let found = conditions::read(chunk, &scope).filter(|found| found.unclear.is_empty())?;
        let expression = found.cond.to_js();
        // Text is looked for as it is.
        let whole = FieldRef::Whole.of(&base);
        let _ = whole;
        Some(if focus.shape == Shape::Body { expression.replace(&base, &focus.expr) } else { expression })
    }
}
