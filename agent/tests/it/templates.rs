//! The templates as the catalogue sees them.

use sayflow_agent::templates::{self, Template};
use sayflow_engine::action::Catalogue;
use sayflow_engine::plan::Plan;
use sayflow_protocol::workflow::Step;
use std::collections::BTreeSet;

#[test]
fn every_template_becomes_a_plan() {
    let catalogue = sayflow_actions::catalogue();
    for template in templates::all() {
        if let Err(why) = Plan::build(&template.workflow, &catalogue) {
            panic!("{}: {why:?}", template.info.name);
        }
    }
}

#[test]
fn every_parameter_of_a_template_is_declared_and_none_is_missing() {
    let catalogue = sayflow_actions::catalogue();
    let faults: Vec<String> = templates::all().iter().flat_map(|template| faults(template, &catalogue)).collect();
    assert_eq!(faults, Vec::<String>::new());
}

fn faults(template: &Template, catalogue: &Catalogue) -> Vec<String> {
    let mut found = Vec::new();
    for step in steps(template) {
        let Some(spec) = step.uses.as_deref().and_then(|id| catalogue.spec(id)) else { continue };
        let place = format!("{} {} {}", template.info.name, step.id, spec.id);
        found.extend(step.with.keys().filter(|name| spec.param(name).is_none()).map(|name| format!("{place} has no {name}")));
        let required = spec.params.get("required").and_then(|list| list.as_array()).into_iter().flatten().filter_map(|name| name.as_str());
        found.extend(required.filter(|name| !step.with.contains_key(*name)).map(|name| format!("{place} lacks {name}")));
    }
    found
}

fn steps(template: &Template) -> impl Iterator<Item = &Step> {
    template.workflow.steps.iter().chain(&template.workflow.on_failure)
}

#[test]
fn the_templates_cover_different_areas_and_services() {
    let areas: BTreeSet<&str> = templates::all().iter().filter_map(|template| template.info.tags.first()).map(String::as_str).collect();
    let wanted = ["engineering", "finance", "marketing", "operations", "personal", "sales", "support"];
    assert_eq!(areas.into_iter().collect::<Vec<_>>(), wanted);
    let used: BTreeSet<&str> = templates::all().iter().flat_map(steps).filter_map(|step| step.uses.as_deref()).collect();
    assert!(used.len() >= 15, "{used:?}");
}
