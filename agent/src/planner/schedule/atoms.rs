//! Groups of words that speak of time.

use crate::language::{Entity, Lexicon, Token, english, number_at};
use jiff::civil::Date;
use std::ops::Range;

/// A unit of a rhythm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "units of time")]
pub enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Night,
    Week,
    Fortnight,
    Month,
    Quarter,
    Year,
}

impl Unit {
    fn of(code: &str) -> Option<Self> {
        Some(match code {
            "s" => Self::Second,
            "m" => Self::Minute,
            "h" => Self::Hour,
            "d" => Self::Day,
            "n" => Self::Night,
            "w" => Self::Week,
            "f" => Self::Fortnight,
            "M" => Self::Month,
            "Q" => Self::Quarter,
            "y" => Self::Year,
            _ => return None,
        })
    }
}

/// One statement about time.
#[derive(Debug, Clone, PartialEq)]
pub enum Atom {
    /// Every so many units.
    Every(u32, Unit),
    /// So many times in a unit.
    Times(u32, Unit),
    /// Weekdays (0 is Sunday) that come again.
    Days(Vec<u8>),
    /// One weekday, without a word that it comes again.
    Day(u8),
    /// Days of the month; 0 is the last.
    MonthDays(Vec<u8>),
    /// The nth weekday of the month; 0 is the last.
    Nth(u8, u8),
    /// A month of the year.
    Month(u8),
    /// A time of day.
    Clock(u8, u8),
    /// A part of the day, by its usual hour.
    Part(u8),
    /// Between two hours.
    Hours(u8, u8),
    /// A zone.
    Zone(String),
    /// So many days from today.
    In(u8),
    /// So many milliseconds from now.
    Delay(u64),
    /// A calendar day.
    On(Date),
    /// Every other weekday and the like: what no cron line says.
    Other(String),
}

impl Atom {
    /// Whether it says that something comes again.
    pub fn is_rhythm(&self) -> bool {
        matches!(self, Self::Every(..) | Self::Times(..) | Self::Days(_) | Self::MonthDays(_) | Self::Nth(..) | Self::Other(_))
    }
}

/// Neighbouring statements.
#[derive(Debug, Clone)]
pub struct Group {
    /// Them.
    pub atoms: Vec<Atom>,
    /// Where they stand, with the small words around them.
    pub span: Range<usize>,
    edge: bool,
    guarded: bool,
}

impl Group {
    /// Whether it speaks of when to run. A time of day alone does so next to a rhythm, or at an edge of a sentence.
    pub fn counts(&self, strong: bool) -> bool {
        let rhythm = self.atoms.iter().any(Atom::is_rhythm);
        if rhythm {
            return true;
        }
        let clock = self.atoms.iter().any(|atom| matches!(atom, Atom::Clock(..)));
        if strong {
            return (clock || self.atoms.iter().any(|atom| matches!(atom, Atom::Part(_) | Atom::Hours(..)))) && !self.guarded
                || self.atoms.iter().all(|atom| matches!(atom, Atom::Zone(_)));
        }
        let moment = self.atoms.iter().any(|atom| matches!(atom, Atom::In(_) | Atom::Delay(_) | Atom::On(_) | Atom::Day(_)));
        !self.guarded && (clock || (self.edge && moment && !self.atoms.iter().all(|atom| matches!(atom, Atom::On(_) | Atom::Zone(_)))))
    }
}

/// All groups of time words in a text.
pub fn atoms_in(tokens: &[Token]) -> Vec<Group> {
    let reader = Reader { tokens, lexicon: english() };
    let mut groups = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match reader.group(at) {
            Some(group) => {
                at = group.span.end;
                groups.push(group);
            }
            None => at += 1,
        }
    }
    groups
}

struct Reader<'t> {
    tokens: &'t [Token],
    lexicon: &'static Lexicon,
}

const JOINING: [&str; 16] =
    ["at", "on", "and", "of", "the", "in", "each", "every", "a", "during", "from", "starting", "around", "exactly", "sharp", "or"];

impl Reader<'_> {
    fn norm(&self, at: usize) -> &str {
        self.tokens.get(at).filter(|token| token.is_word()).map_or("", |token| token.norm.as_str())
    }

    fn number(&self, at: usize) -> Option<(u32, usize)> {
        let (value, length) = number_at(self.lexicon, self.tokens, at)?;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be whole and small")]
        (value.fract() == 0.0 && (0.0..100_000.0).contains(&value)).then_some((value as u32, length))
    }

    fn unit(&self, at: usize) -> Option<Unit> {
        self.lexicon.calendar.units.get(self.norm(at)).and_then(|code| Unit::of(code))
    }

    fn group(&self, start: usize) -> Option<Group> {
        let mut at = start;
        let mut atoms = Vec::new();
        let mut end = start;
        let mut first = None;
        while at < self.tokens.len() {
            if let Some((mut found, length)) = self.atom(at, !atoms.is_empty()) {
                first.get_or_insert(at);
                atoms.append(&mut found);
                at += length;
                end = at;
            } else if JOINING.contains(&self.norm(at))
                || (!atoms.is_empty() && self.tokens[at].is_punct(','))
                || (!atoms.is_empty() && (self.tokens[at].is_punct('(') || self.tokens[at].is_punct('-')))
            {
                if atoms.is_empty() && !["at", "on", "in", "each", "every", "the"].contains(&self.norm(at)) {
                    return None;
                }
                at += 1;
                if at - end > 3 {
                    break;
                }
            } else {
                break;
            }
        }
        let first = first?;
        // "due today", "older than 30 days", "before friday": the word before makes it a statement about the data.
        let before = if start == 0 { "" } else { self.norm(start - 1) };
        let guards = [
            "due",
            "than",
            "before",
            "after",
            "since",
            "until",
            "till",
            "last",
            "past",
            "by",
            "created",
            "updated",
            "dated",
            "expiring",
            "expires",
            "older",
            "newer",
            "placed",
            "published",
            "within",
            "is",
            "are",
            "was",
            "over",
            "under",
            "above",
            "below",
            "least",
            "most",
            "wait",
            "for",
            "next",
            "between",
            "not",
            "from",
            "opened",
            "closed",
            "happening",
            "starting",
            "scheduled",
            "modified",
            "paid",
            "made",
            "between",
            "per",
            "equals",
            "exceeds",
        ];
        let guarded = guards.contains(&before) && !(before == "next" && matches!(atoms.first(), Some(Atom::Day(_))))
            || (first > start && guards.contains(&self.norm(first - 1)) && self.norm(first - 1) != "next");
        let (span_start, span_end) = (start, self.tail(end));
        let sentence_start = span_start == 0
            || self.tokens[span_start - 1].is_punct('.')
            || self.tokens[span_start - 1].kind == crate::language::TokenKind::Break
            || self.tokens[span_start - 1].is_punct(',')
            || self.opener_before(span_start);
        let sentence_end = span_end >= self.tokens.len()
            || self.tokens[span_end].is_punct('.')
            || self.tokens[span_end].is_punct(',')
            || self.tokens[span_end].is_punct('!')
            || self.tokens[span_end].kind == crate::language::TokenKind::Break
            || self.norm(span_end) == "please";
        Some(Group { atoms, span: span_start..span_end, edge: sentence_start || sentence_end, guarded })
    }

    fn opener_before(&self, start: usize) -> bool {
        (0..start).all(|at| {
            self.tokens[at].is_punct(',')
                || ["please", "hi", "hey", "hello", "can", "could", "you", "also", "and", "then"].contains(&self.norm(at))
        })
    }

    /// Takes "time" after a zone and a closing bracket with it.
    fn tail(&self, mut end: usize) -> usize {
        while end < self.tokens.len()
            && (["time", "o'clock", "sharp", "oclock"].contains(&self.norm(end))
                || (self.tokens[end].is_punct(')') && self.tokens[..end].iter().rev().take(6).any(|token| token.is_punct('('))))
        {
            end += 1;
        }
        end
    }

    /// The statement that starts here. `inside` when another one stands before it.
    fn atom(&self, at: usize, inside: bool) -> Option<(Vec<Atom>, usize)> {
        self.rhythm(at)
            .or_else(|| self.month_days(at))
            .or_else(|| self.weekdays(at, inside))
            .or_else(|| self.hours(at, inside))
            .or_else(|| self.clock(at, inside))
            .or_else(|| self.moment(at))
            .or_else(|| self.zone(at, inside))
    }

    fn rhythm(&self, at: usize) -> Option<(Vec<Atom>, usize)> {
        let word = self.norm(at);
        if let Some(code) = self.lexicon.calendar.adverbs.get(word) {
            return self.adverb(at).then_some(()).and_then(|()| Some((vec![Atom::Every(1, Unit::of(code)?)], 1)));
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

    /// "at the top of every hour" may have an "of" before it; "the price of every hour" does not come up.
    fn top_of(&self, at: usize) -> bool {
        at >= 2
            && (self.norm(at - 1) == "of"
                && ["top", "start", "end", "beginning", "day", "1st", "first", "last", "15th"].contains(&self.norm(at - 2))
                || self.lexicon.calendar.weekdays.contains_key(self.norm(at - 2)))
    }

    /// Whether "daily" and the like say when to run rather than describe a noun: "a weekly report", "daily at 9".
    fn adverb(&self, at: usize) -> bool {
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

    fn every(&self, at: usize) -> Option<(Vec<Atom>, usize)> {
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

    fn every_other(&self, at: usize) -> Option<(Vec<Atom>, usize)> {
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

    /// "first monday of", "last friday of the month", "2nd tuesday".
    fn nth(&self, at: usize) -> Option<(Vec<Atom>, usize)> {
        let nth = if self.norm(at) == "last" { 0 } else { self.ordinal(at).filter(|n| *n <= 5)? };
        let word = self.norm(at + 1);
        if let Some(day) = self.lexicon.calendar.weekdays.get(word) {
            let of = self.of_month(at + 2)?;
            return Some((vec![Atom::Nth(nth, *day)], 2 + of));
        }
        let weekday = ["weekday", "workday"].contains(&word) || (["business", "working"].contains(&word) && self.norm(at + 2) == "day");
        if weekday {
            let length = if word.ends_with("day") { 2 } else { 3 };
            let of = self.of_month(at + length)?;
            return Some((vec![Atom::Other(format!("the {} working day of the month", self.tokens[at].text))], length + of));
        }
        if word == "day" {
            let of = self.of_month(at + 2)?;
            return Some((vec![Atom::MonthDays(vec![nth])], 2 + of));
        }
        None
    }

    fn ordinal(&self, at: usize) -> Option<u8> {
        let word = self.norm(at);
        if let Some(digits) = word
            .strip_suffix("st")
            .or_else(|| word.strip_suffix("nd"))
            .or_else(|| word.strip_suffix("rd"))
            .or_else(|| word.strip_suffix("th"))
            && let Ok(number) = digits.parse::<u8>()
        {
            return (1..=31).contains(&number).then_some(number);
        }
        self.lexicon.calendar.ordinals.get(word).copied()
    }

    /// The length of "of the month", "of every month", "of each quarter" or "in the month".
    fn of_month(&self, at: usize) -> Option<usize> {
        let of = usize::from(["of", "in"].contains(&self.norm(at)));
        let which = usize::from(["the", "each", "every", "a", "any"].contains(&self.norm(at + of)));
        (of + which > 0 && ["month", "months"].contains(&self.norm(at + of + which))).then_some(of + which + 1)
    }

    fn month_days(&self, at: usize) -> Option<(Vec<Atom>, usize)> {
        if let Some(found) = self.nth(at) {
            return Some(found);
        }
        if self.norm(at) == "end"
            && let Some(of) = self.of_month(at + 1)
        {
            return Some((vec![Atom::MonthDays(vec![0])], 1 + of));
        }
        if ["start", "beginning"].contains(&self.norm(at))
            && let Some(of) = self.of_month(at + 1)
        {
            return Some((vec![Atom::MonthDays(vec![1])], 1 + of));
        }
        let (mut days, mut place) = (vec![self.ordinal(at)?], at + 1);
        loop {
            let mut next = place;
            while self.tokens.get(next).is_some_and(|token| token.is_punct(',')) || ["and", "the", "day"].contains(&self.norm(next)) {
                next += 1;
            }
            match self.ordinal(next) {
                Some(day) if next > place => {
                    days.push(day);
                    place = next + 1;
                }
                _ => break,
            }
        }
        place += usize::from(self.norm(place) == "day");
        if let Some(of) = self.of_month(place) {
            return Some((vec![Atom::MonthDays(days)], place + of - at));
        }
        // "monthly on the 5th", "on the 1st and 15th"
        let monthly = (0..at).rev().take(8).any(|before| ["monthly", "month"].contains(&self.norm(before)));
        let digits = self.norm(at).starts_with(|c: char| c.is_ascii_digit());
        let on_the = at >= 2 && self.norm(at - 1) == "the" && self.norm(at - 2) == "on" && digits;
        ((monthly && digits) || on_the).then_some((vec![Atom::MonthDays(days)], place - at))
    }

    /// A list of weekdays joined by commas, "and", "or", or a range; its length.
    fn day_list(&self, at: usize) -> Option<(Vec<u8>, usize)> {
        let day = |at: usize| {
            self.lexicon.calendar.weekdays.get(self.norm(at)).copied().filter(|_| {
                !["sun", "sat", "mon", "wed"].contains(&self.norm(at)) || self.tokens[at].text.starts_with(char::is_uppercase) || at > 0
            })
        };
        let first = day(at)?;
        let (mut days, mut place) = (vec![first], at + 1);
        if (["to", "through", "thru", "until", "till"].contains(&self.norm(place))
            || self.tokens.get(place).is_some_and(|token| token.is_punct('-') || token.is_punct('–')))
            && let Some(last) = day(place + 1)
        {
            let mut next = first;
            while next != last && days.len() < 7 {
                next = (next + 1) % 7;
                days.push(next);
            }
            return Some((days, place + 2 - at));
        }
        loop {
            let mut next = place;
            while self.tokens.get(next).is_some_and(|token| token.is_punct(',') || token.is_punct('/') || token.is_punct('&'))
                || ["and", "or", "&", "on", "every"].contains(&self.norm(next))
            {
                next += 1;
            }
            match day(next) {
                Some(found) if next > place && next - place <= 2 => {
                    days.push(found);
                    place = next + 1;
                }
                _ => break,
            }
        }
        Some((days, place - at))
    }

    fn weekdays(&self, at: usize, inside: bool) -> Option<(Vec<Atom>, usize)> {
        let word = self.norm(at);
        if ["weekdays", "workdays"].contains(&word)
            || (["business", "working", "work"].contains(&word)
                && self.norm(at + 1) == "days"
                && at > 0
                && ["on", "every"].contains(&self.norm(at - 1)))
        {
            return Some((vec![Atom::Days(vec![1, 2, 3, 4, 5])], if word.ends_with("days") { 1 } else { 2 }));
        }
        if word == "weekends" {
            return Some((vec![Atom::Days(vec![0, 6])], 1));
        }
        if word.contains('-') {
            let (first, last) = word.split_once('-')?;
            let (first, last) = (*self.lexicon.calendar.weekdays.get(first)?, *self.lexicon.calendar.weekdays.get(last)?);
            let mut days = vec![first];
            let mut next = first;
            while next != last && days.len() < 7 {
                next = (next + 1) % 7;
                days.push(next);
            }
            return Some((vec![Atom::Days(days)], 1));
        }
        let (days, length) = self.day_list(at)?;
        let plural = (at..at + length)
            .any(|place| self.norm(place).ends_with("days") && self.lexicon.calendar.weekdays.contains_key(self.norm(place)));
        let (mut length, mut part) = (length, None);
        if let Some(hour) = self.lexicon.calendar.day_parts.get(self.norm(at + length)) {
            part = Some(Atom::Part(*hour));
            length += 1;
        }
        let before = if at == 0 { "" } else { self.norm(at - 1) };
        let mut atoms =
            if plural || days.len() > 1 || (inside && before != "next") { vec![Atom::Days(days)] } else { vec![Atom::Day(days[0])] };
        if !plural && ["from", "since", "before", "after", "by", "until", "this", "last", "for"].contains(&before) {
            return None;
        }
        atoms.extend(part);
        Some((atoms, length))
    }

    fn hours(&self, at: usize, inside: bool) -> Option<(Vec<Atom>, usize)> {
        if ["between", "from"].contains(&self.norm(at)) && inside {
            let (start, first) = self.time_of_day(at + 1)?;
            let middle = at + 1 + first;
            if !["and", "to", "until", "till", "through"].contains(&self.norm(middle)) && !self.tokens.get(middle)?.is_punct('-') {
                return None;
            }
            let (end, second) = self.time_of_day(middle + 1)?;
            let mut last = end.0;
            if last <= start.0 && last <= 12 {
                last += 12;
            }
            return Some((vec![Atom::Hours(start.0, last)], 2 + first + second));
        }
        if ["during", "in", "within"].contains(&self.norm(at))
            && inside
            && ["business", "working", "office", "work"].contains(&self.norm(at + 1))
            && self.norm(at + 2) == "hours"
        {
            return Some((vec![Atom::Hours(9, 17)], 3));
        }
        None
    }

    /// A time of day without the word "at".
    fn time_of_day(&self, at: usize) -> Option<((u8, u8), usize)> {
        if let Some(Entity::Clock(hour, minute)) = self.tokens.get(at).and_then(Token::entity) {
            return Some(((*hour, *minute), 1));
        }
        let word = self.norm(at);
        if ["noon", "midday", "midnight", "lunchtime"].contains(&word) {
            return Some(((self.lexicon.calendar.day_parts[word], 0), 1));
        }
        if (word == "half" || word == "quarter") && ["past", "to"].contains(&self.norm(at + 1)) {
            let (hour, length) = self.number(at + 2).filter(|(hour, _)| *hour <= 12)?;
            let hour = u8::try_from(hour).ok()?;
            let to = self.norm(at + 1) == "to";
            let minute = if word == "half" {
                30
            } else if to {
                45
            } else {
                15
            };
            let hour = if to { (hour + 23) % 24 } else { hour };
            return Some((self.half_of_day((hour, minute), at + 2 + length), 2 + length + self.half_length(at + 2 + length)));
        }
        let (hour, length) = self.number(at).filter(|(hour, _)| *hour <= 24)?;
        if self.tokens[at].norm.contains(['$', '%', '€']) {
            return None;
        }
        let end = at + length;
        // "at 5 dollars" and "between 10 and 20 items" speak of the data.
        let skip = usize::from(["o'clock", "oclock"].contains(&self.norm(end)));
        let time = self.half_of_day((u8::try_from(hour % 24).ok()?, 0), end + skip);
        Some((time, length + skip + self.half_length(end + skip)))
    }

    fn half_of_day(&self, time: (u8, u8), at: usize) -> (u8, u8) {
        let afternoon = ["pm", "p.m"].contains(&self.norm(at))
            || (self.norm(at) == "in" && self.norm(at + 1) == "the" && ["evening", "afternoon"].contains(&self.norm(at + 2)))
            || (self.norm(at) == "at" && self.norm(at + 1) == "night");
        if afternoon && time.0 < 12 { (time.0 + 12, time.1) } else { time }
    }

    fn half_length(&self, at: usize) -> usize {
        if ["am", "pm", "a.m", "p.m"].contains(&self.norm(at)) {
            1
        } else if self.norm(at) == "in" && self.norm(at + 1) == "the" && ["morning", "evening", "afternoon"].contains(&self.norm(at + 2)) {
            3
        } else if self.norm(at) == "at" && self.norm(at + 1) == "night" {
            2
        } else {
            0
        }
    }

    fn clock(&self, at: usize, inside: bool) -> Option<(Vec<Atom>, usize)> {
        if let Some(Entity::Clock(hour, minute)) = self.tokens[at].entity() {
            let time = self.half_of_day((*hour, *minute), at + 1);
            return Some((vec![Atom::Clock(time.0, time.1)], 1 + self.half_length(at + 1)));
        }
        let before = if at == 0 { "" } else { self.norm(at - 1) };
        let word = self.norm(at);
        if ["noon", "midnight", "midday", "lunchtime"].contains(&word) {
            let hour = self.lexicon.calendar.day_parts[word];
            return Some((vec![Atom::Clock(hour, 0)], 1));
        }
        if let Some(part) = self
            .lexicon
            .calendar
            .day_parts
            .get(word)
            .filter(|_| inside && (["the", "in", "every", "at", "each", "tomorrow"].contains(&before) || before.ends_with("day")))
        {
            return Some((vec![Atom::Part(*part)], 1));
        }
        let listed = inside && ["and", "or"].contains(&before) || (inside && at > 0 && self.tokens[at - 1].is_punct(','));
        if before != "at" && !(before == "around" || listed) {
            return None;
        }
        let (time, length) = self.time_of_day(at)?;
        let next = self.tokens.get(at + length);
        let plain_noun = next.is_some_and(|next| {
            next.is_word()
                && self.half_length(at + length) == 0
                && self.lexicon.verbs.at(self.tokens, at + length).is_none()
                && !self.lexicon.is_stop(&next.norm)
                && !self.lexicon.calendar.zones.contains_key(&next.norm)
                && !self.lexicon.calendar.weekdays.contains_key(&next.norm)
                && !self.lexicon.calendar.adverbs.contains_key(&next.norm)
                && !["tomorrow", "today", "daily", "sharp", "new", "weekdays", "weekends", "los", "san", "hong", "tonight"]
                    .contains(&next.norm.as_str())
        });
        // In a list ("at 9 and 17") only numbers that are no amounts of something.
        (!plain_noun).then_some((vec![Atom::Clock(time.0, time.1)], length))
    }

    fn moment(&self, at: usize) -> Option<(Vec<Atom>, usize)> {
        let before = if at == 0 { "" } else { self.norm(at - 1) };
        match self.norm(at) {
            "today" if before != "due" => return Some((vec![Atom::In(0)], 1)),
            "tonight" => return Some((vec![Atom::In(0), Atom::Part(21)], 1)),
            "tomorrow" => return Some((vec![Atom::In(1)], 1)),
            "next" | "this" if self.lexicon.calendar.weekdays.contains_key(self.norm(at + 1)) => {
                return Some((vec![Atom::Day(self.lexicon.calendar.weekdays[self.norm(at + 1)])], 2));
            }
            _ => {}
        }
        if let Some(Entity::Date(date)) = self.tokens[at].entity() {
            return Some((vec![Atom::On(*date)], 1)).filter(|_| before == "on");
        }
        if before == "in" {
            if let Some(Entity::Span(millis)) = self.tokens[at].entity() {
                return Some((vec![Atom::Delay(*millis)], 1));
            }
            let (count, length) = match self.norm(at) {
                "an" | "a" => (1, 1),
                "half" if ["an", "a"].contains(&self.norm(at + 1)) && self.norm(at + 2) == "hour" => {
                    return Some((vec![Atom::Delay(1_800_000)], 3));
                }
                _ => self.number(at)?,
            };
            let millis = match self.unit(at + length)? {
                Unit::Second => 1000,
                Unit::Minute => 60_000,
                Unit::Hour => 3_600_000,
                Unit::Day => 86_400_000,
                Unit::Week => 604_800_000,
                _ => return None,
            };
            return Some((vec![Atom::Delay(u64::from(count) * millis)], length + 1));
        }
        if let Some(month) = self.lexicon.calendar.months.get(self.norm(at)) {
            let day = match self.number(at + 1) {
                Some((day, 1)) => u8::try_from(day).ok(),
                _ => self.ordinal(at + 1),
            }?;
            return (before == "on" || before == "every" || (before == "the"))
                .then_some((vec![Atom::Month(*month), Atom::MonthDays(vec![day])], 2));
        }
        None
    }

    fn zone(&self, at: usize, inside: bool) -> Option<(Vec<Atom>, usize)> {
        if let Some(Entity::Folder(name)) = self.tokens[at].entity()
            && name.starts_with(|c: char| c.is_ascii_uppercase())
            && jiff::tz::TimeZone::get(name).is_ok()
        {
            return Some((vec![Atom::Zone(name.clone())], 1));
        }
        let two = format!("{} {}", self.norm(at), self.norm(at + 1));
        let three = format!("{two} {}", self.norm(at + 2));
        let (zone, length) = [(three, 3), (two, 2), (self.norm(at).to_owned(), 1)]
            .into_iter()
            .find_map(|(name, length)| Some((self.lexicon.calendar.zones.get(&name)?, length)))?;
        let time = self.norm(at + length) == "time" || self.norm(at + length) == "timezone";
        let short = self.tokens[at].text.chars().all(|c| c.is_ascii_uppercase()) && self.tokens[at].text.len() >= 2;
        (time || (inside && (short || self.tokens[at].text.starts_with(char::is_uppercase))))
            .then(|| (vec![Atom::Zone(zone.clone())], length + usize::from(time)))
    }
}

fn span_atom(millis: u64) -> Atom {
    let count = |unit: u64| u32::try_from(millis / unit).unwrap_or(1);
    match millis {
        m if m % 86_400_000 == 0 => Atom::Every(count(86_400_000), Unit::Day),
        m if m % 3_600_000 == 0 => Atom::Every(count(3_600_000), Unit::Hour),
        m if m % 60_000 == 0 => Atom::Every(count(60_000), Unit::Minute),
        _ => Atom::Every(count(1000), Unit::Second),
    }
}
