//! Moments and durations in few characters.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// `Mon 23 Nov 2026 09:00`.
pub fn moment(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%a %e %b %Y %H:%M").to_string().replace("  ", " ")
}

/// `2026-11-23 09:00:05`, for tables and logs.
pub fn stamp(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// `2026-11-23 09:00:05.120`.
pub fn precise(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S.%3f").to_string()
}

/// `09:00:05` on the same day, `2026-11-23 09:00:05` on another.
pub fn clock(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (then, today) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
    if then.date() == today.date() { then.strftime("%H:%M:%S").to_string() } else { stamp(at, zone) }
}

/// `14 ms`, `2.3 s`, `1 m 04 s`, `2 h 05 m`.
pub fn duration(span: SignedDuration) -> String {
    let milliseconds = span.as_millis().max(0);
    let seconds = milliseconds / 1_000;
    match seconds {
        0 => format!("{milliseconds} ms"),
        1..=59 => format!("{seconds}.{} s", milliseconds % 1_000 / 100),
        60..=3_599 => format!("{} m {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} m", seconds / 3_600, seconds % 3_600 / 60),
    }
}

/// How long something took, if it has begun and ended.
pub fn took(started: Option<Timestamp>, ended: Option<Timestamp>) -> Option<SignedDuration> {
    Some(ended?.duration_since(started?))
}

/// The zone in which a workflow's schedules are read: its trigger's, else its own, else this machine's.
pub fn zone_of(workflow: &Value) -> TimeZone {
    let of_trigger = workflow["triggers"].as_array().and_then(|triggers| triggers.iter().find_map(|trigger| trigger["timezone"].as_str()));
    of_trigger.or_else(|| workflow["timezone"].as_str()).and_then(|name| TimeZone::get(name).ok()).unwrap_or_else(TimeZone::system)
}

/// The zone's name, where it has one.
pub fn zone_name(zone: &TimeZone) -> &str {
    zone.iana_name().unwrap_or("local time")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_stay_short() {
        let cases = [(14, "14 ms"), (999, "999 ms"), (2_345, "2.3 s"), (64_000, "1 m 04 s"), (7_500_000, "2 h 05 m"), (-3, "0 ms")];
        for (milliseconds, expected) in cases {
            assert_eq!(duration(SignedDuration::from_millis(milliseconds)), expected);
        }
    }

    #[test]
    fn a_time_of_today_needs_no_date() {
        let now: Timestamp = "2026-11-23T08:00:00Z".parse().unwrap();
        assert_eq!(clock("2026-11-23T23:59:59Z".parse().unwrap(), now, &TimeZone::UTC), "23:59:59");
        assert_eq!(clock("2026-11-24T00:00:00Z".parse().unwrap(), now, &TimeZone::UTC), "2026-11-24 00:00:00");
    }

    #[test]
    fn moments_are_told_in_the_workflows_zone() {
        let at: Timestamp = "2026-11-23T08:00:00Z".parse().unwrap();
        let workflow = serde_json::json!({ "triggers": [{ "type": "schedule", "timezone": "Europe/Berlin" }], "timezone": "UTC" });
        assert_eq!(moment(at, &zone_of(&workflow)), "Mon 23 Nov 2026 09:00");
        assert_eq!(zone_name(&zone_of(&workflow)), "Europe/Berlin");
    }
}
