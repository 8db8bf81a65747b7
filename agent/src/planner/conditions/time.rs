//! Comparisons with moments: fixed days, days relative to now, spans, months and years.

use crate::language::{CompareOp, Entity, Lexicon, Token, english, number_at};

/// A moment or stretch of time as words give it.
#[derive(Debug, Clone, PartialEq)]
pub enum Moment {
    /// A calendar day.
    Day(jiff::civil::Date),
    /// So many days from today.
    Offset(i64),
    /// So many milliseconds before now.
    Ago(i64),
    /// The last so many milliseconds.
    Last(i64),
    /// The next so many milliseconds.
    Next(i64),
    /// The calendar month so many months from now.
    Month(i64),
    /// The calendar year so many years from now.
    Year(i64),
    /// A month of any year.
    MonthName(u8),
    /// A month of one year.
    MonthOf(u8, i16),
    /// The week so many weeks from now, Monday to Sunday.
    Week(i64),
}

const DAY: i64 = 86_400_000;

/// The comparison of a field with a moment.
pub fn compare(left: &str, op: CompareOp, moment: &Moment) -> String {
    let day = format!("String({left} ?? '').slice(0, 10)");
    let stamp = format!("Date.parse({left})");
    let today = "now.slice(0, 10)";
    let before = matches!(op, CompareOp::Before | CompareOp::Lt);
    let after = matches!(op, CompareOp::After | CompareOp::Gt);
    match moment {
        Moment::Day(date) => match op {
            // Text order puts missing values first, so they are kept out.
            CompareOp::Before | CompareOp::Lt => format!("({left} ?? '') !== '' && {day} < '{date}'"),
            CompareOp::Le => format!("({left} ?? '') !== '' && {day} <= '{date}'"),
            CompareOp::After | CompareOp::Gt => format!("{day} > '{date}'"),
            CompareOp::Ge => format!("{day} >= '{date}'"),
            _ => format!("{day} === '{date}'"),
        },
        Moment::Offset(days) => {
            let other = match days {
                0 => format!("Date.parse({today})"),
                days => format!("(Date.parse({today}) {} {})", if *days < 0 { "-" } else { "+" }, days.abs() * DAY),
            };
            let sign = match op {
                CompareOp::Before | CompareOp::Lt => "<",
                CompareOp::After | CompareOp::Gt => ">",
                CompareOp::Ge => ">=",
                CompareOp::Le => "<=",
                _ if *days == 0 => return format!("{day} === {today}"),
                _ => "===",
            };
            format!("Date.parse({day}) {sign} {other}")
        }
        Moment::Ago(millis) => format!("{stamp} {} Date.parse(now) - {millis}", if after { ">" } else { "<" }),
        Moment::Last(millis) if before => format!("{stamp} < Date.parse(now) - {millis}"),
        Moment::Last(millis) => format!("{stamp} >= Date.parse(now) - {millis} && {stamp} <= Date.parse(now) + {DAY}"),
        Moment::Next(millis) => format!("Date.parse({day}) >= Date.parse({today}) && Date.parse({day}) <= Date.parse({today}) + {millis}"),
        Moment::Month(offset) => {
            let months = |text: &str| format!("Number({text}.slice(0, 4)) * 12 + Number({text}.slice(5, 7))");
            let field = format!("String({left} ?? '')");
            match offset {
                0 if !before && !after => format!("{field}.slice(0, 7) === now.slice(0, 7)"),
                _ => format!(
                    "{} {} {} + ({offset})",
                    months(&field),
                    if before {
                        "<"
                    } else if after {
                        ">"
                    } else {
                        "==="
                    },
                    months("now")
                ),
            }
        }
        Moment::Year(offset) => format!("Number(String({left} ?? '').slice(0, 4)) === Number(now.slice(0, 4)) + ({offset})"),
        Moment::MonthName(month) => {
            let sign = if before {
                "<"
            } else if after {
                ">"
            } else {
                "==="
            };
            format!("Number(String({left} ?? '').slice(5, 7)) {sign} {month}")
        }
        Moment::MonthOf(month, year) => {
            let sign = if before {
                "<"
            } else if after {
                ">"
            } else {
                "==="
            };
            format!("({left} ?? '') !== '' && String({left}).slice(0, 7) {sign} '{year:04}-{month:02}'")
        }
        // Day 0 of the epoch was a Thursday, so weeks that begin on Monday are shifted by three days.
        Moment::Week(offset) => {
            format!("Math.floor((Date.parse({day}) / {DAY} + 3) / 7) === Math.floor((Date.parse({today}) / {DAY} + 3) / 7) + ({offset})")
        }
    }
}

/// The length of a span such as `30 days`, and how many tokens it takes. A bare unit counts as one of it.
pub fn span_at(tokens: &[Token], at: usize) -> Option<(i64, usize)> {
    let lexicon = english();
    if let Some(Entity::Span(millis)) = tokens.get(at)?.entity() {
        return i64::try_from(*millis).ok().map(|millis| (millis, 1));
    }
    let (count, length) = match tokens[at].norm.as_str() {
        "a" | "an" => (1.0, 1),
        _ => number_at(lexicon, tokens, at).unwrap_or((1.0, 0)),
    };
    let unit = tokens.get(at + length).filter(|token| token.is_word())?;
    if length == 0 && unit.norm.len() < 3 {
        return None;
    }
    let millis = unit_millis(lexicon, &unit.norm)?;
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "spans of a sentence")]
    Some(((count * millis as f64) as i64, length + 1))
}

fn unit_millis(lexicon: &Lexicon, word: &str) -> Option<i64> {
    Some(match lexicon.calendar.units.get(word)?.as_str() {
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => DAY,
        "w" => 7 * DAY,
        "f" => 14 * DAY,
        "M" => 30 * DAY,
        "Q" => 91 * DAY,
        "y" => 365 * DAY,
        _ => return None,
    })
}

/// A moment at a place, and how many tokens it takes.
pub fn moment_at(tokens: &[Token], at: usize) -> Option<(Moment, usize)> {
    let lexicon = english();
    let token = tokens.get(at)?;
    if let Some(Entity::Date(date)) = token.entity() {
        return Some((Moment::Day(*date), 1));
    }
    let word = |at: usize| tokens.get(at).filter(|token| token.is_word()).map_or("", |token| token.norm.as_str());
    match word(at) {
        "today" => return Some((Moment::Offset(0), 1)),
        "now" => return Some((Moment::Ago(0), 1)),
        "yesterday" => return Some((Moment::Offset(-1), 1)),
        "tomorrow" => return Some((Moment::Offset(1), 1)),
        "the" if ["last", "past", "previous", "next", "coming", "current", "following"].contains(&word(at + 1)) => {
            return moment_at(tokens, at + 1).map(|(moment, length)| (moment, length + 1));
        }
        "last" | "past" | "previous" => {
            if let Some((count, length)) = number_at(lexicon, tokens, at + 1) {
                let _ = count;
                let (millis, span) = span_at(tokens, at + 1)?;
                let _ = length;
                return Some((Moment::Last(millis), span + 1));
            }
            let within = at > 0 && (word(at - 1) == "the" || word(at) == "past");
            return match (word(at + 1), within) {
                ("month", false) => Some((Moment::Month(-1), 2)),
                ("year", false) => Some((Moment::Year(-1), 2)),
                ("week", false) => Some((Moment::Week(-1), 2)),
                _ => span_at(tokens, at + 1).map(|(millis, length)| (Moment::Last(millis), length + 1)),
            };
        }
        "next" | "coming" | "following" => {
            if number_at(lexicon, tokens, at + 1).is_none() {
                match word(at + 1) {
                    "month" => return Some((Moment::Month(1), 2)),
                    "year" => return Some((Moment::Year(1), 2)),
                    "week" if at == 0 || word(at - 1) != "the" => return Some((Moment::Week(1), 2)),
                    _ => {}
                }
            }
            return span_at(tokens, at + 1).map(|(millis, length)| (Moment::Next(millis), length + 1));
        }
        "this" | "current" => {
            return match word(at + 1) {
                "month" => Some((Moment::Month(0), 2)),
                "year" => Some((Moment::Year(0), 2)),
                "week" => Some((Moment::Week(0), 2)),
                _ => None,
            };
        }
        _ => {}
    }
    named_day(lexicon, tokens, at)
}

/// `March 4`, `4 March 2026`, `March`.
fn named_day(lexicon: &Lexicon, tokens: &[Token], at: usize) -> Option<(Moment, usize)> {
    // In lower case "may", "march", "sun" and the like are other words too, unless they are led in as a time.
    let led = |at: usize| at > 0 && tokens[at - 1].is_any(&["in", "during", "since", "before", "after", "until", "last", "this"]);
    let month = |at: usize| {
        tokens
            .get(at)
            .filter(|token| {
                let clear = token.norm.len() > 3 && token.norm != "march" || led(at);
                token.is_word() && (token.text.starts_with(char::is_uppercase) || clear)
            })
            .and_then(|token| lexicon.calendar.months.get(&token.norm))
            .copied()
    };
    let day = |at: usize| {
        let text = tokens.get(at)?.norm.trim_end_matches(|c: char| c.is_alphabetic()).parse::<i8>().ok()?;
        (1..=31).contains(&text).then_some(text)
    };
    let year = |at: usize| tokens.get(at).and_then(|token| token.norm.parse::<i16>().ok()).filter(|year| (1900..2200).contains(year));
    if let Some(found) = month(at) {
        let comma = usize::from(tokens.get(at + 2).is_some_and(|token| token.is_punct(',')));
        if let (Some(day), Some(year)) = (day(at + 1), year(at + 2 + comma)) {
            let date = jiff::civil::Date::new(year, i8::try_from(found).ok()?, day).ok()?;
            return Some((Moment::Day(date), 3 + comma));
        }
        if let Some(year) = year(at + 1 + usize::from(tokens.get(at + 1).is_some_and(|token| token.is("of")))) {
            return Some((Moment::MonthOf(found, year), 2 + usize::from(tokens[at + 1].is("of"))));
        }
        return Some((Moment::MonthName(found), 1));
    }
    if let (Some(day), Some(month), Some(year)) = (day(at), month(at + 1), year(at + 2)) {
        let date = jiff::civil::Date::new(year, i8::try_from(month).ok()?, day).ok()?;
        return Some((Moment::Day(date), 3));
    }
    None
}
