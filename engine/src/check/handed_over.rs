//! Outsiders' words that one workflow hands over to another (`flow.call`). Each document is judged alone when it is checked:
//! what meets only when one calls the other is judged here, before the call.

use super::report::Report;
use super::survey::{Role, Survey};
use super::taint::origin_of;
use super::{CheckEnv, destinations};
use crate::action::Catalogue;
use crate::document::escape;
use jiff::Timestamp;
use sayflow_protocol::DestinationKind;
use sayflow_protocol::workflow::{Step, Workflow};
use std::collections::{BTreeSet, HashMap};

/// Stands for all inputs, where one expression gives them.
const ALL: &str = "*";

/// The inputs of called workflows that outsiders' words are in, by the path of the calling step.
pub(crate) type HandedOver = HashMap<String, BTreeSet<String>>;

/// What a workflow hands over of outsiders' words.
pub(crate) fn handed_over(workflow: &Workflow, catalogue: &Catalogue) -> HandedOver {
    // Most workflows call no other one.
    if !calls(&workflow.steps, catalogue) && !calls(&workflow.on_failure, catalogue) {
        return HandedOver::new();
    }
    let env = CheckEnv { catalogue, credentials: &[], now: Timestamp::UNIX_EPOCH, timezone: "UTC" };
    of_survey(&Survey::new(workflow, &env))
}

/// Why a workflow may not be given outsiders' words in these inputs: where one of them would decide something. It may have
/// them as content, and within patterns.
pub(crate) fn would_decide(workflow: &Workflow, catalogue: &Catalogue, inputs: &BTreeSet<String>) -> Option<String> {
    let env = CheckEnv { catalogue, credentials: &[], now: Timestamp::UNIX_EPOCH, timezone: "UTC" };
    let mut survey = Survey::new(workflow, &env);
    survey.outside_inputs = if inputs.contains(ALL) { workflow.inputs.keys().cloned().collect() } else { inputs.clone() };
    let mut report = Report::default();
    destinations::check(&survey, &mut report);
    let decided = report.first_error().map(str::to_owned);
    // A third workflow would not know whose words they are.
    decided.or_else(|| of_survey(&survey).keys().next().map(|step| format!("the step \"{step}\" hands them over to another workflow")))
}

fn calls(steps: &[Step], catalogue: &Catalogue) -> bool {
    let is_call =
        |uses: &str| catalogue.spec(uses).is_some_and(|spec| spec.destinations.iter().any(|rule| rule.kind == DestinationKind::Workflow));
    steps.iter().any(|step| step.uses.as_deref().is_some_and(is_call) || calls(&step.steps, catalogue))
}

fn of_survey(survey: &Survey<'_>) -> HandedOver {
    let mut found = HandedOver::new();
    for (number, site) in survey.sites.iter().enumerate() {
        let place = |name: &str| site.spec.is_some_and(|spec| spec.destinations.iter().any(|rule| rule.param == name));
        if !site.spec.is_some_and(|spec| spec.destinations.iter().any(|rule| rule.kind == DestinationKind::Workflow)) {
            continue;
        }
        for leaf in survey.leaves_of(number) {
            let Role::With(param) = leaf.role else { continue };
            if place(param) || origin_of(survey, leaf).is_none() {
                continue;
            }
            let under = format!("{}/with/{}", site.pointer, escape(param));
            let input = leaf.pointer.strip_prefix(&under).and_then(|rest| rest.split('/').nth(1));
            let name = input.map_or_else(|| ALL.to_owned(), |name| name.replace("~1", "/").replace("~0", "~"));
            found.entry(path_of(survey, number)).or_default().insert(name);
        }
    }
    found
}

/// The path of a step as a footprint names it.
fn path_of(survey: &Survey<'_>, site: usize) -> String {
    let mut chain: Vec<&str> = survey.with_groups(site).into_iter().map(|site| survey.sites[site].step.id.as_str()).collect();
    chain.reverse();
    let path = chain.join("/");
    if survey.in_on_failure(site) { format!("on_failure/{path}") } else { path }
}
