//! Where words of outsiders get to: a value is followed back through references, loops, groups, actions that compute,
//! language models, and files that the workflow itself writes.
//!
//! Outsiders write feeds, pages, other people's messages, what webhooks bring, answers of hosts that the document does not
//! name, what other workflows hand back, and the texts of failures. Inputs, files of the workspace, databases and answers of
//! hosts that the document names are the person's own choice.

use super::survey::{Leaf, Role, Survey};
use crate::action::ActionSpec;
use crate::expr::Reference;
use crate::footprint::{StepPlace, is_folder_kind, overlap, places_of, with_of};
use sayflow_protocol::workflow::Trigger;
use sayflow_protocol::{Destination, DestinationKind, Effect};
use std::collections::BTreeSet;

/// What of the end of another workflow's run is not in anybody's words.
const PLAIN_OF_EVENT: &[&str] = &["run", "workflow", "status"];

/// Where outsiders get into a text of the document, in words, if they do.
pub(super) fn origin_of(survey: &Survey<'_>, leaf: &Leaf<'_>) -> Option<String> {
    let mut seen = BTreeSet::new();
    leaf.references().iter().find_map(|reference| origin(survey, leaf, reference, &mut seen))
}

fn origin(survey: &Survey<'_>, leaf: &Leaf<'_>, reference: &Reference, seen: &mut BTreeSet<usize>) -> Option<String> {
    match reference.root.as_str() {
        "trigger" => of_trigger(survey, reference),
        "inputs" => {
            let outside = &survey.outside_inputs;
            let named = reference.path.first().map_or(!outside.is_empty(), |name| outside.contains(name));
            named.then(|| "what the calling workflow hands over".to_owned())
        }
        "error" if reference.path.first().is_none_or(|name| name != "step") => Some("the text of a failure".to_owned()),
        "item" => {
            // A loop's own list is judged outside of it: there `item` is that of the loop around.
            let own = !matches!(leaf.role, Role::If | Role::ForEach);
            let chain = survey.with_groups(leaf.owner?);
            let loops = chain.into_iter().skip(usize::from(!own)).find(|site| survey.sites[*site].step.for_each.is_some())?;
            of_leaves(survey, loops, seen, |role| role == Role::ForEach)
        }
        "steps" => {
            let site = survey.find(leaf, reference.path.first()?)?;
            match reference.path.get(1).map(String::as_str) {
                Some("status") => None,
                Some("error") if reference.path.get(2).is_some_and(|name| name == "step") => None,
                Some("error") => Some(format!("the text of a failure of the step \"{}\"", survey.sites[site].step.id)),
                _ => of_step(survey, site, seen),
            }
        }
        _ => None,
    }
}

fn of_trigger(survey: &Survey<'_>, reference: &Reference) -> Option<String> {
    if reference.path.first().is_some_and(|name| name != "payload" && name != "headers") {
        return None;
    }
    let any = |wanted: fn(&Trigger) -> bool| survey.workflow.triggers.iter().any(wanted);
    if any(|trigger| matches!(trigger, Trigger::Webhook { .. } | Trigger::Feed { .. } | Trigger::Message { .. })) {
        return Some("the trigger's payload".to_owned());
    }
    let plain = reference.path.get(1).is_some_and(|name| PLAIN_OF_EVENT.contains(&name.as_str()));
    (!plain && any(|trigger| matches!(trigger, Trigger::Event { .. }))).then(|| "what another workflow's run ended with".to_owned())
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
    let places = places_of(step, spec, None);
    if hands_on(spec, effect) {
        return of_leaves(survey, site, seen, |role| matches!(role, Role::With(_) | Role::Lambda(_) | Role::ForEach));
    }
    let named = places.iter().all(|place| matches!(place.destination, Destination::Fixed(_)));
    let other_workflow = places.iter().any(|place| place.kind == DestinationKind::Workflow);
    if spec.from_outsiders || !named || other_workflow {
        return Some(format!("the step \"{}\" ({})", step.id, spec.id));
    }
    places.iter().filter(|place| is_folder_kind(place.kind)).find_map(|place| of_place(survey, place, seen))
}

/// Whether an output is made of nothing but what the action is given: it computes, or it asks a model, whose answer says
/// whatever its material makes it say.
fn hands_on(spec: &ActionSpec, effect: Effect) -> bool {
    let to_models = !spec.destinations.is_empty() && spec.destinations.iter().all(|rule| rule.kind == DestinationKind::Model);
    effect == Effect::None || to_models
}

/// Whose words are in a file or database that steps of the same workflow write.
fn of_place(survey: &Survey<'_>, read: &StepPlace, seen: &mut BTreeSet<usize>) -> Option<String> {
    for (number, site) in survey.sites.iter().enumerate() {
        let Some(spec) = site.spec else { continue };
        let writes =
            |place: &StepPlace| place.effect == Effect::Write && place.kind == read.kind && overlap(&place.destination, &read.destination);
        let here: Vec<String> = places_of(site.step, spec, None).into_iter().filter(writes).map(|place| place.param).collect();
        if here.is_empty() || !seen.insert(number) {
            continue;
        }
        let content = |role: Role<'_>| match role {
            Role::With(name) => !here.iter().any(|param| param == name),
            Role::Lambda(_) => true,
            _ => false,
        };
        if let Some(origin) = of_leaves(survey, number, seen, content) {
            return Some(format!("{origin}, kept by the step \"{}\"", site.step.id));
        }
    }
    None
}

fn of_leaves(survey: &Survey<'_>, site: usize, seen: &mut BTreeSet<usize>, wanted: impl Fn(Role<'_>) -> bool) -> Option<String> {
    let leaves: Vec<&Leaf<'_>> = survey.leaves_of(site).filter(|leaf| wanted(leaf.role)).collect();
    leaves.into_iter().find_map(|leaf| leaf.references().iter().find_map(|reference| origin(survey, leaf, reference, seen)))
}
