//! `date.format`: write a date in another form or zone.

use crate::items::describe;
use async_trait::async_trait;
use jiff::civil::{Date, DateTime};
use jiff::fmt::{rfc2822, strtime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError, role};
use sayflow_protocol::Effect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// `date.format`.
pub struct DateFormat;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The date: RFC 3339 (`2026-11-20T09:30:00Z`), a date (`2026-11-20`), RFC 2822, or seconds since 1970. Now if
    /// left out.
    #[serde(default)]
    #[schemars(extend("x-role" = role::TIME))]
    date: Value,
    /// The form, in strftime's letters: `%Y` year, `%m` month, `%d` day, `%H:%M` time, `%A` weekday, `%B` month's
    /// name.
    #[serde(default = "default_format")]
    #[schemars(extend("x-role" = role::FORMAT))]
    format: String,
    /// The zone to show it in, such as `Europe/Berlin`; the workflow's if left out.
    #[serde(default)]
    #[schemars(extend("x-role" = role::TIMEZONE))]
    timezone: Option<String>,
}

fn default_format() -> String {
    "%Y-%m-%d".to_owned()
}

/// What it hands back.
#[derive(Serialize, JsonSchema)]
pub struct Output {
    /// The date in the form asked for.
    text: String,
    /// The same moment in RFC 3339 with the zone's offset.
    date: String,
    /// The same moment in seconds since 1970.
    unix: i64,
}

#[async_trait]
impl Action for DateFormat {
    type Params = Params;
    type Output = Output;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("date.format", "Format a date", "Writes a date or time in another form or time zone.", Effect::None)
            .utterances(&[
                "format the date as day.month.year",
                "today's date as YYYY-MM-DD",
                "convert the timestamp to Berlin time",
                "the weekday of the date",
                "turn the unix time into a readable date",
            ])
            .keywords(&["date", "format", "time", "timestamp", "today", "weekday", "convert", "zone", "unix"])
            .example(json!({ "text": "20.11.2026", "date": "2026-11-20T09:30:00+01:00", "unix": 1_795_163_400 }))
    }

    async fn run(&self, params: Params, cx: &ActionContext<'_>) -> Result<Outcome<Output>, StepError> {
        let zone = match &params.timezone {
            None => cx.now.time_zone().clone(),
            Some(name) => TimeZone::get(name).map_err(|_| {
                StepError::new("unknown_timezone", format!("\"{name}\" is no time zone"))
                    .help("use an IANA name such as Europe/Berlin or America/New_York")
            })?,
        };
        let moment = moment(&params.date, &zone, cx)?;
        let text = strtime::format(params.format.as_bytes(), &moment).map_err(|why| {
            StepError::new("invalid_format", format!("\"{}\" is no date format: {why}", params.format))
                .help("use strftime's letters, such as %d.%m.%Y %H:%M")
        })?;
        let date = moment.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
        Ok(Output { text, date, unix: moment.timestamp().as_second() }.into())
    }
}

fn moment(date: &Value, zone: &TimeZone, cx: &ActionContext<'_>) -> Result<Zoned, StepError> {
    let unknown = || {
        StepError::new("invalid_date", format!("the date is {}", describe(date)))
            .help("give RFC 3339 (2026-11-20T09:30:00Z), a date (2026-11-20) or seconds since 1970")
    };
    match date {
        Value::Null => Ok(cx.now.with_time_zone(zone.clone())),
        Value::Number(number) => number.as_f64().and_then(from_unix).map(|at| at.to_zoned(zone.clone())).ok_or_else(unknown),
        Value::String(text) => from_text(text.trim(), zone).ok_or_else(unknown),
        _ => Err(unknown()),
    }
}

/// Seconds since 1970; numbers too large for that are milliseconds, as JavaScript counts.
fn from_unix(number: f64) -> Option<Timestamp> {
    const LARGEST_SECOND: f64 = 100_000_000_000.0;
    let seconds = if number.abs() >= LARGEST_SECOND { number / 1000.0 } else { number };
    #[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and Timestamp refuses what is out of range")]
    Timestamp::from_millisecond((seconds * 1000.0) as i64).ok()
}

fn from_text(text: &str, zone: &TimeZone) -> Option<Zoned> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at.to_zoned(zone.clone()));
    }
    if let Ok(at) = rfc2822::parse(text) {
        return Some(at.with_time_zone(zone.clone()));
    }
    // A time without an offset is one of the zone that it is to be shown in.
    if let Ok(at) = text.parse::<DateTime>() {
        return at.to_zoned(zone.clone()).ok();
    }
    if let Ok(day) = text.parse::<Date>() {
        return day.to_zoned(zone.clone()).ok();
    }
    text.parse::<f64>().ok().and_then(from_unix).map(|at| at.to_zoned(zone.clone()))
}
