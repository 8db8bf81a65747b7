//! E0701: writes whose destination is taken from data that outsiders control.
//!
//! Feeds, pages, other people's messages, the payload of webhooks, and answers of hosts that the document does not name
//! may fill what is written, but not say where it goes. Inputs, files of the workspace, databases and the answers of
//! hosts that the document names are the person's own choice; what they say shows up as dynamic in the footprint.

use super::report::Report;
use super::survey::{Leaf, Role, Survey};
use crate::expr::Reference;
use crate::footprint::{places_of, with_of};
use sayflow_protocol::workflow::Trigger;
use sayflow_protocol::{Destination, DestinationKind, Effect};
use std::collections::BTreeSet;

pub(super) fn check(survey: &Survey<'_>, report: &mut Report) {
    for (number, site) in survey.sites.iter().enumerate() {
        let Some(spec) = site.spec else { continue };
        for place in places_of(site.step, spec, None) {
            let Destination::Dynamic { allow, .. } = &place.destination else { continue };
            if place.effect != Effect::Write || !allow.is_empty() {
                continue;
            }
            let under = format!("{}/with/{}", site.pointer, crate::document::escape(&place.param));
            let inside = |leaf: &&Leaf<'_>| leaf.pointer == under || leaf.pointer.starts_with(&format!("{under}/"));
            for leaf in survey.leaves_of(number).filter(inside) {
                let origin = leaf.references().iter().find_map(|reference| origin(survey, leaf, reference, &mut BTreeSet::new()));
                if let Some(origin) = origin {
                    let message = format!("{} is chosen by data from outside: {origin}", kind_in_words(place.kind));
                    let help = "write the destination in the document, take it from an input, or choose between fixed ones with `if` and `else_of`";
                    report.error("E0701", &leaf.pointer, message, Some(help.to_owned()));
                }
            }
        }
    }
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

/// Where outsiders get into a value, if they do.
fn origin(survey: &Survey<'_>, leaf: &Leaf<'_>, reference: &Reference, seen: &mut BTreeSet<usize>) -> Option<String> {
    match reference.root.as_str() {
        "trigger" if reference.path.first().is_none_or(|name| name == "payload" || name == "headers") && takes_payload(survey) => {
            Some("the trigger's payload".to_owned())
        }
        "item" => {
            let chain = survey.with_groups(leaf.owner?);
            let loops = chain.into_iter().find(|site| survey.sites[*site].step.for_each.is_some())?;
            of_leaves(survey, loops, seen, |role| role == Role::ForEach)
        }
        "steps" => of_step(survey, survey.find(leaf, reference.path.first()?)?, seen),
        _ => None,
    }
}

fn takes_payload(survey: &Survey<'_>) -> bool {
    let outside = |trigger: &Trigger| matches!(trigger, Trigger::Webhook { .. } | Trigger::Feed { .. } | Trigger::Message { .. });
    survey.workflow.triggers.iter().any(outside)
}

fn of_step(survey: &Survey<'_>, site: usize, seen: &mut BTreeSet<usize>) -> Option<String> {
    if !seen.insert(site) {
        return None;
    }
    let step = survey.sites[site].step;
    if step.is_group() {
        return of_leaves(survey, site, seen, |role| role == Role::GroupOutput);
    }
    let spec = survey.sites[site].spec?;
    let effect = spec.effect_of(&with_of(step));
    let named = places_of(step, spec, None).iter().all(|place| matches!(place.destination, Destination::Fixed(_)));
    if spec.from_outsiders || (effect != Effect::None && !named) {
        return Some(format!("the step \"{}\" ({})", step.id, spec.id));
    }
    if effect != Effect::None {
        return None;
    }
    of_leaves(survey, site, seen, |role| matches!(role, Role::With(_) | Role::Lambda(_) | Role::ForEach))
}

fn of_leaves(survey: &Survey<'_>, site: usize, seen: &mut BTreeSet<usize>, wanted: impl Fn(Role<'_>) -> bool) -> Option<String> {
    let leaves: Vec<&Leaf<'_>> = survey.leaves_of(site).filter(|leaf| wanted(leaf.role)).collect();
    leaves.into_iter().find_map(|leaf| leaf.references().iter().find_map(|reference| origin(survey, leaf, reference, seen)))
}
