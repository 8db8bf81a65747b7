//! When a cron pattern fires on the clock of a zone.
//!
//! A pattern whose minute or hour begins with `*` is a *rhythm*: it fires at every moment at which the clock shows a
//! matching minute, so that every quarter of an hour stays every quarter of an hour when the clock is set. Any other
//! pattern is a list of *times of day*: each fires once, at the first moment after the gap when the clock skips it, and
//! the first time when the clock shows it twice. Only the calendar is searched by the cron library; what the clock of a
//! zone does is decided here.

use super::cron;
use croner::Cron;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// A pattern on the clock of a zone.
#[derive(Debug, Clone)]
pub(super) struct CronClock {
    cron: Cron,
    rhythm: bool,
    zone: TimeZone,
}

impl CronClock {
    /// `None` for a text that is no pattern.
    pub(super) fn new(text: &str, zone: TimeZone) -> Option<Self> {
        let rhythm = text.split_whitespace().take(2).any(|field| field.starts_with(['*', '?']));
        Some(Self { cron: cron::parse(text)?, rhythm, zone })
    }

    /// The first moment after `after`.
    pub(super) fn next(&self, after: Timestamp) -> Option<Timestamp> {
        if self.rhythm { self.next_in_rhythm(after) } else { self.next_time_of_day(after) }
    }

    /// The last moment at or before `upto`.
    pub(super) fn last(&self, upto: Timestamp) -> Option<Timestamp> {
        if self.rhythm { self.last_in_rhythm(upto) } else { self.last_time_of_day(upto) }
    }

    /// Between two settings of the clock its offset is fixed: searched one such stretch after the other.
    fn next_in_rhythm(&self, after: Timestamp) -> Option<Timestamp> {
        let mut from = after;
        let mut inclusive = false;
        loop {
            let offset = self.zone.to_offset(from);
            let found = self.cron.find_next_occurrence(&whole_second(offset.to_datetime(from)), inclusive).ok()?;
            let at = offset.to_timestamp(found).ok()?;
            match self.zone.following(from).next() {
                Some(set) if at >= set.timestamp() => {
                    from = set.timestamp();
                    inclusive = true;
                }
                _ => return Some(at),
            }
        }
    }

    fn last_in_rhythm(&self, upto: Timestamp) -> Option<Timestamp> {
        let mut to = upto;
        loop {
            let offset = self.zone.to_offset(to);
            let found = self.cron.find_previous_occurrence(&whole_second(offset.to_datetime(to)), true).ok()?;
            let at = offset.to_timestamp(found).ok()?;
            match self.zone.preceding(just_after(to)?).next() {
                Some(set) if at < set.timestamp() => to = just_before(set.timestamp())?,
                _ => return Some(at),
            }
        }
    }

    /// Times on the clock, in order, fire in order; several that the clock skips fire as one.
    fn next_time_of_day(&self, after: Timestamp) -> Option<Timestamp> {
        let mut shown = whole_second(self.zone.to_datetime(after));
        loop {
            shown = self.cron.find_next_occurrence(&shown, false).ok()?;
            let at = self.moment(shown)?;
            if at > after {
                return Some(at);
            }
        }
    }

    fn last_time_of_day(&self, upto: Timestamp) -> Option<Timestamp> {
        let now = whole_second(self.zone.to_datetime(upto));
        // While the clock shows times for the second time, later ones than it shows have already fired.
        let (mut shown, mut inclusive) = match self.zone.to_ambiguous_timestamp(now).offset() {
            AmbiguousOffset::Fold { before, after } if self.zone.to_offset(upto) == after => {
                let back = i64::from(before.seconds()) - i64::from(after.seconds());
                (now.checked_add(SignedDuration::from_secs(back)).ok()?, true)
            }
            _ => (now, true),
        };
        loop {
            shown = self.cron.find_previous_occurrence(&shown, inclusive).ok()?;
            inclusive = false;
            let at = self.moment(shown)?;
            if at <= upto {
                return Some(at);
            }
        }
    }

    /// When the clock shows a time for the first time, or has just skipped it.
    fn moment(&self, shown: DateTime) -> Option<Timestamp> {
        match self.zone.to_ambiguous_timestamp(shown).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(shown).ok(),
            AmbiguousOffset::Fold { before, .. } => before.to_timestamp(shown).ok(),
            // Read with the offset before, a skipped time lies behind the moment at which the clock was set.
            AmbiguousOffset::Gap { before, .. } => {
                let behind = before.to_timestamp(shown).ok()?;
                self.zone.preceding(just_after(behind)?).next().map(|set| set.timestamp())
            }
        }
    }
}

fn whole_second(time: DateTime) -> DateTime {
    time.with().subsec_nanosecond(0).build().unwrap_or(time)
}

pub(super) fn just_after(at: Timestamp) -> Option<Timestamp> {
    at.checked_add(SignedDuration::from_nanos(1)).ok()
}

pub(super) fn just_before(at: Timestamp) -> Option<Timestamp> {
    at.checked_sub(SignedDuration::from_nanos(1)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fires(pattern: &str, zone: &str, from: &str, n: usize) -> Vec<String> {
        let clock = CronClock::new(pattern, TimeZone::get(zone).unwrap()).unwrap();
        let mut at: Timestamp = from.parse().unwrap();
        (0..n)
            .map(|_| {
                at = clock.next(at).unwrap();
                at.to_string()
            })
            .collect()
    }

    #[test]
    fn several_times_that_the_clock_skips_fire_as_one() {
        let night = fires("0,30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", 3);
        assert_eq!(night, ["2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z", "2026-03-30T00:30:00Z"]);
        let hours = fires("30 1,2,3 * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", 3);
        assert_eq!(hours, ["2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"]);
    }

    #[test]
    fn several_times_that_the_clock_shows_twice_fire_once_each() {
        let night = fires("0,30 2,3 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 4);
        assert_eq!(night, ["2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z", "2026-10-25T02:00:00Z", "2026-10-25T02:30:00Z"]);
    }

    #[test]
    fn a_rhythm_goes_on_when_the_clock_is_set() {
        let spring = fires("*/30 * * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", 4);
        assert_eq!(spring, ["2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z", "2026-03-29T02:00:00Z"]);
        let autumn = fires("0 * * * *", "Europe/Berlin", "2026-10-24T23:30:00Z", 4);
        assert_eq!(autumn, ["2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z", "2026-10-25T03:00:00Z"]);
    }

    #[test]
    fn a_day_that_a_zone_left_out_fires_when_the_next_begins() {
        let samoa = fires("0 9 30 12 *", "Pacific/Apia", "2011-12-01T00:00:00Z", 1);
        assert_eq!(samoa, ["2011-12-30T10:00:00Z"]);
    }

    #[test]
    fn looking_back_finds_what_looking_forward_found() {
        for pattern in ["0,30 2 * * *", "*/20 * * * *", "15 1-3 * * *", "0 0 29 2 *"] {
            let clock = CronClock::new(pattern, TimeZone::get("America/New_York").unwrap()).unwrap();
            let mut at: Timestamp = "2026-03-07T00:00:00Z".parse().unwrap();
            for _ in 0..300 {
                let next = clock.next(at).unwrap();
                assert_eq!(clock.last(next), Some(next), "{pattern}");
                assert_eq!(clock.next(just_before(next).unwrap()), Some(next), "{pattern}");
                at = next;
            }
        }
    }
}
