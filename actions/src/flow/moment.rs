//! Moments as people write them in a step.

use jiff::civil::{DateTime, Time};
use jiff::{SignedDuration, Timestamp, ToSpan, Zoned};
use sayflow_engine::action::StepError;
use sayflow_protocol::Interval;

/// The moment a length of time from now.
///
/// # Errors
/// `invalid_parameters`, naming the action, when the calendar ends before.
pub(super) fn add(action: &str, now: &Zoned, length: &Interval) -> Result<Timestamp, StepError> {
    SignedDuration::try_from(length.duration())
        .ok()
        .and_then(|length| now.timestamp().checked_add(length).ok())
        .ok_or_else(|| StepError::new("invalid_parameters", format!("{action}: {length} from now is beyond the calendar")))
}

/// Reads a moment; what carries no zone is meant in the zone of `now`, and a time of day is the next one.
///
/// # Errors
/// `invalid_parameters`, naming the action and how a moment is written.
pub(super) fn moment(action: &str, text: &str, now: &Zoned) -> Result<Timestamp, StepError> {
    let text = text.trim();
    let refuse = || {
        StepError::new("invalid_parameters", format!("{action}: \"{text}\" is no moment"))
            .help("write it like 2026-05-01T09:00:00Z, 2026-05-01 09:00, 2026-05-01 or 18:00")
    };
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Ok(timestamp);
    }
    if let Ok(zoned) = text.parse::<Zoned>() {
        return Ok(zoned.timestamp());
    }
    let zone = now.time_zone();
    let in_zone = |at: DateTime| zone.to_ambiguous_zoned(at).compatible().map_err(|_| refuse());
    if let Ok(at) = text.parse::<DateTime>() {
        return in_zone(at).map(|zoned| zoned.timestamp());
    }
    let time: Time = text.parse().map_err(|_| refuse())?;
    let today = in_zone(now.date().to_datetime(time))?;
    if today > *now {
        return Ok(today.timestamp());
    }
    let tomorrow = now.date().checked_add(1.day()).map_err(|_| refuse())?;
    in_zone(tomorrow.to_datetime(time)).map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::moment;
    use jiff::Zoned;

    fn now() -> Zoned {
        "2026-05-01T12:00:00+02:00[Europe/Berlin]".parse().unwrap()
    }

    fn read(text: &str) -> String {
        moment("flow.wait", text, &now()).unwrap().to_string()
    }

    #[test]
    fn reads_moments_with_and_without_a_zone() {
        assert_eq!(read("2026-05-01T09:00:00Z"), "2026-05-01T09:00:00Z");
        assert_eq!(read("2026-05-01T09:00:00+02:00"), "2026-05-01T07:00:00Z");
        assert_eq!(read("2026-05-01T09:00"), "2026-05-01T07:00:00Z");
        assert_eq!(read("2026-12-01 09:00"), "2026-12-01T08:00:00Z");
        assert_eq!(read("2026-05-02"), "2026-05-01T22:00:00Z");
    }

    #[test]
    fn a_time_of_day_is_the_next_one() {
        assert_eq!(read("18:00"), "2026-05-01T16:00:00Z");
        assert_eq!(read("09:30"), "2026-05-02T07:30:00Z");
        assert_eq!(read("12:00"), "2026-05-02T10:00:00Z");
    }

    #[test]
    fn says_how_to_write_a_moment() {
        let error = moment("flow.wait", "soon", &now()).unwrap_err();
        assert_eq!(error.code, "invalid_parameters");
        assert!(error.help.unwrap().contains("18:00"));
    }
}
