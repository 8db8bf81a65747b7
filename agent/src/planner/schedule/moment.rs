//! Single moments and zones: `tomorrow`, `in ten minutes`, `a week from now`, `Tokyo time`.

use super::atoms::{Atom, Reader, Unit};
use crate::language::Entity;

impl Reader<'_> {
    pub(super) fn moment(&self, at: usize) -> Option<(Vec<Atom>, usize)> {
        let before = if at == 0 { "" } else { self.norm(at - 1) };
        match self.norm(at) {
            "day" if self.norm(at + 1) == "after" && self.norm(at + 2) == "tomorrow" => return Some((vec![Atom::In(2)], 3)),
            "today" if before != "due" => return Some((vec![Atom::In(0)], 1)),
            "tonight" => return Some((vec![Atom::In(0), Atom::Part(21)], 1)),
            "this" if self.lexicon.calendar.day_parts.contains_key(self.norm(at + 1)) => {
                return Some((vec![Atom::In(0), Atom::Part(self.lexicon.calendar.day_parts[self.norm(at + 1)])], 2));
            }
            "tomorrow" => return Some((vec![Atom::In(1)], 1)),
            "next" | "this" if self.lexicon.calendar.weekdays.contains_key(self.norm(at + 1)) => {
                return Some((vec![Atom::Day(self.lexicon.calendar.weekdays[self.norm(at + 1)])], 2));
            }
            _ => {}
        }
        if let Some(Entity::Date(date)) = self.tokens.get(at).and_then(crate::language::Token::entity) {
            return Some((vec![Atom::On(*date)], 1)).filter(|_| before == "on");
        }
        if before == "in" {
            if let Some(Entity::Span(millis)) = self.tokens.get(at).and_then(crate::language::Token::entity) {
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
            let half = self.norm(at + length + 1) == "and" && self.norm(at + length + 2) == "a" && self.norm(at + length + 3) == "half";
            let millis = u64::from(count) * millis + if half { millis / 2 } else { 0 };
            let end = at + length + 1 + if half { 3 } else { 0 };
            let tail = if ["time"].contains(&self.norm(end)) { 1 } else { 0 };
            return Some((vec![Atom::Delay(millis)], end + tail - at));
        }
        if let Some(found) = self.distance_from_now(at) {
            return Some(found);
        }
        None
    }

    pub(super) fn zone(&self, at: usize, inside: bool) -> Option<(Vec<Atom>, usize)> {
        if let Some(Entity::Folder(name)) = self.tokens.get(at).and_then(crate::language::Token::entity)
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

    /// "ten minutes from now", "a week from today".
    fn distance_from_now(&self, at: usize) -> Option<(Vec<Atom>, usize)> {
        let (millis, length) = match self.tokens.get(at).and_then(crate::language::Token::entity) {
            Some(Entity::Span(millis)) => (*millis, 1),
            _ => {
                let (count, length) = if ["a", "an", "one"].contains(&self.norm(at)) { (1, 1) } else { self.number(at)? };
                let unit = match self.unit(at + length)? {
                    Unit::Minute => 60_000,
                    Unit::Hour => 3_600_000,
                    Unit::Day => 86_400_000,
                    Unit::Week => 604_800_000,
                    _ => return None,
                };
                (u64::from(count) * unit, length + 1)
            }
        };
        let now = self.norm(at + length) == "from" && ["now", "today"].contains(&self.norm(at + length + 1));
        now.then_some((vec![Atom::Delay(millis)], length + 2))
    }
}
