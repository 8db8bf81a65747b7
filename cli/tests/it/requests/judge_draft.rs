//! Whether a draft fires when it should and is made of what it needs. Schedules are judged by the times at which they
//! fire, not by how they are written.

use super::case::{Case, Fires, Mode};
use super::judge::found;
use super::stage::Effects;
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, SpanRelativeTo, Timestamp, ToSpan, Zoned};
use serde_json::{Map, Value};

/// How many days ahead the expected times are looked for.
const HORIZON_DAYS: u32 = 2200;

/// Adds what is wrong with the draft.
pub fn judge(case: &Case, effects: &Effects, wrong: &mut Vec<String>) {
    let draft = &effects.answer["draft"];
    let workflow = &draft["workflow"];
    if !draft.is_object() {
        if case.exit() == 0 || case.expect.fires.is_some() {
            wrong.push(format!("there is no draft; the reply is {}", effects.answer["reply"]));
        }
        return;
    }
    triggers(case, workflow, wrong);
    if let Some(fires) = &case.expect.fires {
        self::fires(fires, case.zone.as_deref().unwrap_or("UTC"), draft, wrong);
    }
    let text = workflow.to_string();
    for action in case.expect.uses.iter().filter(|action| !text.contains(&format!("\"uses\":\"{action}\""))) {
        wrong.push(format!("the draft does not use {action}"));
    }
    for needle in case.expect.draft_contains.iter().filter(|needle| !found(&text, needle)) {
        wrong.push(format!("the draft does not contain {needle:?}"));
    }
    let diagnostics = draft["diagnostics"].as_array().cloned().unwrap_or_default();
    for diagnostic in diagnostics.iter().filter(|diagnostic| diagnostic["severity"] == "error") {
        wrong.push(format!("the draft is not valid: {diagnostic}"));
    }
    if case.mode == Mode::Draft && effects.answer["run"].is_object() {
        wrong.push("it ran although only a draft was asked for".to_owned());
    }
}

fn triggers(case: &Case, workflow: &Value, wrong: &mut Vec<String>) {
    let triggers: Vec<Value> = workflow["triggers"].as_array().cloned().unwrap_or_default();
    let by_itself: Vec<&Value> = triggers.iter().filter(|trigger| trigger["type"] != "manual").collect();
    let wanted = case.expect.triggers.len();
    for expected in &case.expect.triggers {
        if !by_itself.iter().any(|trigger| has_fields(trigger, expected)) {
            wrong.push(format!("no trigger like {expected:?}, but {by_itself:?}"));
        }
    }
    let expects_some = case.expect.fires.is_some() || wanted > 0;
    if !expects_some && !by_itself.is_empty() {
        wrong.push(format!("it would fire by itself, which nobody asked for: {by_itself:?}"));
    }
    if case.expect.fires.is_none() && by_itself.len() > wanted && expects_some {
        wrong.push(format!("more triggers than asked for: {by_itself:?}"));
    }
}

/// Whether an object has the expected fields; texts without regard to case and slashes around them.
fn has_fields(value: &Value, expected: &Map<String, Value>) -> bool {
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), |text| text.trim_matches('/').to_lowercase());
    expected.iter().all(|(name, wanted)| match (&value[name], wanted) {
        (inner @ Value::Object(_), Value::Object(wanted)) => has_fields(inner, wanted),
        (found, wanted) => plain(found) == plain(wanted),
    })
}

fn fires(expected: &Fires, machine_zone: &str, draft: &Value, wrong: &mut Vec<String>) {
    let given: Vec<Timestamp> =
        draft["next_fires"].as_array().into_iter().flatten().filter_map(|time| time.as_str()?.parse().ok()).collect();
    let Some(first) = given.first() else {
        wrong.push(format!("it never fires; its triggers are {}", draft["workflow"]["triggers"]));
        return;
    };
    let zone = TimeZone::get(expected.zone.as_deref().unwrap_or(machine_zone)).expect("the case names a zone");
    let shown = |times: &[Timestamp]| -> Vec<String> {
        times.iter().map(|time| time.to_zoned(zone.clone()).strftime("%a %F %R %Q").to_string()).collect()
    };
    if let Some(every) = &expected.every {
        let distance: Span = every.parse().expect("the case names a distance");
        let seconds = distance.total((jiff::Unit::Second, SpanRelativeTo::days_are_24_hours())).expect("a fixed distance") as i64;
        if given.len() < 2 || given.windows(2).any(|pair| pair[1].as_second() - pair[0].as_second() != seconds) {
            wrong.push(format!("it does not fire every {every}, but at {:?}", shown(&given)));
        }
        return;
    }
    if let Some(times) = expected.times_a_day {
        let a_day_later = |pair: &[Timestamp]| pair[times].as_second() - pair[0].as_second() == 24 * 3600;
        if given.len() <= times || !given.windows(times + 1).all(a_day_later) {
            wrong.push(format!("it does not fire {times} times each day, but at {:?}", shown(&given)));
        }
        return;
    }
    // Counted from the first time it gives: what lies before has passed since the draft was made, at most minutes ago.
    let now = Timestamp::now();
    let wanted: Vec<Timestamp> = times(expected, &zone, now - 2.minutes()).collect();
    let skips_one = usize::from(wanted.first().is_some_and(|time| *time <= now && time != first));
    let count = if expected.once || expected.tomorrow { 1 } else { given.len().max(3) };
    let wanted: Vec<Timestamp> = wanted.into_iter().skip(skips_one).take(count).collect();
    if given != wanted {
        wrong.push(format!("it fires at {:?} instead of {:?}", shown(&given), shown(&wanted)));
    }
}

/// The times after a moment, in order.
fn times<'a>(expected: &'a Fires, zone: &'a TimeZone, after: Timestamp) -> impl Iterator<Item = Timestamp> + 'a {
    let start = after.to_zoned(zone.clone()).date();
    let mut at: Vec<Time> = expected.at.iter().map(|time| time.parse().expect("the case names times of the day")).collect();
    at.sort();
    let days = (0..HORIZON_DAYS).map(move |ahead| start.saturating_add(Span::new().days(ahead)));
    let days = days.enumerate().filter(move |(ahead, day)| {
        let of_month = |wanted: &i8| if *wanted < 0 { day.days_in_month() + wanted + 1 } else { *wanted };
        (!expected.tomorrow || *ahead == 1)
            && (expected.weekdays.is_empty() || expected.weekdays.iter().any(|name| weekday(name) == day.weekday()))
            && (expected.month_days.is_empty() || expected.month_days.iter().any(|wanted| of_month(wanted) == day.day()))
            && (expected.months.is_empty() || expected.months.contains(&day.month()))
    });
    days.flat_map(move |(_, day)| at.clone().into_iter().map(move |time| day.to_datetime(time)))
        .filter_map(|moment| moment.to_zoned(zone.clone()).ok())
        .map(|moment: Zoned| moment.timestamp())
        .filter(move |moment| *moment > after)
}

fn weekday(name: &str) -> Weekday {
    match name {
        "mon" => Weekday::Monday,
        "tue" => Weekday::Tuesday,
        "wed" => Weekday::Wednesday,
        "thu" => Weekday::Thursday,
        "fri" => Weekday::Friday,
        "sat" => Weekday::Saturday,
        "sun" => Weekday::Sunday,
        other => panic!("a case names the weekday {other:?}"),
    }
}
