//! Cron lines in the words that people use for them: `at 09:00 on weekdays`. Lines of unusual shape are left to
//! croner's description, which is exact but wordy.

use croner::parser::CronParser;

const WEEKDAYS: [&str; 7] = ["Sundays", "Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays"];
const NAMES: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// A cron line as a phrase; the line itself where it is none.
pub(super) fn cron_words(cron: &str) -> String {
    usual(cron).unwrap_or_else(|| described(cron))
}

fn described(cron: &str) -> String {
    let Ok(parsed) = CronParser::new().parse(cron) else { return format!("on the schedule \"{cron}\"") };
    let words = parsed.describe();
    let mut letters = words.trim_end_matches('.').chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

fn usual(cron: &str) -> Option<String> {
    let fields: Vec<&str> = cron.split_whitespace().collect();
    let [minute, hour, day, "*", weekday] = fields.as_slice() else { return None };
    let days = days(day, weekday)?;
    if let Some(times) = times(minute, hour) {
        let days = if days.is_empty() { "every day" } else { &days };
        return Some(format!("at {times} {days}"));
    }
    let pace = match (*minute, *hour) {
        ("*" | "*/1", "*") => "every minute".to_owned(),
        (step, "*") if step.starts_with("*/") => format!("every {} minutes", number(&step[2..], 59)?),
        ("0", "*") => "every hour".to_owned(),
        ("0", step) if step.starts_with("*/") => format!("every {} hours", number(&step[2..], 23)?),
        (at, "*") => format!("every hour at minute {}", number(at, 59)?),
        ("0", range) => {
            let (from, to) = range.split_once('-')?;
            format!("every hour from {:02}:00 to {:02}:00", number(from, 23)?, number(to, 23)?)
        }
        _ => return None,
    };
    Some(format!("{pace} {days}").trim_end().to_owned())
}

/// `08:00, 14:00 and 20:00`.
fn times(minute: &str, hour: &str) -> Option<String> {
    let minute = number(minute, 59)?;
    let hours: Option<Vec<u32>> = hour.split(',').map(|hour| number(hour, 23)).collect();
    Some(list(&hours?.into_iter().map(|hour| format!("{hour:02}:{minute:02}")).collect::<Vec<_>>()))
}

/// `on weekdays`; empty for every day.
fn days(day: &str, weekday: &str) -> Option<String> {
    match (day, weekday) {
        ("*", "*") => Some(String::new()),
        (day, "*") => {
            let days: Option<Vec<String>> = day.split(',').map(|day| number(day, 31).map(ordinal)).collect();
            Some(format!("on the {} of every month", list(&days?)))
        }
        ("*", weekday) => weekdays(weekday),
        _ => None,
    }
}

fn weekdays(field: &str) -> Option<String> {
    let mut days = [false; 7];
    for part in field.split(',') {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let (from, to) = (weekday(from)?, weekday(to)?);
        // 7 is Sunday too, as in `6-7`.
        (from..=to).for_each(|day| days[day % 7] = true);
    }
    Some(match days {
        [false, true, true, true, true, true, false] => "on weekdays".to_owned(),
        [true, false, false, false, false, false, true] => "at weekends".to_owned(),
        [true, true, true, true, true, true, true] => String::new(),
        _ => {
            // The week begins on Monday.
            let named = (1..=7).map(|day| day % 7).filter(|day| days[*day]).map(|day| WEEKDAYS[day].to_owned());
            format!("on {}", list(&named.collect::<Vec<_>>()))
        }
    })
}

fn weekday(text: &str) -> Option<usize> {
    let named = NAMES.iter().position(|name| name.eq_ignore_ascii_case(text));
    named.or_else(|| text.parse().ok().filter(|day| *day <= 7))
}

fn number(text: &str, most: u32) -> Option<u32> {
    text.parse().ok().filter(|number| *number <= most)
}

fn ordinal(number: u32) -> String {
    let ending = match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

fn list(parts: &[String]) -> String {
    match parts.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_lines_are_said_as_people_say_them() {
        for (cron, words) in [
            ("0 9 * * 1-5", "at 09:00 on weekdays"),
            ("0 9 * * MON-FRI", "at 09:00 on weekdays"),
            ("30 7 * * *", "at 07:30 every day"),
            ("0 8,14,20 * * *", "at 08:00, 14:00 and 20:00 every day"),
            ("0 12 1 * *", "at 12:00 on the 1st of every month"),
            ("0 10 * * 6,0", "at 10:00 at weekends"),
            ("0 10 * * 6-7", "at 10:00 at weekends"),
            ("15 6 * * 0,3", "at 06:15 on Wednesdays and Sundays"),
            ("*/15 * * * *", "every 15 minutes"),
            ("*/10 * * * 1-5", "every 10 minutes on weekdays"),
            ("0 * * * *", "every hour"),
            ("0 */6 * * *", "every 6 hours"),
            ("0 9-17 * * 1-5", "every hour from 09:00 to 17:00 on weekdays"),
            ("* * * * *", "every minute"),
        ] {
            assert_eq!(cron_words(cron), words, "{cron}");
        }
    }

    #[test]
    fn other_lines_are_still_described() {
        assert_ne!(cron_words("5 4 1 1 *"), "on the schedule \"5 4 1 1 *\"");
        assert_eq!(cron_words("soon"), "on the schedule \"soon\"");
    }
}
