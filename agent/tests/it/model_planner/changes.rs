//! Changes and repairs: what is not mentioned stays byte for byte.

use super::desk::{CHANGE, Desk, FILL, REPAIR};
use sayflow_agent::conversation::PlanInput;
use sayflow_agent::planner::PlanOutcome;
use sayflow_agent::testing::Reply;
use sayflow_protocol::{Diagnostic, Severity, Workflow};
use serde_json::{Value, json};

fn base() -> Workflow {
    serde_json::from_value(json!({
        "name": "large-orders",
        "description": "Post large orders.",
        "triggers": [{ "type": "schedule", "cron": "0 9 * * *", "timezone": "Europe/Berlin" }],
        "steps": [
            { "id": "orders", "uses": "file.read", "with": { "path": "orders.csv" } },
            { "id": "large", "uses": "data.filter", "with": { "items": "${{ steps.orders.output.content }}", "where": "${{item.amount>100}}" } },
            { "id": "post", "uses": "slack.send_message", "with": { "channel": "#sales", "text": "${{ steps.large.output.count }} orders" } }
        ]
    }))
    .unwrap()
}

async fn input(desk: &Desk, text: &str) -> PlanInput {
    PlanInput { base: Some(base()), ..desk.input(text).await }
}

async fn changed(answer: &str, text: &str) -> Value {
    let desk = Desk::new().await;
    desk.server.on(CHANGE).reply(Reply::text(answer));
    desk.document_of(&input(&desk, text).await).await
}

fn same_steps(document: &Value, ids: &[&str]) {
    let before = serde_json::to_value(base()).unwrap();
    let find = |document: &Value, id: &str| {
        document["steps"].as_array().unwrap().iter().find(|step| step["id"] == id).map(ToString::to_string).unwrap_or_default()
    };
    for id in ids {
        assert_eq!(find(document, id), find(&before, id), "{id}");
    }
}

#[tokio::test]
async fn only_what_is_mentioned_changes() {
    let document = changed("trigger schedule every 1h\nset post.channel = \"#deals\"", "make it hourly and post to #deals").await;
    assert_eq!(document["triggers"], json!([{ "type": "schedule", "every": "1h" }]));
    assert_eq!(document["steps"][2]["with"], json!({ "channel": "#deals", "text": "${{ steps.large.output.count }} orders" }));
    same_steps(&document, &["orders", "large"]);
}

#[tokio::test]
async fn steps_are_added_replaced_and_removed() {
    let document = changed(
        "add after large: top = data.limit(items: large.items, count: 5)\n\
         replace post = slack.send_message(channel: \"#sales\", text: top.items.map(o => o.customer).join(\", \"))\n\
         on_failure alarm = slack.send_message(channel: \"#ops\", text: error.message)\nnote \"Five is the most.\"",
        "only the first five, by name, and tell #ops when it fails",
    )
    .await;
    let ids: Vec<&str> = document["steps"].as_array().unwrap().iter().filter_map(|step| step["id"].as_str()).collect();
    assert_eq!(ids, ["orders", "large", "top", "post"]);
    assert_eq!(document["steps"][3]["if"], "${{ steps.top.output.items.length > 0 }}");
    assert_eq!(document["on_failure"][0]["id"], "alarm");
    same_steps(&document, &["orders", "large"]);

    let document =
        changed("remove post\nno trigger\nsave = file.write(path: \"big.json\", content: large.items)", "write big.json instead, by hand")
            .await;
    let ids: Vec<&str> = document["steps"].as_array().unwrap().iter().filter_map(|step| step["id"].as_str()).collect();
    assert_eq!((ids, document.get("triggers")), (vec!["orders", "large", "save"], None));
}

#[tokio::test]
async fn modifiers_are_set_and_taken_away() {
    let document =
        changed("set post if large.count > 3 retry 5 every 10s account slack\nset large.where = item.amount > 250", "only over 3").await;
    assert_eq!(document["steps"][2]["if"], "${{ steps.large.output.count > 3 }}");
    assert_eq!(document["steps"][2]["retry"], json!({ "max_attempts": 5, "backoff": "10s" }));
    assert_eq!(document["steps"][1]["with"]["where"], "${{ item.amount > 250 }}");
    let document = changed("rename post to tell\nmove tell after orders", "call it tell").await;
    assert_eq!(document["steps"][1]["id"], "tell");
}

#[tokio::test]
async fn another_request_gets_another_workflow() {
    let answer = "workflow ping \"Ping the shop.\"\ncheck = http.request(url: \"https://shop.example/health\")";
    let document = changed(answer, "ping https://shop.example/health").await;
    assert_eq!(document["name"], "ping");
    assert_eq!(document["steps"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_workflow_that_is_written_down_again_keeps_what_is_the_same() {
    let answer = "workflow large-orders \"Post large orders.\"\ntrigger schedule every 1h\norders = file.read(path: \"orders.csv\")\n\
                  large = data.filter(items: orders.content, where: item.amount>100)\n\
                  post = slack.send_message(channel: \"#deals\", text: `${large.count} orders`)";
    let document = changed(answer, "make it hourly and post to #deals").await;
    assert_eq!((&document["name"], &document["triggers"][0]["every"]), (&json!("large-orders"), &json!("1h")));
    assert_eq!(document["steps"][2]["with"]["channel"], "#deals");
    same_steps(&document, &["orders", "large"]);
}

#[tokio::test]
async fn a_change_that_cannot_be_carried_out_is_named_and_mended() {
    let desk = Desk::new().await;
    desk.server.on(CHANGE).reply(Reply::text("set message.channel = \"#deals\"")).reply(Reply::text("set post.channel = \"#deals\""));
    let document = desk.document_of(&input(&desk, "post to #deals").await).await;
    assert_eq!(document["steps"][2]["with"]["channel"], "#deals");
    let again = desk.asked(CHANGE)[1].user().to_owned();
    assert!(again.contains("there is no step `message`; the steps are orders, large, post"), "{again}");
}

#[tokio::test]
async fn new_steps_are_filled_in_and_others_are_left_alone() {
    let desk = Desk::new().await;
    desk.server
        .on(CHANGE)
        .reply(Reply::text("mail = email.send(to: \"ann@shop.example\", subject: \"Orders\", text: later(\"the customers\"))"));
    desk.server.on(FILL).reply(Reply::json(&json!({
        "to": "ann@shop.example", "subject": "Orders", "text": "${{ large.items.map(o => o.customer).join(', ') }}"
    })));
    let document = desk.document_of(&input(&desk, "mail the customers to ann@shop.example too").await).await;
    assert_eq!(document["steps"][3]["with"]["text"], "${{ steps.large.output.items.map(o => o.customer).join(', ') }}");
    same_steps(&document, &["orders", "large", "post"]);
}

#[tokio::test]
async fn findings_are_mended_where_they_are() {
    let desk = Desk::new().await;
    let mut broken = base();
    broken.steps[2].with.insert("text".to_owned(), json!("${{ steps.large.output.total }} orders"));
    let findings: Vec<Diagnostic> = desk.findings(&broken).into_iter().filter(Diagnostic::is_error).collect();
    assert_eq!(findings.len(), 1);
    let request = PlanInput { base: Some(broken), findings, ..desk.fixed_input("post how many orders are large to #sales") };
    desk.server.on(REPAIR).reply(Reply::text("set post.text = `${large.count} orders`"));
    let document = desk.document_of(&request).await;
    assert_eq!(document["steps"][2]["with"]["text"], "${{ steps.large.output.count }} orders");
    same_steps(&document, &["orders", "large"]);
    let seen = &desk.asked(REPAIR)[0];
    assert!(seen.user().contains("- step post, text: large has no field \"total\""), "{}", seen.user());
    insta::assert_snapshot!("repair_request", seen.prompt());
}

#[tokio::test]
async fn differences_are_mended_like_findings() {
    let desk = Desk::new().await;
    let finding = Diagnostic {
        code: "difference".to_owned(),
        severity: Severity::Error,
        pointer: String::new(),
        span: None,
        message: "It posts a count; the request wants the names.".to_owned(),
        help: None,
    };
    let request = PlanInput { findings: vec![finding], ..input(&desk, "post the names of large orders to #sales").await };
    desk.server
        .on(REPAIR)
        .reply(Reply::text("replace post = slack.send_message(channel: \"#sales\", text: large.items.map(o => o.customer).join(\", \"))"));
    let document = desk.document_of(&request).await;
    assert_eq!(document["steps"][2]["if"], "${{ steps.large.output.items.length > 0 }}");
    assert!(desk.asked(REPAIR)[0].user().contains("- It posts a count; the request wants the names."));
}

#[tokio::test]
async fn what_cannot_be_mended_is_said() {
    let desk = Desk::new().await;
    let findings = vec![Diagnostic {
        code: "E0301".to_owned(),
        severity: Severity::Error,
        pointer: "/steps/2".to_owned(),
        span: None,
        message: "unknown".to_owned(),
        help: None,
    }];
    desk.server.on(REPAIR).reply(Reply::text("cannot \"There is no action for that.\""));
    let request = PlanInput { findings, ..input(&desk, "x").await };
    assert!(matches!(desk.plan(&request).await.outcome, Ok(PlanOutcome::Cannot { .. })));
}
