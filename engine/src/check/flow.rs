//! E0601–E0610, E0211, W0601: the shape of steps: action or group, loops, retries, conditions between steps.

use super::report::Report;
use super::survey::{Site, Survey};
use crate::expr::Template;
use sayflow_protocol::workflow::Step;
use serde_json::Value;

/// The most attempts that `retry` may ask for.
const MOST_ATTEMPTS: u32 = 20;

pub(super) fn check(survey: &Survey<'_>, report: &mut Report) {
    if survey.workflow.steps.is_empty() {
        report.error("E0609", "/steps", "the workflow has no steps", Some("add at least one step with `id` and `uses`".to_owned()));
    }
    if survey.workflow.concurrency == Some(0) {
        report.error("E0602", "/concurrency", "`concurrency` must be at least 1", Some("leave it out for no limit".to_owned()));
    }
    zero_timeout(survey.workflow.timeout.as_ref(), "/timeout", report);
    for (number, site) in survey.sites.iter().enumerate() {
        action_or_group(site, report);
        list_to_loop_over(site, report);
        counts(site, report);
        retry(site, report);
        zero_timeout(site.step.timeout.as_ref(), &format!("{}/timeout", site.pointer), report);
        between_steps(survey, number, report);
    }
}

fn zero_timeout(timeout: Option<&sayflow_protocol::Interval>, pointer: &str, report: &mut Report) {
    if timeout.is_some_and(|timeout| timeout.duration().is_zero()) {
        report.error("E0610", pointer, "a timeout of nothing fails at once", Some("give it some time, such as 30s".to_owned()));
    }
}

fn action_or_group(site: &Site<'_>, report: &mut Report) {
    let Step { id, uses, steps, with, credential, outputs, .. } = site.step;
    let group = !steps.is_empty();
    match (uses.is_some(), group) {
        (true, true) => {
            let help = "a step either uses an action or is a group of steps; put the action into a step of the group".to_owned();
            report.error("E0606", &site.pointer, format!("the step \"{id}\" has both `uses` and `steps`"), Some(help));
        }
        (false, false) => {
            let help = "add `uses` with an action, or `steps` for a group".to_owned();
            report.error("E0606", &site.pointer, format!("the step \"{id}\" does nothing"), Some(help));
        }
        _ => {}
    }
    let misplaced = |key: &str, help: &str, report: &mut Report| {
        report.error_on_key("E0607", &format!("{}/{key}", site.pointer), format!("`{key}` does not belong here"), Some(help.to_owned()));
    };
    if group && uses.is_none() {
        if !with.is_empty() {
            misplaced("with", "parameters belong to the steps of the group", report);
        }
        if credential.is_some() {
            misplaced("credential", "accounts belong to the steps of the group", report);
        }
    }
    if !group && !outputs.is_empty() {
        misplaced("outputs", "only a group declares outputs; the output of an action is steps.ID.output", report);
    }
}

fn list_to_loop_over(site: &Site<'_>, report: &mut Report) {
    let pointer = format!("{}/for_each", site.pointer);
    let help = "give a list, or one expression that yields a list: ${{ steps.ID.output.items }}";
    match &site.step.for_each {
        None => {
            if site.step.concurrency.is_some() {
                let message = "`concurrency` has no effect without `for_each`";
                report.warning(
                    "W0601",
                    &format!("{}/concurrency", site.pointer),
                    message,
                    Some("take it out, or add `for_each`".to_owned()),
                );
            }
        }
        Some(Value::Array(_)) => {}
        Some(Value::String(text)) => {
            let whole =
                Template::compile(&Value::from(text.as_str())).map_or(text.contains("${{"), |template| template.is_whole_expression());
            if !whole {
                report.error("E0601", &pointer, "`for_each` is text, not a list", Some(help.to_owned()));
            }
        }
        Some(_) => report.error("E0601", &pointer, "`for_each` must be a list or an expression", Some(help.to_owned())),
    }
}

fn counts(site: &Site<'_>, report: &mut Report) {
    if site.step.concurrency == Some(0) {
        let help = Some("1 runs the items one after the other".to_owned());
        report.error("E0602", &format!("{}/concurrency", site.pointer), "`concurrency` must be at least 1", help);
    }
    if site.step.repeat.as_ref().is_some_and(|repeat| repeat.max == 0) {
        let help = Some("`max` is the most times that the step runs".to_owned());
        report.error("E0603", &format!("{}/repeat/max", site.pointer), "`max` must be at least 1", help);
    }
}

fn retry(site: &Site<'_>, report: &mut Report) {
    let Some(retry) = &site.step.retry else { return };
    if !(1..=MOST_ATTEMPTS).contains(&retry.max_attempts) {
        let message = format!("`max_attempts` must be from 1 to {MOST_ATTEMPTS}, not {}", retry.max_attempts);
        let help = Some("it counts all attempts, the first included".to_owned());
        report.error("E0604", &format!("{}/retry/max_attempts", site.pointer), message, help);
    }
    if site.step.is_group() {
        let help = Some("give `retry` to the steps of the group".to_owned());
        report.error_on_key("E0605", &format!("{}/retry", site.pointer), "a group cannot be retried as a whole", help);
    }
}

fn between_steps(survey: &Survey<'_>, number: usize, report: &mut Report) {
    let site = &survey.sites[number];
    if site.step.when.is_some() && survey.needs[number].is_empty() {
        let help = Some("name the steps that it is about under `needs`".to_owned());
        report.error("E0608", &format!("{}/when", site.pointer), "`when` without any step that is needed", help);
    }
    if let Some(target) = &site.step.else_of
        && let Some(other) = survey.find_in(site.list, target)
        && other != number
        && survey.sites[other].step.condition.is_none()
    {
        let message = format!("the step \"{target}\" has no `if`, so that its `else` never runs");
        report.error("E0211", &format!("{}/else_of", site.pointer), message, Some(format!("give \"{target}\" an `if`")));
    }
}
