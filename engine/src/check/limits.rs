//! E0612, W0602: what the runs of a workflow may use up.

use super::report::Report;
use super::survey::Survey;
use crate::limits::MOST_USD;

pub(super) fn check(survey: &Survey<'_>, report: &mut Report) {
    let Some(limits) = &survey.workflow.limits else { return };
    let counts = [
        ("runs_per_minute", limits.runs_per_minute.map(u64::from)),
        ("runs_per_hour", limits.runs_per_hour.map(u64::from)),
        ("bytes_per_run", limits.bytes_per_run),
    ];
    for (name, _) in counts.iter().filter(|(_, count)| *count == Some(0)) {
        let help = "leave it out for no limit; to stop a workflow, deactivate it".to_owned();
        report.error("E0612", &format!("/limits/{name}"), format!("`{name}` must be at least 1"), Some(help));
    }
    let amounts = [("model_usd_per_run", limits.model_usd_per_run), ("model_usd_per_day", limits.model_usd_per_day)];
    for (name, usd) in amounts.iter().filter_map(|(name, usd)| Some((name, (*usd)?))) {
        if !(usd > 0.0 && usd <= MOST_USD) {
            let message = format!("`{name}` must be more than 0 and at most {MOST_USD} US dollars");
            let help = "leave it out for no limit; 0.05 is five cents".to_owned();
            report.error("E0612", &format!("/limits/{name}"), message, Some(help));
        }
    }
    let mut never = |name: &str, why: &str| {
        let message = format!("`{name}` is never reached: {why}");
        report.warning("W0602", &format!("/limits/{name}"), message, Some("lower it, or take it out".to_owned()));
    };
    if let (Some(minute), Some(hour)) = (limits.runs_per_minute, limits.runs_per_hour)
        && minute > 0
        && hour > 0
    {
        if minute > hour {
            never("runs_per_minute", &format!("no more than {hour} runs begin in an hour"));
        } else if u64::from(hour) >= u64::from(minute) * 60 {
            never("runs_per_hour", &format!("no more than {minute} runs begin in a minute"));
        }
    }
    if let (Some(run), Some(day)) = (limits.model_usd_per_run, limits.model_usd_per_day)
        && run > day
        && day > 0.0
    {
        never("model_usd_per_run", &format!("all runs of a day spend no more than ${day}"));
    }
}
