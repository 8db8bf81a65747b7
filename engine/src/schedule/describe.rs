//! Triggers in plain words.

use super::cron;
use sayflow_protocol::workflow::{EventKind, Trigger};

const DAYS: [&str; 8] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const SHORT_DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

/// What starts a run, in plain words: `every weekday at 09:00 (Europe/Berlin)`.
pub fn describe(trigger: &Trigger) -> String {
    match trigger {
        Trigger::Manual {} => "when it is started by hand".to_owned(),
        Trigger::Schedule { cron, every, at, timezone, .. } => {
            let zone = timezone.as_ref().map(|zone| format!(" ({zone})")).unwrap_or_default();
            match (cron, every, at) {
                (Some(cron), ..) => format!("{}{zone}", describe_cron(cron)),
                (None, Some(every), _) => describe_every(every.as_str()),
                (None, None, Some(at)) => format!("once, at {}{zone}", at.replace('T', " ")),
                (None, None, None) => "never".to_owned(),
            }
        }
        Trigger::Webhook { path, method, .. } => {
            format!("when a {} request arrives at /hooks/{}", method.as_deref().unwrap_or("POST"), path.trim_start_matches('/'))
        }
        Trigger::Feed { url, every } => {
            format!("when {url} has a new entry (looked at every {})", every.as_ref().map_or("15m", |every| every.as_str()))
        }
        Trigger::File { path, pattern } => {
            let what = pattern.as_ref().map_or_else(|| "a file".to_owned(), |pattern| format!("a file like {pattern}"));
            format!("when {what} is new or changed in {path}")
        }
        Trigger::Event { workflow, on } => {
            let ending = match on {
                EventKind::Failed => "failed",
                EventKind::Succeeded => "succeeded",
            };
            format!("when a run of {workflow} {ending}")
        }
        Trigger::Message { channel, pattern } => match pattern {
            Some(pattern) => format!("when a message with \"{pattern}\" arrives in {channel}"),
            None => format!("when a message arrives in {channel}"),
        },
    }
}

fn describe_every(text: &str) -> String {
    match text {
        "1m" | "60s" => "every minute".to_owned(),
        "1h" | "60m" => "every hour".to_owned(),
        "1d" | "24h" => "every day".to_owned(),
        _ => format!("every {text}"),
    }
}

fn describe_cron(text: &str) -> String {
    let fields: Vec<&str> = text.split_whitespace().collect();
    let plain = match fields.as_slice() {
        [minute, hour, day, month, weekday] => plain(minute, hour, day, month, weekday),
        _ => None,
    };
    plain.unwrap_or_else(|| match cron::parse(text) {
        Some(pattern) => {
            let words = pattern.describe();
            words.trim_end_matches('.').to_owned()
        }
        None => format!("at the times of the cron pattern {text}"),
    })
}

/// The words for patterns that people write. `None` for the rest.
fn plain(minute: &str, hour: &str, day: &str, month: &str, weekday: &str) -> Option<String> {
    let days = days(day, month, weekday)?;
    if let Some(times) = times(minute, hour) {
        return Some(format!("{days} at {times}"));
    }
    let step = |field: &str| field.strip_prefix("*/").and_then(|step| step.parse::<u32>().ok()).filter(|step| *step > 0);
    let often = match (minute, hour) {
        ("*", "*") => "every minute".to_owned(),
        (minute, "*") if step(minute).is_some() => match step(minute)? {
            1 => "every minute".to_owned(),
            n => format!("every {n} minutes"),
        },
        ("0", "*") => "every hour".to_owned(),
        (minute, "*") => format!("every hour at minute {}", minute.parse::<u8>().ok()?),
        ("0", hour) if step(hour).is_some() => match step(hour)? {
            1 => "every hour".to_owned(),
            n => format!("every {n} hours"),
        },
        _ => return None,
    };
    Some(if days == "every day" {
        often
    } else {
        format!("{often}, {}", days.strip_prefix("every ").map_or(days.clone(), |d| format!("on every {d}")))
    })
}

/// `09:00`, or `09:00, 13:00 and 17:00`, when the minute is fixed and the hours are listed.
fn times(minute: &str, hour: &str) -> Option<String> {
    let minute: u8 = minute.parse().ok()?;
    let hours: Vec<String> =
        hour.split(',').map(|hour| hour.parse::<u8>().ok().map(|hour| format!("{hour:02}:{minute:02}"))).collect::<Option<_>>()?;
    Some(join(&hours))
}

fn days(day: &str, month: &str, weekday: &str) -> Option<String> {
    match (day, month, weekday) {
        ("*", "*", "*") => Some("every day".to_owned()),
        ("*", "*", weekday) => weekdays(weekday),
        ("L", "*", "*") => Some("on the last day of every month".to_owned()),
        (day, "*", "*") => Some(format!("on the {} of every month", ordinals(day)?)),
        (day, month, "*") => {
            let day: u8 = day.parse().ok()?;
            let month = month.parse::<usize>().ok().and_then(|month| MONTHS.get(month.checked_sub(1)?))?;
            Some(format!("every year on {day} {month}"))
        }
        _ => None,
    }
}

fn weekdays(field: &str) -> Option<String> {
    match field.to_uppercase().as_str() {
        "1-5" | "MON-FRI" => return Some("every weekday".to_owned()),
        "0,6" | "6,0" | "6,7" | "6-7" | "SAT,SUN" | "SUN,SAT" | "SAT-SUN" => return Some("every Saturday and Sunday".to_owned()),
        _ => {}
    }
    let name = |part: &str| match part.parse::<usize>() {
        Ok(number) => DAYS.get(number).copied(),
        Err(_) => SHORT_DAYS.iter().position(|day| part.eq_ignore_ascii_case(day)).map(|at| DAYS[at]),
    };
    if let Some((first, last)) = field.split_once('-') {
        return Some(format!("every day from {} to {}", name(first)?, name(last)?));
    }
    let names: Vec<String> = field.split(',').map(|part| name(part).map(str::to_owned)).collect::<Option<_>>()?;
    Some(format!("every {}", join(&names)))
}

fn ordinals(field: &str) -> Option<String> {
    let days: Vec<String> = field
        .split(',')
        .map(|day| {
            let day: u8 = day.parse().ok()?;
            let ending = match (day % 10, day % 100) {
                (_, 11..=13) => "th",
                (1, _) => "st",
                (2, _) => "nd",
                (3, _) => "rd",
                _ => "th",
            };
            Some(format!("{day}{ending}"))
        })
        .collect::<Option<_>>()?;
    Some(join(&days))
}

fn join(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn schedules_in_plain_words() {
        let words = |value: serde_json::Value| describe(&serde_json::from_value(value).expect("a trigger"));
        for (cron, expected) in [
            ("0 9 * * 1-5", "every weekday at 09:00"),
            ("0 9,13,17 * * *", "every day at 09:00, 13:00 and 17:00"),
            ("*/15 * * * *", "every 15 minutes"),
            ("0 * * * *", "every hour"),
            ("0 */2 * * *", "every 2 hours"),
            ("0 12 1 * *", "on the 1st of every month at 12:00"),
            ("30 7 * * MON", "every Monday at 07:30"),
            ("0 8 * * 1,3", "every Monday and Wednesday at 08:00"),
            ("*/10 * * * 1-5", "every 10 minutes, on every weekday"),
            ("0 0 24 12 *", "every year on 24 December at 00:00"),
        ] {
            assert_eq!(words(json!({ "type": "schedule", "cron": cron })), expected, "{cron}");
        }
        assert_eq!(
            words(json!({ "type": "schedule", "cron": "0 9 * * 1-5", "timezone": "Europe/Berlin" })),
            "every weekday at 09:00 (Europe/Berlin)"
        );
        assert!(words(json!({ "type": "schedule", "cron": "5-20/3 2-4 * * 2" })).len() > 10);
        assert_eq!(words(json!({ "type": "schedule", "every": "90m" })), "every 90m");
        assert_eq!(words(json!({ "type": "schedule", "at": "2026-07-01T09:00" })), "once, at 2026-07-01 09:00");
        assert_eq!(words(json!({ "type": "webhook", "path": "orders" })), "when a POST request arrives at /hooks/orders");
        assert_eq!(words(json!({ "type": "event", "workflow": "a", "on": "failed" })), "when a run of a failed");
    }
}
