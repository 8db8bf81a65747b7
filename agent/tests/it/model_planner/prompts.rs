//! What the model sees, for review, and how long it may be.

use super::desk::{CHANGE, Desk, FILL, OUTLINE};
use sayflow_agent::conversation::PlanInput;
use sayflow_agent::testing::Reply;
use serde_json::json;

/// Tokens of a text as most models of today count them.
pub fn tokens(text: &str) -> usize {
    tiktoken_rs::o200k_base_singleton().encode_ordinary(text).len()
}

#[test]
fn every_prompt_keeps_within_its_budget() {
    // What each may take; the texts name the same figures in their first lines.
    for (name, text, most) in [
        ("outline", sayflow_prompts::plan_outline(), 2_700),
        ("change", sayflow_prompts::plan_change(), 3_000),
        ("repair", sayflow_prompts::plan_repair(), 3_000),
        ("fill", sayflow_prompts::plan_fill(), 900),
        ("judge", sayflow_prompts::plan_judge(), 800),
        ("again", sayflow_prompts::plan_again(&[]), 250),
    ] {
        let found = tokens(&text);
        assert!(found <= most, "{name}: {found} tokens; {most} are the most");
        assert!(found > most / 2 || name == "again", "{name}: {found} tokens; lower its budget of {most}");
    }
}

#[test]
fn every_prompt_says_its_version_and_its_budget() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../prompts/texts");
    for name in ["plan_outline", "plan_change", "plan_repair", "plan_fill", "plan_judge", "plan_again"] {
        let text = std::fs::read_to_string(format!("{folder}/{name}.md")).unwrap();
        let first = text.lines().next().unwrap_or_default();
        assert!(first.starts_with("{# Version ") && first.contains("At most ") && first.contains("tokens"), "{name}: {first}");
    }
}

#[tokio::test]
async fn the_outline_is_asked_for_like_this() {
    let desk = Desk::writing(
        "workflow a \"b\"\norders = file.read(path: \"orders.csv\")\n\
         sums = data.aggregate(items: orders.content, group_by: \"region\", measures: later(\"the total\"))\n\
         post = slack.send_message(channel: \"#sales\", text: later(\"a line for each region\"))",
    )
    .await;
    desk.server.on(FILL).always(Reply::json(&json!({
        "items": "${{ orders.content }}", "group_by": "region", "measures": { "total": { "op": "sum", "of": "amount" } }
    })));
    desk.plan(&desk.fixed_input("every Monday at 8 post the sum of orders.csv per region to #sales")).await;
    insta::assert_snapshot!("outline_request", desk.asked(OUTLINE)[0].prompt());
    let fill = desk.asked(FILL).into_iter().find(|seen| seen.user().contains("parameters of `sums`")).unwrap();
    insta::assert_snapshot!("fill_request", fill.prompt());
}

#[tokio::test]
async fn a_second_try_is_asked_for_like_this() {
    let desk = Desk::new().await;
    desk.server
        .on(OUTLINE)
        .reply(Reply::text("Sure.\nworkflow a \"b\"\nx = file.raed(path: \"orders.csv\")\ny = file.write(path: \"b\", content: z)"))
        .reply(Reply::text("workflow a \"b\"\nx = file.read(path: \"orders.csv\")"));
    desk.document("read orders.csv").await;
    insta::assert_snapshot!("again_request", desk.asked(OUTLINE)[1].user());
}

#[tokio::test]
async fn a_change_is_asked_for_like_this() {
    let desk = Desk::new().await;
    let base = serde_json::from_value(json!({
        "name": "region-report", "description": "Post the orders per region.",
        "triggers": [{ "type": "schedule", "cron": "0 8 * * 1", "timezone": "Europe/Berlin" }],
        "steps": [
            { "id": "orders", "uses": "file.read", "with": { "path": "orders.csv" } },
            { "id": "post", "uses": "slack.send_message", "with": { "channel": "#sales", "text": "${{ steps.orders.output.content.length }} orders" },
              "retry": { "max_attempts": 2 } }
        ]
    }))
    .unwrap();
    desk.server.on(CHANGE).reply(Reply::text("set post.channel = \"#deals\""));
    let input = PlanInput { base: Some(base), ..desk.fixed_input("post it to #deals instead") };
    desk.document_of(&input).await;
    insta::assert_snapshot!("change_request", desk.asked(CHANGE)[0].prompt());
}
