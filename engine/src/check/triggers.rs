//! E0508–E0513, W0503: webhooks, feeds, files and events. Schedules have their own file.

use super::report::Report;
use super::schedules;
use super::survey::Survey;
use crate::suggest::did_you_mean;
use crate::trigger::route;
use globset::Glob;
use sayflow_protocol::workflow::{Trigger, WebhookAuth};
use std::collections::HashMap;

const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE"];

pub(super) fn check(survey: &Survey<'_>, report: &mut Report) {
    schedules::check_zone(survey.workflow.timezone.as_deref(), "/timezone", report);
    let mut routes = HashMap::new();
    for (at, trigger) in survey.workflow.triggers.iter().enumerate() {
        let pointer = format!("/triggers/{at}");
        match trigger {
            Trigger::Schedule { .. } => schedules::check(survey, trigger, &pointer, report),
            Trigger::Webhook { path, method, auth } => {
                webhook(survey, path, method.as_deref(), auth.as_ref(), &pointer, report);
                let route = route(method.as_deref(), path);
                if let Some(first) = routes.insert(route.clone(), at) {
                    let help = "give each webhook of a workflow its own path or method".to_owned();
                    let message = format!("the webhook {route} is there already, as trigger {}", first + 1);
                    report.error("E0513", &format!("{pointer}/path"), message, Some(help));
                }
            }
            Trigger::Feed { url, every } => {
                feed(url, &pointer, report);
                schedules::check_every(every.as_ref(), &pointer, report);
            }
            Trigger::File { path, pattern } => file(path, pattern.as_deref(), &pointer, report),
            Trigger::Event { workflow, .. } if *workflow == survey.workflow.name => {
                let help = "name another workflow; to act on this one's failure use `on_failure`, to go round use a schedule".to_owned();
                report.error("E0512", &format!("{pointer}/workflow"), "the workflow starts itself when it ends, without end", Some(help));
            }
            Trigger::Manual {} | Trigger::Event { .. } | Trigger::Message { .. } => {}
        }
    }
}

fn webhook(survey: &Survey<'_>, path: &str, method: Option<&str>, auth: Option<&WebhookAuth>, pointer: &str, report: &mut Report) {
    let trimmed = path.strip_prefix('/').unwrap_or(path);
    let part =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte)) && part != "..";
    if !trimmed.split('/').all(part) {
        let help = "use letters, digits, - and _, with / between parts: orders/new".to_owned();
        report.error("E0508", &format!("{pointer}/path"), format!("\"{path}\" is no path for a webhook"), Some(help));
    }
    if let Some(method) = method
        && !METHODS.contains(&method)
    {
        let help = did_you_mean(&method.to_uppercase(), METHODS.iter().copied().take_while(|_| true), "there are");
        report.error("E0509", &format!("{pointer}/method"), format!("unknown method \"{method}\""), help);
    }
    match auth {
        None => {
            let help = "add auth: { type: token, credential: NAME }".to_owned();
            report.warning("W0503", pointer, "anybody who knows the address can start this workflow", Some(help));
        }
        Some(WebhookAuth::Hmac { credential, .. } | WebhookAuth::Token { credential }) => {
            super::credentials::check_exists(survey, credential, &format!("{pointer}/auth/credential"), report);
        }
    }
}

fn feed(url: &str, pointer: &str, report: &mut Report) {
    let good = url::Url::parse(url).is_ok_and(|url| ["http", "https"].contains(&url.scheme()) && url.has_host());
    if !good {
        let help = "give the whole address, beginning with https://".to_owned();
        report.error("E0510", &format!("{pointer}/url"), format!("\"{url}\" is no address of a feed"), Some(help));
    }
}

fn file(path: &str, pattern: Option<&str>, pointer: &str, report: &mut Report) {
    let outside = path.starts_with(['/', '\\', '~']) || path.split(['/', '\\']).any(|part| part == "..") || path.is_empty();
    if outside {
        let help = "give a folder below the workspace folder, such as inbox; . is the workspace folder itself".to_owned();
        report.error("E0511", &format!("{pointer}/path"), format!("\"{path}\" is no folder of the workspace"), Some(help));
    }
    if let Some(pattern) = pattern
        && let Err(why) = Glob::new(pattern)
    {
        let message = format!("\"{pattern}\" is no pattern for file names: {}", why.kind());
        report.error("E0511", &format!("{pointer}/pattern"), message, Some("use * and ?, such as *.csv".to_owned()));
    }
}
