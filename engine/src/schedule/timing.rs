//! A schedule that has been read: when it fires.

use super::clock::CronClock;
use super::{CronProblem, moment, validate_cron};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use sayflow_protocol::workflow::Trigger;

/// Why a schedule has no times.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimingProblem {
    /// It is another kind of trigger, or says no time.
    #[error("the schedule says no time; give it one of cron, every and at")]
    NoTime,
    /// The zone data does not have the zone, or no longer.
    #[error("the time zone \"{0}\" is not known (any more); use an IANA name such as Europe/Berlin, and activate the workflow again")]
    UnknownZone(String),
    /// The cron pattern cannot be read.
    #[error(transparent)]
    Cron(#[from] CronProblem),
    /// The distance is not positive, or beyond all time.
    #[error("`every` is {0}, which is no distance between runs")]
    Every(String),
    /// The moment cannot be read.
    #[error("\"{0}\" is no date and time")]
    At(String),
}

/// When a schedule fires. All of its methods are pure, and need the same memory however much time they look at.
#[derive(Debug, Clone)]
pub struct Timing(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Cron(Box<CronClock>),
    Every(SignedDuration),
    At(Timestamp),
}

impl Timing {
    /// Reads a schedule, in the zone with an IANA name.
    ///
    /// # Errors
    /// When it is no schedule, or the zone or one of its texts cannot be read.
    pub fn read(trigger: &Trigger, zone: &str) -> Result<Self, TimingProblem> {
        let Trigger::Schedule { cron, every, at, .. } = trigger else { return Err(TimingProblem::NoTime) };
        let in_zone = || TimeZone::get(zone).map_err(|_| TimingProblem::UnknownZone(zone.to_owned()));
        let kind = match (cron, every, at) {
            (Some(text), ..) => match CronClock::new(text, in_zone()?) {
                Some(clock) => Kind::Cron(Box::new(clock)),
                None => return Err(validate_cron(text).err().unwrap_or(CronProblem::Never).into()),
            },
            (None, Some(every), _) => {
                let length = SignedDuration::try_from(every.duration()).ok().filter(|length| length.is_positive());
                Kind::Every(length.ok_or_else(|| TimingProblem::Every(every.to_string()))?)
            }
            (None, None, Some(text)) => Kind::At(moment(text, &in_zone()?).ok_or_else(|| TimingProblem::At(text.clone()))?),
            (None, None, None) => return Err(TimingProblem::NoTime),
        };
        Ok(Self(kind))
    }

    /// The first time after `after`. An `every` counts from `anchor`: any earlier time at which it fired, or the moment
    /// at which it was activated.
    pub fn next(&self, anchor: Timestamp, after: Timestamp) -> Option<Timestamp> {
        match &self.0 {
            Kind::Cron(clock) => clock.next(after),
            Kind::Every(length) => step(anchor, *length, steps(anchor, *length, after).checked_add(1)?.max(1)),
            Kind::At(at) => Some(*at).filter(|at| *at > after),
        }
    }

    /// The last time at or before `upto`. An `every` never fired at its anchor or before.
    pub fn last(&self, anchor: Timestamp, upto: Timestamp) -> Option<Timestamp> {
        match &self.0 {
            Kind::Cron(clock) => clock.last(upto),
            Kind::Every(length) => step(anchor, *length, Some(steps(anchor, *length, upto)).filter(|steps| *steps >= 1)?),
            Kind::At(at) => Some(*at).filter(|at| *at <= upto),
        }
    }
}

/// Whole steps from the anchor to a moment.
fn steps(anchor: Timestamp, length: SignedDuration, to: Timestamp) -> i128 {
    to.duration_since(anchor).as_nanos().div_euclid(length.as_nanos())
}

fn step(anchor: Timestamp, length: SignedDuration, steps: i128) -> Option<Timestamp> {
    let nanos = length.as_nanos().checked_mul(steps)?;
    Timestamp::from_nanosecond(anchor.as_nanosecond().checked_add(nanos)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn timing(value: serde_json::Value, zone: &str) -> Result<Timing, TimingProblem> {
        Timing::read(&serde_json::from_value(value).unwrap(), zone)
    }

    #[test]
    fn a_distance_keeps_to_its_anchor_however_late_it_is_asked() {
        let every = timing(json!({ "type": "schedule", "every": "90m" }), "UTC").unwrap();
        let anchor = at("2026-01-01T00:00:00Z");
        assert_eq!(every.next(anchor, anchor), Some(at("2026-01-01T01:30:00Z")));
        assert_eq!(every.next(anchor, at("2026-01-01T01:30:00.000001Z")), Some(at("2026-01-01T03:00:00Z")));
        assert_eq!(every.next(anchor, at("2026-03-01T00:47:11Z")), Some(at("2026-03-01T01:30:00Z")));
        assert_eq!(every.last(anchor, at("2026-03-01T01:30:00Z")), Some(at("2026-03-01T01:30:00Z")));
        assert_eq!(every.last(anchor, at("2026-01-01T01:29:59Z")), None);
        assert_eq!(every.next(anchor, at("2025-12-01T00:00:00Z")), Some(at("2026-01-01T01:30:00Z")));
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let cron = json!({ "type": "schedule", "cron": "0 9 * * *" });
        assert_eq!(timing(cron, "Europe/Atlantis").unwrap_err(), TimingProblem::UnknownZone("Europe/Atlantis".into()));
        assert_eq!(timing(json!({ "type": "schedule" }), "UTC").unwrap_err(), TimingProblem::NoTime);
        assert_eq!(timing(json!({ "type": "manual" }), "UTC").unwrap_err(), TimingProblem::NoTime);
        assert_eq!(timing(json!({ "type": "schedule", "cron": "0 9" }), "UTC").unwrap_err(), CronProblem::Fields { found: 2 }.into());
        assert_eq!(timing(json!({ "type": "schedule", "at": "soon" }), "UTC").unwrap_err(), TimingProblem::At("soon".into()));
        assert_eq!(timing(json!({ "type": "schedule", "every": "0s" }), "UTC").unwrap_err(), TimingProblem::Every("0s".into()));
    }
}
