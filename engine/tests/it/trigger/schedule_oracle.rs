//! Schedules against a clock-watcher: somebody who looks at the clock on the wall every minute of real time, with the
//! pattern in hand. It shares nothing with the search but the zone data.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;
use sayflow_engine::schedule::{Decision, GRACE, Going, Misfire, Policy, Timing, decide};
use sayflow_protocol::workflow::{Overlap, Trigger};
use std::collections::BTreeSet;

/// Zones that set their clocks in every way there is: by an hour, half an hour or two, at midnight, twice a year more
/// than others, by a day, or never.
const ZONES: [&str; 15] = [
    "UTC",
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/Sao_Paulo",
    "America/Havana",
    "America/St_Johns",
    "Atlantic/Azores",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Antarctica/Troll",
    "Asia/Kolkata",
    "Asia/Gaza",
    "Australia/Lord_Howe",
    "Pacific/Apia",
];

/// The end of 2037.
const LAST: Timestamp = Timestamp::constant(2_145_916_800, 0);

/// One field of a pattern, as text and as what it stands for.
#[derive(Debug, Clone)]
struct Field {
    text: String,
    values: BTreeSet<i8>,
}

impl Field {
    fn any(low: i8, high: i8) -> Self {
        Self { text: "*".into(), values: (low..=high).collect() }
    }

    fn is_any(&self) -> bool {
        self.text == "*"
    }
}

fn field(low: i8, high: i8) -> impl Strategy<Value = Field> {
    let every = (1..=12i8)
        .prop_map(move |step| Field { text: format!("*/{step}"), values: (low..=high).step_by(usize::try_from(step).unwrap()).collect() });
    let list = proptest::collection::btree_set(low..=high, 1..4)
        .prop_map(|values| Field { text: values.iter().map(ToString::to_string).collect::<Vec<_>>().join(","), values });
    let range = (low..=high, low..=high).prop_map(|(one, other)| {
        let (from, to) = (one.min(other), one.max(other));
        Field { text: format!("{from}-{to}"), values: (from..=to).collect() }
    });
    prop_oneof![Just(Field::any(low, high)), every, list, range]
}

/// A pattern, its hours mostly those in which clocks are set.
#[derive(Debug, Clone)]
struct Pattern {
    minute: Field,
    hour: Field,
    day: Field,
    month: Field,
    weekday: Field,
}

impl Pattern {
    fn text(&self) -> String {
        [&self.minute, &self.hour, &self.day, &self.month, &self.weekday].map(|field| field.text.as_str()).join(" ")
    }

    /// Whether the clock on the wall shows a time of the pattern.
    fn matches(&self, shown: DateTime) -> bool {
        let day = self.day.values.contains(&shown.day());
        let weekday = self.weekday.values.contains(&shown.weekday().to_sunday_zero_offset());
        let date = match (self.day.is_any(), self.weekday.is_any()) {
            (false, false) => day || weekday,
            _ => day && weekday,
        };
        date && self.minute.values.contains(&shown.minute())
            && self.hour.values.contains(&shown.hour())
            && self.month.values.contains(&shown.month())
    }

    fn is_rhythm(&self) -> bool {
        self.minute.text.starts_with('*') || self.hour.text.starts_with('*')
    }

    fn timing(&self, zone: &str) -> Timing {
        let trigger =
            Trigger::Schedule { cron: Some(self.text()), every: None, at: None, timezone: Some(zone.into()), misfire: None, overlap: None };
        Timing::read(&trigger, zone).unwrap()
    }
}

fn pattern() -> impl Strategy<Value = Pattern> {
    let hour = prop_oneof![3 => field(0, 4), 1 => field(0, 23)];
    // A `*` of the narrow range would not be what the text says.
    let hour = hour.prop_map(|field| match field.text.as_str() {
        text if text.starts_with('*') => {
            let step = text.strip_prefix("*/").map_or(1, |step| step.parse::<usize>().unwrap());
            Field { values: (0..=23).step_by(step).collect(), text: field.text }
        }
        _ => field,
    });
    let day = prop_oneof![3 => Just(Field::any(1, 31)), 1 => field(1, 31)];
    let month = prop_oneof![4 => Just(Field::any(1, 12)), 1 => field(1, 12)];
    let weekday = prop_oneof![3 => Just(Field::any(0, 6)), 1 => field(0, 6)];
    (field(0, 59), hour, day, month, weekday).prop_map(|(minute, hour, day, month, weekday)| Pattern { minute, hour, day, month, weekday })
}

/// Every time from `start` (left out) to `end` at which the clock-watcher calls. They note the latest time that they have
/// seen on the clock: what it skips they call at once, and what it shows again they have called already.
fn watched(pattern: &Pattern, zone: &TimeZone, start: Timestamp, end: Timestamp) -> Vec<Timestamp> {
    let mut calls = Vec::new();
    // They begin a day earlier, so that they know which times have been shown before.
    let mut now = start - SignedDuration::from_hours(24);
    let mut latest = zone.to_datetime(now);
    while now < end {
        now += SignedDuration::from_mins(1);
        let shown = zone.to_datetime(now);
        let calls_now = if pattern.is_rhythm() {
            pattern.matches(shown)
        } else {
            let mut found = false;
            while latest < shown {
                latest = latest.checked_add(1.minute()).unwrap();
                found |= pattern.matches(latest);
            }
            found
        };
        if calls_now && now > start {
            calls.push(now);
        }
    }
    calls
}

/// A moment within a day and a half of a setting of the zone's clock, where it has any.
fn near_a_setting(zone: &TimeZone, year: i16, which: usize, minutes: i64) -> Timestamp {
    let january = jiff::civil::date(year, 1, 1).to_zoned(TimeZone::UTC).unwrap().timestamp();
    // The zone data ends with an entry of its own in 2038, at which no clock is set.
    let settings: Vec<Timestamp> = zone.following(january).map(|set| set.timestamp()).take_while(|set| *set < LAST).take(4).collect();
    let around = settings.get(which % settings.len().max(1)).copied().unwrap_or(january);
    around + SignedDuration::from_mins(minutes)
}

fn fired_by_search(timing: &Timing, start: Timestamp, end: Timestamp) -> Vec<Timestamp> {
    let mut at = start;
    let mut fires = Vec::new();
    while let Some(next) = timing.next(start, at).filter(|next| *next <= end) {
        assert!(next > at, "{next} is not after {at}");
        assert_eq!(timing.last(start, next), Some(next));
        fires.push(next);
        at = next;
    }
    fires
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_schedule_fires_when_somebody_who_watches_the_clock_would_call(
        pattern in pattern(), zone in 0..ZONES.len(), year in 2000i16..2037, which in 0usize..4, minutes in -2160i64..2160
    ) {
        let name = ZONES[zone];
        let zone = TimeZone::get(name).unwrap();
        let start = near_a_setting(&zone, year, which, minutes);
        let end = start + SignedDuration::from_hours(60);
        let expected = watched(&pattern, &zone, start, end);
        let found = fired_by_search(&pattern.timing(name), start, end);
        let differs = found.iter().zip(&expected).position(|(one, other)| one != other).unwrap_or(found.len().min(expected.len()));
        prop_assert_eq!(found.get(differs), expected.get(differs), "{} in {} from {}", pattern.text(), name, start);
    }

    #[test]
    fn however_the_machines_clock_jumps_no_time_fires_twice_and_none_is_lost(
        pattern in pattern(), zone in 0..ZONES.len(), year in 2000i16..2037, which in 0usize..4, minutes in -2160i64..1000,
        jumps in proptest::collection::vec(prop_oneof![3 => 0i64..7, 2 => -2000i64..2000], 1..30), policy in 0usize..3
    ) {
        let name = ZONES[zone];
        let zone = TimeZone::get(name).unwrap();
        let start = near_a_setting(&zone, year, which, minutes);
        let misfire = [Misfire::Skip, Misfire::RunOnce, Misfire::RunAll(Misfire::MOST)][policy];
        let policy = Policy { misfire, overlap: Overlap::Parallel };
        let timing = pattern.timing(name);
        // The seconds keep the looks off the minute, as a real clock does.
        let mut now = start + SignedDuration::from_secs(13);
        let mut clock = Vec::new();
        for jump in jumps {
            now += SignedDuration::from_mins(jump);
            clock.push(now);
        }
        let latest = clock.iter().copied().max().unwrap().max(start);
        // A window that `run_all` can make up for whole.
        let latest = latest.min(start + SignedDuration::from_hours(16));
        clock.retain(|now| *now <= latest);
        let all = watched(&pattern, &zone, start, latest);

        let (mut handled, mut seen) = (start, start);
        for now in clock {
            let Decision { fire, skipped, handled: dealt, next_at } = decide(&timing, handled, now, policy, Going::Nothing);
            let due: Vec<Timestamp> = all.iter().copied().filter(|at| *at > seen && *at <= now).collect();
            seen = seen.max(now);
            let expected = match (misfire, due.last()) {
                (_, None) => Vec::new(),
                (Misfire::RunAll(_), _) => due.clone(),
                (Misfire::Skip, Some(last)) if now.duration_since(*last) > GRACE => Vec::new(),
                (_, Some(last)) => vec![*last],
            };
            prop_assert_eq!(&fire, &expected, "{} in {} at {} after {}", pattern.text(), name, now, handled);
            prop_assert_eq!(skipped, due.len() - fire.len());
            prop_assert!(dealt >= handled && next_at.is_none_or(|next| next > dealt.max(now)));
            handled = dealt;
        }
    }
}
