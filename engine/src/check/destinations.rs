//! E0701, E0705, E0706, W0702: what words of outsiders must not decide: where something is written, which model gets data,
//! which file is read, what a program or statement does, and what a model is told to do. They may fill what is written.

use super::report::Report;
use super::survey::{Leaf, Survey};
use super::taint::origin_of;
use crate::action::{ActionSpec, role};
use crate::document::escape;
use crate::footprint::{StepPlace, is_folder_kind, places_of};
use sayflow_protocol::{Destination, DestinationKind, Effect};
use serde_json::Value;

pub(super) fn check(survey: &Survey<'_>, report: &mut Report) {
    for (number, site) in survey.sites.iter().enumerate() {
        let Some(spec) = site.spec else { continue };
        for place in places_of(site.step, spec, None) {
            if matches!(&place.destination, Destination::Dynamic { allow, .. } if allow.is_empty()) {
                check_place(survey, number, &place, report);
            }
        }
        check_orders(survey, number, spec, report);
    }
}

fn check_place(survey: &Survey<'_>, number: usize, place: &StepPlace, report: &mut Report) {
    let leaves_the_person = place.effect == Effect::Write || place.kind == DestinationKind::Model;
    if !leaves_the_person && !is_folder_kind(place.kind) {
        return;
    }
    let pattern = match place.kind {
        DestinationKind::Recipient => "*@example.com",
        DestinationKind::File | DestinationKind::Database => "in/**",
        DestinationKind::Host => "*.example.com",
        DestinationKind::Model => "small-*",
        _ => "#team-*",
    };
    let allow = format!("allow: {{{}: {{patterns: [\"{pattern}\"], max: 5}}}}", place.param);
    for leaf in leaves_under(survey, number, &place.param) {
        let Some(origin) = origin_of(survey, leaf) else { continue };
        if leaves_the_person {
            let message = format!("{} is chosen by data from outside: {origin}", kind_in_words(place.kind));
            let help = format!(
                "write the destination in the document, take it from an input, choose between fixed ones with `if` and `else_of`, or say which ones it may be, such as {allow}"
            );
            report.error("E0701", &leaf.pointer, message, Some(help));
        } else {
            let message = format!("{} is chosen by data from outside: {origin}", kind_in_words_when_read(place.kind));
            let help = format!("write its folder in front, such as in/${{{{ … }}}}, or say which ones it may be, such as {allow}");
            report.error("E0705", &leaf.pointer, message, Some(help));
        }
    }
}

/// What a step is told to do, by parameters that hold orders rather than content.
fn check_orders(survey: &Survey<'_>, number: usize, spec: &ActionSpec, report: &mut Report) {
    let Some(params) = spec.params.get("properties").and_then(Value::as_object) else { return };
    for (name, schema) in params {
        match schema.get("x-role").and_then(Value::as_str) {
            Some(role::SQL | role::SCRIPT) => {
                for leaf in leaves_under(survey, number, name) {
                    let Some(origin) = origin_of(survey, leaf) else { continue };
                    let message = format!("`{name}` is written by data from outside: {origin}");
                    let help =
                        "whoever wrote the data decides what is done; hand the values over on their own (`params`, `variables`, `input`)";
                    report.error("E0706", &leaf.pointer, message, Some(help.to_owned()));
                }
            }
            Some(role::PROMPT) => {
                for leaf in leaves_under(survey, number, name) {
                    let Some(origin) = origin_of(survey, leaf) else { continue };
                    let message = format!("data from outside tell the model what to do: {origin}");
                    let help = "hand them over as material, under `input`, `text` or `items`: there the model is told that they are data";
                    report.warning("W0702", &leaf.pointer, message, Some(help.to_owned()));
                }
            }
            _ => {}
        }
    }
}

/// The texts of a parameter.
fn leaves_under<'s, 'a>(survey: &'s Survey<'a>, number: usize, param: &str) -> impl Iterator<Item = &'s Leaf<'a>> {
    let under = format!("{}/with/{}", survey.sites[number].pointer, escape(param));
    survey
        .leaves_of(number)
        .filter(move |leaf| leaf.pointer.strip_prefix(&under).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

fn kind_in_words(kind: DestinationKind) -> &'static str {
    match kind {
        DestinationKind::Host => "the host that is written to",
        DestinationKind::Channel => "the channel",
        DestinationKind::Recipient => "the recipient",
        DestinationKind::File => "the file that is written",
        DestinationKind::Database => "the database that is written",
        DestinationKind::Resource => "what is changed",
        DestinationKind::Workflow => "the workflow that is run",
        DestinationKind::Model => "the language model that data are given to",
    }
}

fn kind_in_words_when_read(kind: DestinationKind) -> &'static str {
    match kind {
        DestinationKind::Database => "the database that is read",
        _ => "the file that is read",
    }
}
