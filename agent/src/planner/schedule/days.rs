//! Days of the week, the month and the year: `monday to friday`, `the last day of the month`, `january 5`.

use super::atoms::{Atom, Reader, Unit};

impl Reader<'_> {
    /// "first monday of", "last friday of the month", "2nd tuesday".
    pub(super) fn nth(&self, at: usize) -> Option<(Vec<Atom>, usize)> {
        let nth = if self.norm(at) == "last" { 0 } else { self.ordinal(at).filter(|n| *n <= 5)? };
        // "the 2nd and 4th tuesday of the month"
        if ["and", "or"].contains(&self.norm(at + 1)) || self.tokens.get(at + 1).is_some_and(|token| token.is_punct(',')) {
            let the = usize::from(self.norm(at + 2) == "the");
            let (mut atoms, length) = self.nth(at + 2 + the)?;
            let day = atoms.iter().find_map(|atom| if let Atom::Nth(_, day) = atom { Some(*day) } else { None })?;
            atoms.insert(0, Atom::Nth(nth, day));
            return Some((atoms, length + 2 + the));
        }
        let word = self.norm(at + 1);
        if let Some(day) = self.lexicon.calendar.weekdays.get(word) {
            let of = self.of_month(at + 2)?;
            return Some((vec![Atom::Nth(nth, *day)], 2 + of));
        }
        let weekday = ["weekday", "workday"].contains(&word) || (["business", "working"].contains(&word) && self.norm(at + 2) == "day");
        if weekday {
            let length = if word.ends_with("day") { 2 } else { 3 };
            let of = self.of_month(at + length)?;
            if nth < 2 {
                return Some((vec![Atom::WorkingDay(nth)], length + of));
            }
            return Some((vec![Atom::Other(format!("the {} working day of the month", self.tokens[at].text))], length + of));
        }
        if word == "day" {
            if let Some((unit, of)) = self.of_longer(at + 2) {
                return Some((vec![Atom::Every(1, unit), Atom::MonthDays(vec![nth])], 2 + of));
            }
            let of = self.of_month(at + 2).or_else(|| self.monthly_before(at).then_some(0))?;
            return Some((vec![Atom::MonthDays(vec![nth])], 2 + of));
        }
        None
    }

    pub(super) fn ordinal(&self, at: usize) -> Option<u8> {
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
    pub(super) fn of_month(&self, at: usize) -> Option<usize> {
        let of = usize::from(["of", "in"].contains(&self.norm(at)));
        let which = usize::from(["the", "each", "every", "a", "any"].contains(&self.norm(at + of)));
        (of + which > 0 && ["month", "months"].contains(&self.norm(at + of + which))).then_some(of + which + 1)
    }

    pub(super) fn month_days(&self, at: usize) -> Option<(Vec<Atom>, usize)> {
        if let Some(found) = self.nth(at) {
            return Some(found);
        }
        if ["end", "close", "start", "beginning"].contains(&self.norm(at))
            && let Some((unit, of)) = self.of_longer(at + 1)
        {
            let day = u8::from(["start", "beginning"].contains(&self.norm(at)));
            return Some((vec![Atom::Every(1, unit), Atom::MonthDays(vec![day])], 1 + of));
        }
        if ["end", "close"].contains(&self.norm(at))
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
        let monthly = self.monthly_before(at);
        let digits = self.norm(at).starts_with(|c: char| c.is_ascii_digit());
        let on_the = at >= 2 && self.norm(at - 1) == "the" && self.norm(at - 2) == "on" && digits;
        ((monthly && digits) || on_the).then_some((vec![Atom::MonthDays(days)], place - at))
    }

    /// A list of weekdays joined by commas, "and", "or", or a range; its length.
    pub(super) fn day_list(&self, at: usize) -> Option<(Vec<u8>, usize)> {
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

    pub(super) fn weekdays(&self, at: usize, inside: bool) -> Option<(Vec<Atom>, usize)> {
        let word = self.norm(at);
        if ["weekdays", "workdays"].contains(&word)
            || (["business", "working", "work"].contains(&word)
                && self.norm(at + 1) == "days"
                && at > 0
                && ["on", "every"].contains(&self.norm(at - 1)))
        {
            return Some((vec![Atom::Days(vec![1, 2, 3, 4, 5])], if word.ends_with("days") { 1 } else { 2 }));
        }
        if ["weekday", "workday", "weekend"].contains(&word)
            && let Some(hour) = self.lexicon.calendar.day_parts.get(self.norm(at + 1)).filter(|_| self.norm(at + 1).ends_with('s'))
        {
            let days = if word == "weekend" { vec![0, 6] } else { vec![1, 2, 3, 4, 5] };
            return Some((vec![Atom::Days(days), Atom::Part(*hour)], 2));
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
        let (mut length, mut part, mut atoms_plural) = (length, None, false);
        if let Some(hour) = self.lexicon.calendar.day_parts.get(self.norm(at + length)) {
            part = Some(Atom::Part(*hour));
            atoms_plural = self.norm(at + length).ends_with('s');
            length += 1;
        }
        let before = if at == 0 { "" } else { self.norm(at - 1) };
        // "monday to friday at 9" and "at 9 from monday to friday" say when; "orders from monday to friday" do not.
        let ranged = days.len() > 1 && (inside || at < 2 || self.clock(at + length, true).is_some() || self.norm(at + length) == "at");
        let mut atoms = if plural || atoms_plural || days.len() > 1 || (inside && before != "next") {
            vec![Atom::Days(days)]
        } else {
            vec![Atom::Day(days[0])]
        };
        if !(plural || ranged && before == "from")
            && ["from", "since", "before", "after", "by", "until", "this", "last", "for", "to"].contains(&before)
        {
            return None;
        }
        atoms.extend(part);
        Some((atoms, length))
    }

    /// Whether a rhythm of months stands close before.
    fn monthly_before(&self, at: usize) -> bool {
        (0..at).rev().take(8).any(|before| ["monthly", "month", "months", "quarter", "quarterly"].contains(&self.norm(before)))
    }

    /// "of the quarter", "of each year", "of the week": the unit and the length.
    fn of_longer(&self, at: usize) -> Option<(Unit, usize)> {
        let of = usize::from(["of", "in"].contains(&self.norm(at)));
        let which = usize::from(["the", "each", "every", "a", "any"].contains(&self.norm(at + of)));
        let unit = self.unit(at + of + which).filter(|unit| matches!(unit, Unit::Quarter | Unit::Year))?;
        (of + which > 0).then_some((unit, of + which + 1))
    }

    /// "december 24", "dec 24th", "24 december", "the 24th of december".
    pub(super) fn year_day_at(&self, at: usize) -> Option<(Vec<Atom>, usize)> {
        let month = |at: usize| self.lexicon.calendar.months.get(self.norm(at)).copied().filter(|_| self.norm(at) != "second");
        let day = |at: usize| match self.number(at) {
            Some((day, 1)) => u8::try_from(day).ok().filter(|day| (1..=31).contains(day)),
            _ => self.ordinal(at),
        };
        if let Some(found) = month(at) {
            let the = usize::from(self.norm(at + 1) == "the");
            return Some((vec![Atom::YearDay(found, day(at + 1 + the)?)], 2 + the));
        }
        let first = day(at)?;
        let of = usize::from(self.norm(at + 1) == "of");
        let (mut found, mut place) = (vec![Atom::YearDay(month(at + 1 + of)?, first)], at + 2 + of);
        // "the first of january, april, july and october"
        while (["and", "or"].contains(&self.norm(place)) || self.tokens.get(place).is_some_and(|token| token.is_punct(',')))
            && let Some(next) = month(place + 1)
            && day(place + 2).is_none()
        {
            found.push(Atom::YearDay(next, first));
            place += 2;
        }
        Some((found, place - at))
    }

    /// A day of the year where the words before say that something happens on it.
    pub(super) fn year_day(&self, at: usize, inside: bool) -> Option<(Vec<Atom>, usize)> {
        let before = if at == 0 { "" } else { self.norm(at - 1) };
        let led = before == "on"
            || (before == "the" && at == 1)
            || (before == "the" && at > 1 && ["on", "and"].contains(&self.norm(at - 2)))
            || (inside && (["and", "or", "the"].contains(&before) || at > 0 && self.tokens[at - 1].is_punct(',')))
            || (inside && self.lexicon.calendar.weekdays.contains_key(before));
        if led { self.year_day_at(at) } else { None }
    }

    /// "except on sundays", "but not on weekends".
    pub(super) fn except(&self, at: usize, inside: bool) -> Option<(Vec<Atom>, usize)> {
        if !inside || !["except", "but", "excluding", "besides", "not", "without"].contains(&self.norm(at)) {
            return None;
        }
        let mut place = at + 1;
        while ["for", "on", "not", "the", "never"].contains(&self.norm(place)) {
            place += 1;
        }
        let days = match self.norm(place) {
            "weekends" | "weekend" => vec![0, 6],
            "weekdays" | "weekday" | "workdays" => vec![1, 2, 3, 4, 5],
            _ => {
                let (days, length) = self.day_list(place)?;
                return Some((vec![Atom::Except(days)], place + length - at));
            }
        };
        Some((vec![Atom::Except(days)], place + 1 - at))
    }
}
