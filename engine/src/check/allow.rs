//! E0702–E0704, W0701: what a step allows its destinations to be.

use super::report::Report;
use super::survey::{Site, Survey};
use crate::action::ActionSpec;
use crate::document::escape;
use crate::footprint::{fault, places_of};
use crate::suggest::did_you_mean;
use sayflow_protocol::workflow::Allowed;
use sayflow_protocol::{Destination, DestinationKind};

pub(super) fn check(survey: &Survey<'_>, report: &mut Report) {
    for site in &survey.sites {
        for (param, allowed) in &site.step.allow {
            let pointer = format!("{}/allow/{}", site.pointer, escape(param));
            if site.step.is_group() {
                let help = "places belong to the steps of the group".to_owned();
                report.error_on_key("E0702", &pointer, "a group goes to no place itself", Some(help));
            } else if let Some(spec) = site.spec {
                entry(site, spec, param, allowed, &pointer, report);
            }
        }
    }
}

fn entry(site: &Site<'_>, spec: &ActionSpec, param: &str, allowed: &Allowed, pointer: &str, report: &mut Report) {
    let Some(rule) = spec.destinations.iter().find(|rule| rule.param == param) else {
        let known = spec.destinations.iter().map(|rule| rule.param.as_str());
        let help = match spec.destinations.is_empty() {
            true => Some(format!("{} goes to no place that could be allowed", spec.id)),
            false => did_you_mean(param, known, &format!("the destinations of {} are", spec.id)),
        };
        report.error_on_key("E0702", pointer, format!("`{param}` is no destination of {}", spec.id), help);
        return;
    };
    patterns(allowed, rule.kind, pointer, report);
    if allowed.max == Some(0) || (allowed.patterns.is_empty() && allowed.max.is_none()) {
        let help = "give `patterns`, or `max` from 1, or both".to_owned();
        report.error("E0704", pointer, format!("this allows nothing about `{param}`"), Some(help));
    }
    let from_data = |destination: &Destination| matches!(destination, Destination::Dynamic { .. });
    if !places_of(site.step, spec, None).iter().any(|place| place.param == param && from_data(&place.destination)) {
        let message = format!("`allow` has no effect: `{param}` does not come from data");
        report.warning("W0701", pointer, message, Some("take it out: a place that the document names is approved as it is".to_owned()));
    }
}

fn patterns(allowed: &Allowed, kind: DestinationKind, pointer: &str, report: &mut Report) {
    for (at, pattern) in allowed.patterns.iter().enumerate() {
        if let Some(why) = fault(pattern, kind) {
            let help = "name a part of the place, such as #team-*, *@example.com, *.example.com or out/**".to_owned();
            report.error("E0703", &format!("{pointer}/patterns/{at}"), why, Some(help));
        }
    }
}
