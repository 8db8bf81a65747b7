//! Workflows in plain words.

use crate::support::catalogue;
use insta::assert_snapshot;
use sayflow_agent::say;
use sayflow_protocol::{Footprint, Workflow};
use serde_json::{Value, json};

fn workflow(value: Value) -> Workflow {
    serde_json::from_value(value).unwrap()
}

fn footprint(value: Value) -> Footprint {
    serde_json::from_value(value).unwrap()
}

fn scheduled() -> Workflow {
    workflow(json!({
        "name": "rust-news",
        "description": "Post Rust stories to Slack every weekday morning.",
        "triggers": [{ "type": "schedule", "cron": "0 9 * * 1-5", "timezone": "Europe/Berlin" }],
        "inputs": { "keyword": { "type": "string", "default": "Rust" }, "limit": { "type": "integer" } },
        "steps": [
            { "id": "stories", "uses": "http.request", "with": { "url": "https://news.example/api/stories?tag=rust" } },
            { "id": "matching", "uses": "data.filter", "with": {
                "items": "${{ steps.stories.output.body }}", "where": "${{ item.points > 100 }}" } },
            { "id": "ranked", "uses": "data.sort", "with": {
                "items": "${{ steps.matching.output.items }}", "by": "points", "order": "desc" } },
            { "id": "post", "uses": "slack.send_message", "credential": "team-slack", "for_each": "${{ steps.ranked.output.items }}",
              "with": { "channel": "#news", "text": "${{ item.title }}" } },
            { "id": "archive", "needs": ["post"], "steps": [
                { "id": "send", "uses": "http.request", "with": { "method": "post", "url": "https://archive.example/items" } } ] },
            { "id": "unknown", "uses": "crm.add_note", "with": { "text": "${{ steps.ranked.output.items.length }}" } },
        ],
    }))
}

#[test]
fn a_summary_says_when_where_and_with_which_accounts() {
    let places = footprint(json!([
        { "effect": "write", "kind": "host", "destination": "archive.example:443", "steps": ["archive/send"], "dynamic": false },
        { "effect": "write", "kind": "channel", "destination": "#news", "service": "slack", "steps": ["post"], "dynamic": false },
        { "effect": "write", "kind": "recipient", "destination": { "dynamic": "item.mail", "allow": ["*@a.example"], "max": 5 }, "service": "smtp",
          "steps": ["mail"], "dynamic": true },
        { "effect": "read", "kind": "host", "destination": "news.example:8443", "steps": ["stories"], "dynamic": false },
        { "effect": "read", "kind": "database", "destination": "shop.db", "steps": ["rows"], "dynamic": false },
    ]));
    let fires =
        ["2026-11-23T08:00:00Z", "2026-11-24T08:00:00Z", "2026-11-25T08:00:00Z", "2026-11-26T08:00:00Z"].map(|at| at.parse().unwrap());
    let notes = ["\"morning\" is 09:00.".to_owned()];
    assert_snapshot!(say::summary(&scheduled(), &places, &fires, "America/New_York", &notes));
}

#[test]
fn a_workflow_without_trigger_or_writes_is_said_in_few_words() {
    let look = workflow(json!({ "name": "look", "steps": [{ "id": "a", "uses": "file.read", "with": { "path": "a.csv" } }] }));
    let places = footprint(json!([{ "effect": "read", "kind": "file", "destination": "a.csv", "steps": ["a"], "dynamic": false }]));
    assert_snapshot!(say::summary(&look, &places, &[], "UTC", &[]));
}

#[test]
fn every_kind_of_trigger_has_words() {
    let all = workflow(json!({
        "name": "all",
        "timezone": "Europe/Paris",
        "triggers": [
            { "type": "manual" },
            { "type": "schedule", "every": "15m" },
            { "type": "schedule", "at": "2026-12-24T18:00:00" },
            { "type": "webhook", "path": "leads" },
            { "type": "feed", "url": "https://news.example/feed.xml" },
            { "type": "file", "path": "inbox", "pattern": "*.csv" },
            { "type": "event", "workflow": "import", "on": "failed" },
            { "type": "message", "channel": "#help", "pattern": "urgent" },
        ],
        "steps": [],
    }));
    assert_snapshot!(say::summary(&all, &Vec::new(), &[], "UTC", &[]));
}

#[test]
fn a_graph_has_labels_needs_and_effects() {
    let lines: Vec<String> = say::graph(&scheduled(), &catalogue())
        .into_iter()
        .map(|node| format!("{} [{}] {:?} <- {}: {}", node.id, node.uses, node.effect, node.needs.join(", "), node.label))
        .collect();
    assert_snapshot!(lines.join("\n"));
}
