//! Workflows as pages for people.

use insta::assert_snapshot;
use sayflow_agent::document::describe;
use sayflow_agent::templates;
use sayflow_engine::document::{Document, Format};
use sayflow_engine::footprint::footprint;
use sayflow_engine::schedule::next_fires;
use sayflow_protocol::Workflow;
use serde_json::json;

fn page(workflow: &Workflow) -> String {
    let catalogue = sayflow_actions::catalogue();
    let next = next_fires(workflow, "2026-11-20T11:00:00Z".parse().unwrap(), "Europe/Berlin", 3);
    describe(workflow, &catalogue, &footprint(workflow, &catalogue), &next, "Europe/Berlin")
}

fn example(name: &str) -> Workflow {
    let text = std::fs::read_to_string(format!("{}/../examples/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let format = if name.ends_with("toml") { Format::Toml } else { Format::Yaml };
    serde_json::from_value(Document::parse(&text, format).unwrap().value).unwrap()
}

#[test]
fn the_examples_as_pages() {
    let pages = ["by-country.yaml", "paid-orders.yaml", "reminders.yaml", "weekly-report.toml"].map(|name| page(&example(name)));
    assert_snapshot!(pages.join("\n\n=====\n\n"));
}

#[test]
fn templates_as_pages() {
    let names =
        ["release-feed-to-slack", "overdue-invoices-digest", "endpoint-health-check", "webhook-lead-capture", "urgent-tickets-telegram"];
    let pages: Vec<String> = names.iter().map(|name| page(&templates::find(name).unwrap().workflow)).collect();
    assert_snapshot!(pages.join("\n\n=====\n\n"));
}

#[test]
fn every_key_of_a_workflow_is_told() {
    let workflow: Workflow = serde_json::from_value(json!({
        "name": "refunds",
        "description": "Pay back what was approved.",
        "triggers": [{ "type": "webhook", "path": "refunds" }, { "type": "schedule", "every": "1h" }],
        "inputs": { "limit": { "type": "number", "description": "The most that is paid back.", "default": 50 }, "note": { "type": "string" } },
        "steps": [
            { "id": "open", "uses": "http.request", "with": { "url": "https://shop.example/refunds" }, "retry": { "max_attempts": 4 }, "timeout": "30s" },
            { "id": "rates", "uses": "file.read", "with": { "path": "rates.csv" }, "on_error": "continue" },
            { "id": "ask", "uses": "flow.approve", "if": "${{ steps.open.output.body.total > inputs.limit }}",
              "with": { "message": "Pay back ${{ steps.open.output.body.total }}?", "expires": "2d" } },
            { "id": "small", "uses": "flow.wait", "else_of": "ask", "with": { "for": "10m" } },
            { "id": "each", "needs": ["ask", "small"], "for_each": "${{ steps.open.output.body.items }}", "concurrency": 3, "steps": [
                { "id": "pay", "uses": "http.request", "with": { "method": "POST", "url": "https://bank.example/pay", "body": "${{ item }}" }, "credential": "bank" },
                { "id": "settled", "uses": "http.request", "needs": ["pay"], "with": { "url": "https://bank.example/state" },
                  "repeat": { "until": "${{ output.body.done }}", "every": "1m", "max": 10 } },
            ] },
            { "id": "mail", "uses": "email.send", "needs": ["each"], "when": "all_done",
              "with": { "to": "shop@company.example", "subject": "Refunds", "text": "Paid back ${{ steps.open.output.body.total }} in all." } },
        ],
        "on_failure": [{ "id": "tell", "uses": "slack.send_message", "with": { "channel": "#shop", "text": "Refunds failed: ${{ error.message }}" } }],
        "outputs": { "total": "${{ steps.open.output.body.total }}" },
        "concurrency": 1,
        "timeout": "1h",
    }))
    .unwrap();
    assert_snapshot!(page(&workflow));
}

#[test]
fn every_template_has_a_page_that_names_its_steps_and_shows_no_code() {
    for template in templates::all() {
        let page = page(&template.workflow);
        for step in template.workflow.steps.iter().chain(&template.workflow.on_failure) {
            assert!(page.contains(&format!("**{}**: ", step.id)), "{}: {}\n{page}", template.info.name, step.id);
        }
        for code in ["${{", "\n\n\n", " \n"] {
            assert!(!page.contains(code), "{}: {code:?}\n{page}", template.info.name);
        }
    }
}
