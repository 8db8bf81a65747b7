//! Lengths of time as people write them: `500ms`, `2s`, `1m30s`, `2h`, `1d`.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A length of time that remembers how it was written, so that an unchanged document keeps its exact text.
/// A day is 24 hours and a week seven of them; months and years are refused because their length varies.
#[derive(Debug, Clone)]
pub struct Interval {
    text: String,
    duration: Duration,
}

/// Why a text is not an interval.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is not a length of time; write it like 500ms, 30s, 5m, 2h or 1d")]
pub struct IntervalError {
    text: String,
}

impl Interval {
    /// An interval of whole milliseconds, written in the largest unit that divides it.
    pub fn from_millis(millis: u64) -> Self {
        let text = match millis {
            0 => "0s".to_owned(),
            m if m % 86_400_000 == 0 => format!("{}d", m / 86_400_000),
            m if m % 3_600_000 == 0 => format!("{}h", m / 3_600_000),
            m if m % 60_000 == 0 => format!("{}m", m / 60_000),
            m if m % 1000 == 0 => format!("{}s", m / 1000),
            m => format!("{m}ms"),
        };
        Self { text, duration: Duration::from_millis(millis) }
    }

    /// The length.
    pub fn duration(&self) -> Duration {
        self.duration
    }

    /// The length as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl PartialEq for Interval {
    fn eq(&self, other: &Self) -> bool {
        self.duration == other.duration
    }
}

impl Eq for Interval {}

impl FromStr for Interval {
    type Err = IntervalError;

    fn from_str(text: &str) -> Result<Self, IntervalError> {
        let refuse = || IntervalError { text: text.to_owned() };
        let span: jiff::Span = text.trim().parse().map_err(|_| refuse())?;
        if span.get_months() != 0 || span.get_years() != 0 || span.is_negative() {
            return Err(refuse());
        }
        let signed = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).map_err(|_| refuse())?;
        let duration = Duration::try_from(signed).map_err(|_| refuse())?;
        Ok(Self { text: text.to_owned(), duration })
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Interval {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Interval {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Interval {
    fn schema_name() -> Cow<'static, str> {
        "Interval".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A length of time such as 500ms, 30s, 5m, 1m30s, 2h or 1d.",
            "examples": ["30s", "5m", "2h"],
            "x-format": "interval",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_usual_spellings() {
        for (text, millis) in [("500ms", 500), ("2s", 2000), ("1m30s", 90_000), ("2h", 7_200_000), ("1d", 86_400_000)] {
            assert_eq!(text.parse::<Interval>().map(|i| i.duration()), Ok(Duration::from_millis(millis)));
        }
    }

    #[test]
    fn refuses_what_has_no_fixed_length() {
        for text in ["", "soon", "1mo", "2y", "-5s", "10"] {
            assert!(text.parse::<Interval>().is_err(), "{text}");
        }
    }

    #[test]
    fn writes_milliseconds_in_the_largest_unit() {
        assert_eq!(Interval::from_millis(90_000).as_str(), "90s");
        assert_eq!(Interval::from_millis(3_600_000).as_str(), "1h");
    }
}
