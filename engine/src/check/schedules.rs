//! E0501–E0507, W0501: schedules and zones.

use super::report::Report;
use super::survey::Survey;
use crate::schedule::{CronProblem, Misfire, moment, validate_cron, zone_of};
use crate::suggest::nearest;
use jiff::tz::TimeZone;
use sayflow_protocol::Interval;
use sayflow_protocol::workflow::Trigger;
use std::time::Duration;

pub(super) fn check(survey: &Survey<'_>, trigger: &Trigger, pointer: &str, report: &mut Report) {
    let Trigger::Schedule { cron, every, at, timezone, misfire, .. } = trigger else { return };
    let given: Vec<&str> = [("cron", cron.is_some()), ("every", every.is_some()), ("at", at.is_some())]
        .iter()
        .filter(|(_, given)| *given)
        .map(|(name, _)| *name)
        .collect();
    let help = || Some("give exactly one of cron, every and at; several schedules are several triggers".to_owned());
    match given.as_slice() {
        [] => report.error("E0501", pointer, "a schedule without a time", help()),
        [_] => {}
        several => report.error("E0501", pointer, format!("a schedule with {}", several.join(" and ")), help()),
    }
    check_zone(timezone.as_deref(), &format!("{pointer}/timezone"), report);
    if let Some(text) = cron {
        check_cron(text, &format!("{pointer}/cron"), report);
    }
    check_every(every.as_ref(), pointer, report);
    if let Some(text) = at {
        let zone = zone_of(trigger, survey.workflow.timezone.as_deref(), survey.env.timezone);
        check_at(survey, text, zone, &format!("{pointer}/at"), report);
    }
    if let Some(text) = misfire
        && let Err(why) = text.parse::<Misfire>()
    {
        let help = "use skip, run_once, or run_all:3 for at most three (999 is the most)".to_owned();
        report.error("E0507", &format!("{pointer}/misfire"), why.to_string(), Some(help));
    }
}

fn check_cron(text: &str, pointer: &str, report: &mut Report) {
    match validate_cron(text) {
        Ok(()) => {}
        Err(why @ CronProblem::Never) => {
            report.error("E0503", pointer, why.to_string(), Some("choose a day that the month has; L is the last day".to_owned()));
        }
        Err(why) => {
            let help = match (&why, text.trim()) {
                (_, "@hourly") => "write 0 * * * *".to_owned(),
                (_, "@daily" | "@midnight") => "write 0 0 * * *".to_owned(),
                (_, "@weekly") => "write 0 0 * * 0".to_owned(),
                (_, "@monthly") => "write 0 0 1 * *".to_owned(),
                (CronProblem::Fields { found: 6 }, _) => "there is no field for seconds; use `every` for short distances".to_owned(),
                _ => "for example 0 9 * * 1-5 is every weekday at nine".to_owned(),
            };
            report.error("E0502", pointer, why.to_string(), Some(help));
        }
    }
}

pub(super) fn check_every(every: Option<&Interval>, pointer: &str, report: &mut Report) {
    if let Some(every) = every
        && every.duration() < Duration::from_secs(1)
    {
        let message = format!("`every` is {every}; 1s is the least");
        report.error("E0504", &format!("{pointer}/every"), message, Some("choose a longer distance".to_owned()));
    }
}

fn check_at(survey: &Survey<'_>, text: &str, zone: &str, pointer: &str, report: &mut Report) {
    // An unknown zone has its own finding.
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    match moment(text, &zone) {
        None => {
            let help = "write 2026-07-01T09:00 (in the zone) or 2026-07-01T09:00:00+02:00".to_owned();
            report.error("E0505", pointer, format!("\"{text}\" is no date and time"), Some(help));
        }
        Some(moment) if moment <= survey.env.now => {
            report.warning("W0501", pointer, format!("{text} has passed, so that it never fires"), Some("choose a later time".to_owned()));
        }
        Some(_) => {}
    }
}

pub(super) fn check_zone(zone: Option<&str>, pointer: &str, report: &mut Report) {
    let Some(zone) = zone else { return };
    let known = jiff::tz::db();
    // An IANA name is compared exactly, so that what is stored is what everybody writes.
    if known.get(zone).is_ok_and(|found| found.iana_name() == Some(zone)) {
        return;
    }
    let names: Vec<String> = known.available().map(|name| name.to_string()).collect();
    let city = zone.replace(' ', "_").to_lowercase();
    let by_city = names.iter().find(|name| name.rsplit('/').next().is_some_and(|last| last.to_lowercase() == city));
    let near = by_city.map(String::as_str).or_else(|| nearest(zone, names.iter().map(String::as_str)));
    let help = match near {
        Some(name) => format!("did you mean \"{name}\"?"),
        None => "use an IANA name such as Europe/Berlin or UTC".to_owned(),
    };
    report.error("E0506", pointer, format!("unknown time zone \"{zone}\""), Some(help));
}
