//! What the words of a case stand for, and what came of a run told in these words.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan, Zoned};
use regex::{Captures, Regex};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::LazyLock;

/// Dates that are told as days from today lie within so many days.
const NEAR: i32 = 60;

/// The moment of a run and the address of its service.
#[derive(Debug, Clone)]
pub struct Words {
    now: Timestamp,
    http: String,
}

static WORD: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\{(http|md|day|time|month|year)(?::(-?\d+))?\}").expect("a pattern"));
static MOMENT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)(?:\[\w+\])?").expect("a pattern"));
static DAY: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b\d{4}-\d\d-\d\d\b").expect("a pattern"));

impl Words {
    /// The words at this moment.
    pub fn now(http: &str) -> Self {
        Self { now: Timestamp::now(), http: format!("http://{http}") }
    }

    /// Today, in UTC.
    pub fn today(&self) -> Date {
        self.utc().date()
    }

    fn utc(&self) -> Zoned {
        self.now.to_zoned(jiff::tz::TimeZone::UTC)
    }

    /// Something with what its words stand for.
    pub fn filled<T: Serialize + DeserializeOwned>(&self, value: &T) -> T {
        let text = serde_json::to_string(value).expect("a case is plain data");
        let filled = WORD.replace_all(&text, |found: &Captures<'_>| {
            let number: i64 = found.get(2).map_or(0, |number| number.as_str().parse().expect("a number"));
            match &found[1] {
                "http" => self.http.clone(),
                "md" => self.today().strftime("%m-%d").to_string(),
                "day" => self.today().saturating_add(number.days()).to_string(),
                "time" => (self.now + (number * 60).seconds()).to_string(),
                "month" => self.today().first_of_month().saturating_add(number.months()).strftime("%Y-%m").to_string(),
                _ => self.today().saturating_add(number.years()).strftime("%Y").to_string(),
            }
        });
        serde_json::from_str(&filled).expect("words change no structure")
    }

    /// A line in these words.
    pub fn told(&self, line: &str) -> String {
        let line = line.replace(&self.http, "{http}").replace(self.http.trim_start_matches("http://"), "{host}");
        let line = MOMENT.replace_all(&line, "{time}");
        let line = line.replace(&self.today().strftime("%A, %d %B %Y").to_string(), "{long day}");
        let line = DAY.replace_all(&line, |found: &Captures<'_>| {
            let days = found[0].parse::<Date>().ok().and_then(|date| self.today().until(date).ok()).map(|span| span.get_days());
            match days {
                Some(days) if days.abs() <= NEAR => format!("{{day:{days}}}"),
                _ => found[0].to_owned(),
            }
        });
        let month = |number: i64| self.today().first_of_month().saturating_add(number.months()).strftime("%Y-%m").to_string();
        (-2..=0).fold(line.into_owned(), |line, number| line.replace(&month(number), &format!("{{month:{number}}}")))
    }
}
