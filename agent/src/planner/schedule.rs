//! Times in words become schedule triggers: `every weekday at 9`, `first of the month at noon`, `three times a day`,
//! `tomorrow at 8am`, `in 10 minutes`.

mod atoms;
mod clock;
mod compose;
mod days;
mod moment;
mod rhythm;

pub use atoms::{Atom, Unit, atoms_in};
pub use compose::compose;

use crate::language::Token;
use regex::Regex;
use sayflow_protocol::workflow::Trigger;
use std::ops::Range;
use std::sync::LazyLock;

/// What the text says of times.
#[derive(Debug, Clone, Default)]
pub struct Timing {
    /// The triggers.
    pub triggers: Vec<Trigger>,
    /// What was assumed.
    pub notes: Vec<String>,
    /// A rhythm that no schedule can keep: the words and what would work instead.
    pub unsupported: Option<(String, Vec<String>)>,
    /// The tokens that spoke of it.
    pub spans: Vec<Range<usize>>,
}

/// Finds the schedule in a text, if it has one.
pub fn find(tokens: &[Token], now: &jiff::Zoned, zone: &str) -> Timing {
    let groups = atoms_in(tokens);
    let strong = groups.iter().any(|group| group.atoms.iter().any(Atom::is_rhythm));
    let kept: Vec<_> = groups.into_iter().filter(|group| group.counts(strong) && !tells_habit(tokens, group.span.end)).collect();
    if kept.is_empty() {
        return Timing::default();
    }
    let atoms: Vec<Atom> = kept.iter().flat_map(|group| group.atoms.iter().cloned()).collect();
    let mut timing = compose(&atoms, now, zone);
    if !timing.triggers.is_empty() || timing.unsupported.is_some() {
        timing.spans = kept.into_iter().map(|group| group.span).collect();
    }
    timing
}

/// "Every evening the till writes sales.csv" tells how the data comes about, not when to run.
fn tells_habit(tokens: &[Token], at: usize) -> bool {
    let at = at + usize::from(tokens.get(at).is_some_and(|token| token.is_punct(',')));
    let subject = tokens.get(at).is_some_and(|token| token.is_any(&["the", "our", "my", "a", "their"]));
    let habit = [
        "writes",
        "exports",
        "creates",
        "saves",
        "drops",
        "produces",
        "generates",
        "gets",
        "receives",
        "puts",
        "makes",
        "uploads",
        "stores",
        "dumps",
        "delivers",
    ];
    subject && (at + 2..at + 5).any(|place| tokens.get(place).is_some_and(|token| token.is_any(&habit)))
}

/// Whether a text is a cron line of five fields, one of them at least more than a number.
pub fn cron_line(text: &str) -> bool {
    static LINE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?i)^\s*(?:[\d*][\d*,/LW-]*)(?:\s+[\d*a-z?][\w*,/#?-]*){4}\s*$").ok());
    LINE.as_ref().is_some_and(|line| line.is_match(text)) && text.contains('*')
}

/// Puts cron lines in quotes, so that each is one token, and spells out a lone `*/10`.
pub fn quote_cron(text: &str) -> String {
    static FIVE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(^|[\s(:])((?:\*|\d{1,2})[\d*,/-]*(?: +(?:\*|\d{1,2})[\d*,/-]*){3} +(?:\*|[0-7]|[A-Za-z]{3}\b)[\w,/#-]*)").ok()
    });
    static STEP: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(^|[\s(])\*/(\d{1,2})([\s:,.)]|$)").ok());
    let text = FIVE.as_ref().map_or_else(
        || text.to_owned(),
        |five| {
            five.replace_all(
                text,
                |found: &regex::Captures<'_>| {
                    if cron_line(&found[2]) { format!("{}`{}`", &found[1], &found[2]) } else { found[0].to_owned() }
                },
            )
            .into_owned()
        },
    );
    STEP.as_ref().map_or_else(|| text.clone(), |step| step.replace_all(&text, "${1}every $2 minutes$3").into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::tokenize;
    use sayflow_protocol::workflow::Trigger;

    fn now() -> jiff::Zoned {
        // A Friday.
        "2026-11-20T10:00:00+01:00[Europe/Berlin]".parse().unwrap()
    }

    fn said(text: &str) -> Vec<String> {
        find(&tokenize(&quote_cron(text)), &now(), "Europe/Berlin")
            .triggers
            .iter()
            .map(|trigger| match trigger {
                Trigger::Schedule { cron, every, at, timezone, .. } => {
                    let when = cron
                        .clone()
                        .or_else(|| every.as_ref().map(|every| format!("every {every}")))
                        .or_else(|| at.clone())
                        .unwrap_or_default();
                    match timezone.as_deref() {
                        Some("Europe/Berlin") | None => when,
                        Some(zone) => format!("{when} {zone}"),
                    }
                }
                other => other.kind().to_owned(),
            })
            .collect()
    }

    #[test]
    fn rhythms_in_words_become_cron() {
        for (text, expected) in [
            ("every weekday at 9", "0 9 * * 1-5"),
            ("Every weekday at 9am, get x", "0 9 * * 1-5"),
            ("on weekdays at 8:30", "30 8 * * 1-5"),
            ("every day at 6pm Tokyo time", "0 18 * * * Asia/Tokyo"),
            ("daily at 18:00 UTC", "0 18 * * * UTC"),
            ("every 15 minutes", "*/15 * * * *"),
            ("every fifteen minutes", "*/15 * * * *"),
            ("every half hour", "*/30 * * * *"),
            ("hourly", "0 * * * *"),
            ("every hour", "0 * * * *"),
            ("every 2 hours", "0 */2 * * *"),
            ("every minute", "* * * * *"),
            ("on the first of the month at noon", "0 12 1 * *"),
            ("on the first day of every month at noon", "0 12 1 * *"),
            ("on the 1st and 15th of each month at 7am", "0 7 1,15 * *"),
            ("mondays and thursdays at 8:30am", "30 8 * * 1,4"),
            ("every monday at 9", "0 9 * * 1"),
            ("every Monday, Wednesday and Friday at 7 in the evening", "0 19 * * 1,3,5"),
            ("each sunday at midnight", "0 0 * * 0"),
            ("at 9 and 17 every day", "0 9,17 * * *"),
            ("three times a day", "0 9,13,17 * * *"),
            ("twice a day", "0 9,17 * * *"),
            ("twice a week", "0 9 * * 1,4"),
            ("weekly on friday at 16:30", "30 16 * * 5"),
            ("every weekend at 10", "0 10 * * 0,6"),
            ("the last day of every month at 23:00", "0 23 L * *"),
            ("every last friday of the month at 5pm", "0 17 * * 5L"),
            ("on the first monday of each month at 9", "0 9 * * 1#1"),
            ("every 10 minutes between 9 and 17 on weekdays", "*/10 9-16 * * 1-5"),
            ("every hour from 9am to 5pm", "0 9-17 * * *"),
            ("every morning at 7", "0 7 * * *"),
            ("every evening", "0 18 * * *"),
            ("every Friday afternoon", "0 14 * * 5"),
            ("every year on december 24 at 18:00", "0 18 24 12 *"),
            ("Monday to Friday at 8", "0 8 * * 1-5"),
            ("every day at noon in New York", "0 12 * * * America/New_York"),
            ("every quarter of an hour", "*/15 * * * *"),
            ("monthly on the 5th at 9", "0 9 5 * *"),
            ("every 6 hours", "0 */6 * * *"),
            ("once a day at 5 pm", "0 17 * * *"),
            ("every 45 minutes", "every 45m"),
            ("every 90 seconds", "every 90s"),
            ("tomorrow at 9", "2026-11-21T09:00:00"),
            ("in 10 minutes", "2026-11-20T10:10:00"),
            ("next monday at 8am", "2026-11-23T08:00:00"),
            ("today at 5pm", "2026-11-20T17:00:00"),
            ("at 8am tomorrow", "2026-11-21T08:00:00"),
            ("every other day", "every 2d"),
            ("every night at 2", "0 2 * * *"),
            ("nightly at 1:30", "30 1 * * *"),
            ("at the top of every hour", "0 * * * *"),
            ("4 times an hour", "*/15 * * * *"),
            ("every workday at quarter past 8", "15 8 * * 1-5"),
            ("every day at half past nine", "30 9 * * *"),
            ("every tuesday and thursday at 9 and 15:00", "0 9,15 * * 2,4"),
            ("at five in the morning from monday to saturday", "0 5 * * 1,2,3,4,5,6"),
            ("between 9 and 17 every half hour", "*/30 9-16 * * *"),
            ("from 8 to 18 each hour on the half hour", "30 8-18 * * *"),
            ("at the end of each day", "0 18 * * *"),
            ("end of every workday", "0 17 * * 1-5"),
            ("every day at 9am Germany time", "0 9 * * *"),
            ("every day at 9 in Brazil", "0 9 * * * America/Sao_Paulo"),
            ("every Thursday at 10 São Paulo time", "0 10 * * 4 America/Sao_Paulo"),
            ("every 3rd day at 7", "0 7 */3 * *"),
            ("at 7, 12 and 19 o'clock daily", "0 7,12,19 * * *"),
            ("five past every hour", "5 * * * *"),
            ("on December 24 at 6pm", "2026-12-24T18:00:00"),
            ("on the 3rd of march at 8", "2027-03-03T08:00:00"),
            ("every 1st of april at 8", "0 8 1 4 *"),
            ("every day except sunday at 10", "0 10 * * 1,2,3,4,5,6"),
            ("every day but not on weekends at 10", "0 10 * * 1-5"),
            ("weekday mornings at 7", "0 7 * * 1-5"),
            ("a week from now", "2026-11-27T10:00:00"),
            ("the day after tomorrow at 9", "2026-11-22T09:00:00"),
            ("in an hour and a half", "2026-11-20T11:30:00"),
            ("in 3 days at 8am", "2026-11-23T08:00:00"),
            ("every 4 hours starting at 6", "0 2-23/4 * * *"),
            ("the last weekday of the month at 4pm", "0 16 LW * *"),
            ("on the first working day of each month at 8", "0 8 1W * *"),
            ("on the last day of every quarter at 18:00", "0 18 L 3,6,9,12 *"),
            ("quarterly on the 15th at 9", "0 9 15 1,4,7,10 *"),
            ("every working day at a quarter past nine", "15 9 * * 1-5"),
            ("every day at ten to nine", "50 8 * * *"),
            ("every 2nd and 4th tuesday of the month at 6", "0 6 * * 2#2,2#4"),
            ("cron 0 6 * * 1", "0 6 * * 1"),
            ("schedule: */5 * * * *", "*/5 * * * *"),
            ("*/10", "*/10 * * * *"),
            ("every two months on the 5th at 9", "0 9 5 */2 *"),
            ("every day between 8 and 10, every 10 minutes", "*/10 8-9 * * *"),
            ("this evening at 8", "2026-11-20T20:00:00"),
            ("quarterly, on the first day at 9", "0 9 1 1,4,7,10 *"),
        ] {
            assert_eq!(said(text), [expected], "{text}");
        }
    }

    #[test]
    fn different_minutes_make_two_triggers() {
        assert_eq!(said("every day at 9:00 and 17:30"), ["0 9 * * *", "30 17 * * *"]);
    }

    #[test]
    fn times_that_speak_of_the_data_are_no_schedule() {
        for text in [
            "orders older than 30 days",
            "created in the last week",
            "tasks due today",
            "wait 5 minutes then post",
            "the daily report",
            "for each day",
            "total per month",
            "invoices due tomorrow",
            "orders from monday",
            "send every row to #x",
            "keep events before friday",
            "sales in november",
            "at https://x.example/a",
            "orders over 9",
            "created yesterday",
            "at least 5",
            "orders from monday to friday",
            "orders placed on december 24",
            "sum 3 * 4",
        ] {
            assert!(said(text).is_empty(), "{text}: {:?}", said(text));
        }
    }
}
