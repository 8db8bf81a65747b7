//! The templates as the catalogue sees them.

use crate::world::World;
use insta::assert_snapshot;
use sayflow_agent::say;
use sayflow_agent::templates::{self, Template};
use sayflow_engine::action::Catalogue;
use sayflow_engine::check::{CheckEnv, Checked, check_value};
use sayflow_protocol::workflow::Step;
use std::collections::BTreeSet;

fn checked(template: &Template, catalogue: &Catalogue) -> Checked {
    let accounts = [
        ("slack", "slack"),
        ("telegram", "telegram"),
        ("smtp", "smtp"),
        ("website", "webhook"),
        ("hooks", "webhook"),
        ("github", "github"),
        ("discord", "discord"),
        ("teams", "teams"),
    ];
    let accounts = accounts.map(|(name, kind)| (name.to_owned(), kind.to_owned()));
    let now = "2026-11-20T11:00:00Z".parse().unwrap();
    let env = CheckEnv { catalogue, credentials: &accounts, now, timezone: "Europe/Berlin" };
    check_value(&serde_json::to_value(&template.workflow).unwrap(), &env)
}

#[test]
fn every_template_passes_the_checks_without_a_finding() {
    let catalogue = sayflow_actions::catalogue();
    let findings: Vec<String> = templates::all()
        .iter()
        .flat_map(|template| {
            let name = &template.info.name;
            checked(template, &catalogue).diagnostics.into_iter().map(move |finding| format!("{name}: {finding:?}"))
        })
        .collect();
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

#[test]
fn every_template_is_said_back_in_plain_words() {
    let catalogue = sayflow_actions::catalogue();
    let fires = ["2026-11-23T08:00:00Z".parse().unwrap()];
    let mut told = Vec::new();
    for template in templates::all() {
        let footprint = checked(template, &catalogue).footprint;
        let scheduled = template.workflow.triggers.iter().any(|trigger| trigger.kind() == "schedule");
        let next = if scheduled { &fires[..] } else { &[] };
        told.push(say::summary(&template.workflow, &footprint, next, "Europe/Berlin", &[]));
        for node in say::graph(&template.workflow, &catalogue) {
            told.push(format!("    {} <- [{}] {}", node.id, node.needs.join(", "), node.label));
        }
    }
    assert_snapshot!(told.join("\n"));
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

#[tokio::test]
async fn templates_with_a_condition_are_quiet_when_it_does_not_hold() {
    let quiet = |name: &str| match name {
        "endpoint-health-check" => World::default().page("https://shop.example/health", 200, "ok"),
        _ => World::default().file("orders.csv", "customer,amount\nBob,20\n"),
    };
    for name in ["endpoint-health-check", "large-orders-to-slack"] {
        let template = templates::find(name).unwrap();
        assert_eq!(quiet(name).effects_of(&template.workflow, None).await, ["Succeeded "], "{name}");
    }
}
