//! The templates as the catalogue sees them.

use crate::world::World;
use insta::assert_snapshot;
use sayflow_agent::say;
use sayflow_agent::templates::{self, Template};
use sayflow_engine::action::Catalogue;
use sayflow_engine::check::{CheckEnv, Checked, check_value};
use sayflow_protocol::workflow::Step;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn checked(template: &Template, catalogue: &Catalogue) -> Checked {
    let accounts = [("slack", "slack"), ("telegram", "telegram"), ("smtp", "smtp"), ("website", "http-bearer")];
    let accounts = accounts.map(|(name, kind)| (name.to_owned(), kind.to_owned()));
    let now = "2026-11-20T11:00:00Z".parse().unwrap();
    let env = CheckEnv { catalogue, credentials: &accounts, now, timezone: "Europe/Berlin" };
    check_value(&serde_json::to_value(&template.workflow).unwrap(), &env)
}

#[test]
fn every_template_passes_the_checks_without_a_finding() {
    let catalogue = sayflow_actions::catalogue();
    for template in templates::all() {
        assert_eq!(checked(template, &catalogue).diagnostics, [], "{}", template.info.name);
    }
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

/// What a template finds in the test's world, and what starts it.
fn scene(template: &str) -> (World, Option<Value>) {
    let world = World::default();
    let hook = |payload: Value| Some(json!({ "type": "webhook", "time": "2026-11-20T09:00:00Z", "payload": payload, "headers": {} }));
    match template {
        "clean-subscriber-list" => {
            (world.file("subscribers.csv", "name,email\nZoe,zoe@x.example\nAnn,ANN@x.example\nAnn,ann@x.example\nBob,none\n"), None)
        }
        "contact-form-to-mail" => (world, hook(json!({ "name": "Ann", "email": "ann@x.example", "message": "Hello." }))),
        "endpoint-health-check" => (world.page("https://shop.example/health", 503, "down"), None),
        "exchange-rate-log" => {
            let world = world.page("https://rates.example/latest", 200, r#"{"base":"EUR","rates":{"USD":1.09}}"#);
            (world.file("rates.csv", "date,currency,rate\n2026-01-01,USD,1.05\n"), None)
        }
        "expenses-by-category" => (world.file("expenses.csv", "category,amount\ntravel,100.50\nfood,20\ntravel,9.5\n"), None),
        "failed-jobs-report" => {
            let world = world.table("jobs.db", "create table jobs (queue text, error text, status text, finished_at text)");
            let rows = "insert into jobs values ('mail', 'x', 'failed', datetime('now')), ('mail', 'y', 'failed', datetime('now')), \
                        ('mail', 'z', 'done', datetime('now')), ('sync', 'old', 'failed', '2020-01-01 00:00:00')";
            (world.table("jobs.db", rows), None)
        }
        "large-orders-to-slack" => (world.file("orders.csv", "customer,amount\nAnn,500\nBob,20\nCid,1200\n"), None),
        "low-stock-alert" => {
            let world = world.table("shop.db", "create table products (name text, stock integer)");
            (world.table("shop.db", "insert into products values ('pen', 3), ('ink', 30), ('cap', 9)"), None)
        }
        "morning-weather-telegram" => {
            (world.page("https://weather.example/api/today", 200, r#"{"temperature":4,"summary":"showers","rain":0.8}"#), None)
        }
        "overdue-invoices-digest" => {
            let world = world.table("books.db", "create table invoices (number text, customer text, amount real, due text, paid integer)");
            let rows = "insert into invoices values ('A1', 'Ann', 10.5, '2020-01-01', 0), ('A2', 'Bob', 5, '2020-02-01', 0), \
                        ('A3', 'Cid', 7, '2020-02-01', 1), ('A4', 'Dan', 7, '2999-01-01', 0)";
            (world.table("books.db", rows), None)
        }
        "page-headlines-by-mail" => {
            (world.page("https://competitor.example/blog", 200, "<h2><a href=/1>One</a></h2><p>x</p><h2><a href=/2>Two</a></h2>"), None)
        }
        "release-feed-to-slack" => {
            let entry = |title: &str| format!("<item><title>{title}</title><link>https://news.example/{}</link></item>", title.len());
            let items = entry("A new Release is here") + &entry("Some news");
            let feed = format!("<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>News</title>{items}</channel></rss>");
            (world.page("https://news.example/feed.xml", 200, &feed), None)
        }
        "urgent-tickets-telegram" => {
            let tickets = r#"[{"id":7,"subject":"Site down","priority":"urgent"},{"id":8,"subject":"Typo","priority":"low"}]"#;
            (world.page("https://desk.example/api/tickets", 200, tickets), None)
        }
        "webhook-lead-capture" => (world, hook(json!({ "name": "Ann", "email": "ann@x.example" }))),
        "xml-orders-to-database" => {
            let xml = "<orders><order id=\"1\"><customer>Ann</customer><amount>9.5</amount></order>\
                       <order id=\"2\"><customer>Bob</customer><amount>3</amount></order></orders>";
            (world.file("orders.xml", xml), None)
        }
        other => panic!("the template {other} has no scene in this test: add one"),
    }
}

#[tokio::test]
async fn every_template_does_what_it_says() {
    let mut told = Vec::new();
    for template in templates::all() {
        let (world, trigger) = scene(&template.info.name);
        let lines = world.effects_of(&template.workflow, trigger).await;
        told.push(format!("{}\n    {}", template.info.name, lines.join("\n    ")));
    }
    assert_snapshot!(told.join("\n"));
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
