//! Times of day: `at half past nine`, `between 9 and 17`, `at the end of each day`.

use super::atoms::{Atom, Reader, Unit};
use crate::language::{Entity, Token};

impl Reader<'_> {
    pub(super) fn hours(&self, at: usize, inside: bool) -> Option<(Vec<Atom>, usize)> {
        if ["between", "from"].contains(&self.norm(at)) && (inside || self.rhythm_after_hours(at)) {
            let (start, first) = self.plain_time(at + 1)?;
            let middle = at + 1 + first;
            if !["and", "to", "until", "till", "through"].contains(&self.norm(middle)) && !self.tokens.get(middle)?.is_punct('-') {
                return None;
            }
            let (end, second) = self.plain_time(middle + 1)?;
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
    pub(super) fn time_of_day(&self, at: usize) -> Option<((u8, u8), usize)> {
        let skip = usize::from(self.norm(at) == "a" && self.norm(at + 1) == "quarter");
        self.minutes_past(at).or_else(|| self.plain_time(at + skip).map(|(time, length)| (time, length + skip)))
    }

    /// "ten to nine", "5 past 8", "twenty past seven".
    fn minutes_past(&self, at: usize) -> Option<((u8, u8), usize)> {
        let (minutes, first) = self.number(at).filter(|(minutes, _)| [5, 10, 20, 25].contains(minutes))?;
        let skip = usize::from(["minutes", "mins"].contains(&self.norm(at + first)));
        let word = self.norm(at + first + skip);
        if !["past", "after", "to", "before"].contains(&word) {
            return None;
        }
        let before = ["to", "before"].contains(&word);
        let next = at + first + skip + 1;
        let (hour, second) = self.number(next).filter(|(hour, _)| (1..=12).contains(hour))?;
        let (hour, minute) = (u8::try_from(hour).ok()?, u8::try_from(minutes).ok()?);
        let end = next + second;
        let (hour, minute) = if before { ((hour + 23) % 24, 60 - minute) } else { (hour, minute) };
        Some((self.half_of_day((hour, minute), end), end + self.half_length(end) - at))
    }

    /// Whether a rhythm follows "between 9 and 17" at the start of a sentence.
    fn rhythm_after_hours(&self, at: usize) -> bool {
        (at + 3..(at + 9).min(self.tokens.len())).any(|place| {
            ["every", "each", "hourly"].contains(&self.norm(place)) && self.rhythm(place, true).is_some()
                || ["weekdays", "workdays"].contains(&self.norm(place))
        })
    }

    /// "at the end of each day": the hour at which a day is over.
    pub(super) fn day_end(&self, at: usize) -> Option<(Vec<Atom>, usize)> {
        if self.norm(at) == "eod" {
            return Some((vec![Atom::Part(17)], 1));
        }
        if self.norm(at) == "first" && self.norm(at + 1) == "thing" {
            let morning = if self.norm(at + 2) == "in" { 3 } else { 0 };
            return Some((vec![Atom::Part(8)], 2 + morning));
        }
        if !["end", "close", "start", "beginning"].contains(&self.norm(at)) || self.norm(at + 1) != "of" {
            return None;
        }
        let which = usize::from(["the", "each", "every", "my", "our"].contains(&self.norm(at + 2)));
        let repeated = ["each", "every"].contains(&self.norm(at + 2));
        let word = self.norm(at + 2 + which);
        let working = ["business", "working", "work"].contains(&word);
        let noun = if working { self.norm(at + 3 + which) } else { word };
        let length = 3 + which + usize::from(working);
        let ends = ["end", "close"].contains(&self.norm(at));
        let weekday = working || ["workday", "weekday", "business"].contains(&word);
        if !["day", "workday", "weekday", "business"].contains(&noun) {
            return None;
        }
        let hour = match (ends, weekday) {
            (true, true) => 17,
            (true, false) => 18,
            (false, _) => 9,
        };
        let mut atoms = vec![Atom::Part(hour)];
        if repeated {
            atoms.push(if weekday { Atom::Days(vec![1, 2, 3, 4, 5]) } else { Atom::Every(1, Unit::Day) });
        }
        Some((atoms, length))
    }

    /// "five past every hour", "on the half hour", "at minute 20".
    pub(super) fn minute(&self, at: usize) -> Option<(Vec<Atom>, usize)> {
        if self.norm(at) == "half" && ["hour"].contains(&self.norm(at + 1)) && at > 0 && self.norm(at - 1) == "the" {
            return Some((vec![Atom::Minute(30)], 2));
        }
        if self.norm(at) == "hour" && at > 1 && self.norm(at - 1) == "the" && ["on", "past"].contains(&self.norm(at - 2)) {
            return Some((vec![Atom::Minute(0)], 1));
        }
        if self.norm(at) == "minute" {
            let (minute, length) = self.number(at + 1).filter(|(minute, _)| *minute < 60)?;
            return Some((vec![Atom::Minute(u8::try_from(minute).ok()?)], 1 + length));
        }
        let a = usize::from(self.norm(at) == "a");
        let (minute, length) = match self.norm(at + a) {
            "half" => (30, 1 + a),
            "quarter" => (15, 1 + a),
            _ => self.number(at).filter(|(minute, _)| *minute < 60)?,
        };
        let skip = usize::from(["minutes", "mins"].contains(&self.norm(at + length)));
        let word = at + length + skip;
        let minute = match self.norm(word) {
            "past" | "after" => minute,
            "to" | "before" => 60 - minute,
            _ => return None,
        };
        let whole = ["every", "each", "the"].contains(&self.norm(word + 1)) && self.norm(word + 2) == "hour";
        let mut atoms = vec![Atom::Minute(u8::try_from(minute % 60).ok()?)];
        if self.norm(word + 1) != "the" {
            atoms.push(Atom::Every(1, Unit::Hour));
        }
        whole.then_some((atoms, length + skip + 3))
    }

    /// An hour, with its half of the day.
    fn plain_time(&self, at: usize) -> Option<((u8, u8), usize)> {
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

    pub(super) fn half_of_day(&self, time: (u8, u8), at: usize) -> (u8, u8) {
        let afternoon = ["pm", "p.m"].contains(&self.norm(at))
            || (self.norm(at) == "in" && self.norm(at + 1) == "the" && ["evening", "afternoon"].contains(&self.norm(at + 2)))
            || (self.norm(at) == "at" && self.norm(at + 1) == "night");
        if afternoon && time.0 < 12 { (time.0 + 12, time.1) } else { time }
    }

    pub(super) fn half_length(&self, at: usize) -> usize {
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

    pub(super) fn clock(&self, at: usize, inside: bool) -> Option<(Vec<Atom>, usize)> {
        if let Some(Entity::Clock(hour, minute)) = self.tokens.get(at).and_then(crate::language::Token::entity) {
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
                && self.zone(at + length, true).is_none()
                && self.except(at + length, true).is_none()
                && !self.lexicon.calendar.weekdays.contains_key(&next.norm)
                && !self.lexicon.calendar.adverbs.contains_key(&next.norm)
                && ![
                    "tomorrow", "today", "daily", "sharp", "new", "weekdays", "weekends", "again", "first", "last", "except", "nightly",
                    "hourly", "each", "los", "san", "hong", "tonight",
                ]
                .contains(&next.norm.as_str())
        });
        // In a list ("at 9 and 17") only numbers that are no amounts of something.
        (!plain_noun).then_some((vec![Atom::Clock(time.0, time.1)], length))
    }
}
