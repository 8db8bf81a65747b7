//! `flow.wait`: lets time pass. A waiting run lives in the store and costs nothing.

use async_trait::async_trait;
use jiff::civil::{DateTime, Time};
use jiff::{SignedDuration, Timestamp, ToSpan, Zoned};
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError, role};
use sayflow_protocol::{Effect, Interval};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The action.
pub struct Wait;

/// What `flow.wait` takes: one of the two.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["for"]}, {"required": ["until"]}]))]
pub struct Params {
    /// How long: 30s, 5m, 2h, 1d.
    #[serde(default, rename = "for")]
    #[schemars(with = "Interval", extend("x-role" = role::DURATION))]
    pub length: Option<Interval>,
    /// Until when: a moment (2026-05-01T09:00:00Z), a date and time or a date in the workflow's zone, or a time of day
    /// (18:00: the next one).
    #[serde(default)]
    #[schemars(with = "String", extend("x-role" = role::TIME))]
    pub until: Option<String>,
}

/// What `flow.wait` hands back.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Waited {
    /// Until when it waited.
    pub until: Timestamp,
}

#[async_trait]
impl Action for Wait {
    type Params = Params;
    type Output = Waited;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("flow.wait", "Wait", "Waits for a length of time or until a moment.", Effect::None)
            .utterances(&[
                "wait 10 minutes",
                "pause for two hours",
                "then wait until 6pm",
                "sleep 30 seconds before the next step",
                "hold off until tomorrow morning",
                "delay for a day",
                "after an hour, go on",
            ])
            .keywords(&["wait", "pause", "sleep", "delay", "hold", "later"])
            .example(json!({ "until": "2026-01-01T00:00:00Z" }))
    }

    async fn run(&self, params: Params, cx: &ActionContext<'_>) -> Result<Outcome<Waited>, StepError> {
        let until = match (params.length, params.until) {
            (Some(length), None) => add(&cx.now, &length)?,
            (None, Some(until)) => moment(&until, &cx.now)?,
            _ => {
                return Err(StepError::new("invalid_parameters", "flow.wait: give either \"for\" or \"until\"")
                    .help("for: 10m waits ten minutes; until: \"18:00\" waits for the next 18:00"));
            }
        };
        Ok(Outcome::WaitUntil { until, output: Waited { until } })
    }
}

fn add(now: &Zoned, length: &Interval) -> Result<Timestamp, StepError> {
    SignedDuration::try_from(length.duration())
        .ok()
        .and_then(|length| now.timestamp().checked_add(length).ok())
        .ok_or_else(|| StepError::new("invalid_parameters", format!("flow.wait: {length} from now is beyond the calendar")))
}

/// Reads a moment; what carries no zone is meant in the zone of `now`.
fn moment(text: &str, now: &Zoned) -> Result<Timestamp, StepError> {
    let text = text.trim();
    let refuse = || {
        StepError::new("invalid_parameters", format!("flow.wait: \"{text}\" is no moment"))
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
        moment(text, &now()).unwrap().to_string()
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
        let error = moment("soon", &now()).unwrap_err();
        assert_eq!(error.code, "invalid_parameters");
        assert!(error.help.unwrap().contains("18:00"));
    }
}
