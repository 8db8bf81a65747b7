//! Words that say how often something comes again: `every two hours`, `twice a day`, `daily`.

use super::atoms::{Atom, Reader, Unit, span_atom};
use crate::language::{Entity, Token};

impl Reader<'_> {
    pub(super) fn rhythm(&self, at: usize, inside: bool) -> Option<(Vec<Atom>, usize)> {
        let word = self.norm(at);
        if let Some(code) = self.lexicon.calendar.adverbs.get(word) {
            return (self.adverb(at) || (inside && self.time_before(at)))
                .then_some(())
                .and_then(|()| Some((vec![Atom::Every(1, Unit::of(code)?)], 1)));
        }
        if ["every", "each"].contains(&word) {
            return self
                .every(at + 1)
                .map(|(atoms, length)| (atoms, length + 1))
                .filter(|_| at == 0 || !["for", "per", "of"].contains(&self.norm(at - 1)) || self.top_of(at));
        }
        if ["once", "twice", "thrice"].contains(&word) || self.number(at).is_some_and(|(_, length)| self.norm(at + length) == "times") {
            let (count, length) = match word {
                "once" => (1, 1),
                "twice" => (2, 1),
                "thrice" => (3, 1),
                _ => self.number(at).map(|(count, length)| (count, length + 1))?,
            };
            let next = at + length;
            if let Some(code) = self.lexicon.calendar.adverbs.get(self.norm(next)) {
                return Some((vec![Atom::Times(count, Unit::of(code)?)], length + 1));
            }
            if ["a", "an", "per", "each", "every"].contains(&self.norm(next)) {
                if ["weekday", "workday"].contains(&self.norm(next + 1)) {
                    return Some((vec![Atom::Times(count, Unit::Day), Atom::Days(vec![1, 2, 3, 4, 5])], length + 2));
                }
                let unit = self.unit(next + 1)?;
                return Some((vec![Atom::Times(count, unit)], length + 2));
            }
        }
        None
    }

    /// Whether a time of day stands right before: "at 9 and 17 daily".
    fn time_before(&self, at: usize) -> bool {
        at > 0
            && (matches!(self.tokens[at - 1].entity(), Some(Entity::Clock(..)))
                || matches!(self.tokens[at - 1].kind, crate::language::TokenKind::Number(_))
                || ["o'clock", "oclock", "am", "pm", "noon", "midnight", "midday"].contains(&self.norm(at - 1))
                || self.lexicon.numbers.contains_key(self.norm(at - 1)))
    }

    /// "at the top of every hour" may have an "of" before it; "the price of every hour" does not come up.
    pub(super) fn top_of(&self, at: usize) -> bool {
        at >= 2
            && (self.norm(at - 1) == "of"
                && ["top", "start", "end", "beginning", "close", "day", "1st", "first", "last", "15th"].contains(&self.norm(at - 2))
                || self.lexicon.calendar.weekdays.contains_key(self.norm(at - 2)))
    }

    /// Whether "daily" and the like say when to run rather than describe a noun: "a weekly report", "daily at 9".
    pub(super) fn adverb(&self, at: usize) -> bool {
        let before = if at == 0 { "" } else { self.norm(at - 1) };
        let after = self.tokens.get(at + 1);
        let noun_follows = after.is_some_and(|next| {
            next.is_word()
                && ![
                    "at", "on", "and", "in", "please", "to", "then", "from", "between", "by", "around", "if", "for", "with", "but",
                    "before", "after", "during", "via", "when", "every",
                ]
                .contains(&next.norm.as_str())
                && (self.lexicon.verbs.at(self.tokens, at + 1).is_none() || self.lexicon.noun_like.contains(&next.norm) && at > 0)
        });
        !noun_follows || ["a", "an"].contains(&before)
    }

    pub(super) fn every(&self, at: usize) -> Option<(Vec<Atom>, usize)> {
        let word = self.norm(at);
        if ["weekday", "weekdays", "workday", "workdays"].contains(&word)
            || (["business", "working", "work"].contains(&word) && self.norm(at + 1).starts_with("day"))
        {
            return Some((vec![Atom::Days(vec![1, 2, 3, 4, 5])], if word.ends_with("day") || word.ends_with("days") { 1 } else { 2 }));
        }
        if ["weekend", "weekends"].contains(&word) {
            return Some((vec![Atom::Days(vec![0, 6])], 1));
        }
        if word == "half" {
            let skip = usize::from(["an", "a"].contains(&self.norm(at + 1)));
            return (self.unit(at + 1 + skip) == Some(Unit::Hour)).then_some((vec![Atom::Every(30, Unit::Minute)], 2 + skip));
        }
        if word == "half-hour" {
            return Some((vec![Atom::Every(30, Unit::Minute)], 1));
        }
        if word == "quarter" && (self.norm(at + 1) == "hour" || (self.norm(at + 1) == "of" && self.norm(at + 3) == "hour")) {
            return Some((vec![Atom::Every(15, Unit::Minute)], if self.norm(at + 1) == "hour" { 2 } else { 4 }));
        }
        // "every 3rd day", but not "every 3rd of the month".
        if let Some(nth) = self.ordinal(at).filter(|nth| *nth > 2)
            && let Some(unit) = self.unit(at + 1)
        {
            return Some((vec![Atom::Every(u32::from(nth), unit)], 2));
        }
        if let Some((mut atoms, length)) = self.year_day_at(at) {
            atoms.insert(0, Atom::Every(1, Unit::Year));
            return Some((atoms, length));
        }
        if let Some((atoms, length)) = self.month_list(at) {
            return Some((atoms, length));
        }
        if ["other", "second", "2nd"].contains(&word) && (word == "other" || self.unit(at + 1).is_some()) {
            return self.every_other(at);
        }
        if let Some((list, length)) = self.day_list(at) {
            return Some((vec![Atom::Days(list)], length));
        }
        if let Some(nth) = self.nth(at) {
            return Some(nth);
        }
        if let Some(Entity::Span(millis)) = self.tokens.get(at).and_then(Token::entity) {
            return Some((vec![span_atom(*millis)], 1));
        }
        if let Some(part) = self.lexicon.calendar.day_parts.get(word) {
            return Some((vec![Atom::Every(1, Unit::Day), Atom::Part(*part)], 1));
        }
        if let Some(month) = self.lexicon.calendar.months.get(word).filter(|_| word != "second") {
            return Some((vec![Atom::Every(1, Unit::Year), Atom::Month(*month)], 1));
        }
        if word == "single" {
            return self.every(at + 1).map(|(atoms, length)| (atoms, length + 1));
        }
        let (count, length) = self.number(at).unwrap_or((1, 0));
        let unit = self.unit(at + length).filter(|_| count > 0)?;
        // A bare letter is a unit only behind a number.
        if length == 0 && self.norm(at).len() == 1 {
            return None;
        }
        Some((vec![Atom::Every(count, unit)], length + 1))
    }

    pub(super) fn every_other(&self, at: usize) -> Option<(Vec<Atom>, usize)> {
        if let Some(day) = self.lexicon.calendar.weekdays.get(self.norm(at + 1)) {
            let _ = day;
            return Some((vec![Atom::Other(format!("every other {}", self.tokens[at + 1].text))], 2));
        }
        let unit = self.unit(at + 1)?;
        let atom = match unit {
            Unit::Week | Unit::Fortnight => Atom::Every(1, Unit::Fortnight),
            Unit::Year => Atom::Other("every other year".to_owned()),
            _ => Atom::Every(2, unit),
        };
        Some((vec![atom], 2))
    }

    /// "every january and july": the first day of months.
    fn month_list(&self, at: usize) -> Option<(Vec<Atom>, usize)> {
        let month = |at: usize| self.lexicon.calendar.months.get(self.norm(at)).copied().filter(|_| self.norm(at) != "second");
        let first = month(at)?;
        let (mut found, mut place) = (vec![Atom::Every(1, Unit::Year), Atom::YearDay(first, 1)], at + 1);
        while ["and", "or"].contains(&self.norm(place)) || self.tokens.get(place).is_some_and(|token| token.is_punct(',')) {
            let Some(next) = month(place + 1) else { break };
            found.push(Atom::YearDay(next, 1));
            place += 2;
        }
        (found.len() > 2).then_some((found, place - at))
    }

    /// A cron line in quotes.
    pub(super) fn cron(&self, at: usize) -> Option<(Vec<Atom>, usize)> {
        let line = self.tokens[at].quoted().filter(|text| super::cron_line(text))?;
        Some((vec![Atom::Cron(line.trim().to_owned())], 1))
    }

    /// Where the words that lead to a cron line begin: "on the cron schedule".
    pub(super) fn cron_lead(&self, mut start: usize) -> usize {
        while start > 0
            && (["cron", "crontab", "schedule", "expression", "the", "on", "with", "by", "following", "a", "at"]
                .contains(&self.norm(start - 1))
                || self.tokens[start - 1].is_punct(':') && start > 1 && ["cron", "schedule", "expression"].contains(&self.norm(start - 2)))
        {
            start -= 1;
        }
        start
    }
}
