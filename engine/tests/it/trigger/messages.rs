//! Messages from chat channels.

use super::bench::bench;
use sayflow_engine::trigger::Message;
use serde_json::json;

fn message(channel: &str, text: &str, id: &str) -> Message {
    Message {
        channel: channel.into(),
        text: text.into(),
        id: id.into(),
        payload: json!({ "text": text, "channel": channel }),
        time: "2026-05-01T08:00:00Z".parse().unwrap(),
    }
}

#[tokio::test]
async fn a_message_starts_each_workflow_that_waits_for_it_once() {
    let (process, _folder) = bench().await;
    let waits =
        |name: &str, rest: &str| format!("name: {name}\ntriggers: [{{ type: message{rest} }}]\nsteps: [{{ id: a, uses: test.echo }}]");
    process.activate(&waits("all", ", channel: \"#Orders\"")).await;
    process.activate(&waits("refunds", ", channel: \"#orders\", pattern: REFUND")).await;
    process.activate(&waits("other", ", channel: \"#news\"")).await;

    assert_eq!(process.service.message(&message("#orders", "a refund, please", "1")).await.unwrap().len(), 2);
    assert_eq!(process.service.message(&message("#orders", "hello", "2")).await.unwrap().len(), 1);
    let again = process.service.message(&message("#ORDERS ", "a refund, please", "1")).await.unwrap();
    assert!(again.len() == 2 && again.iter().all(|started| started.duplicate));
    assert!(process.service.message(&message("#empty", "hello", "3")).await.unwrap().is_empty());

    let count = async |name| process.runs(Some(name)).await.len();
    assert_eq!((count("all").await, count("refunds").await, count("other").await), (2, 1, 0));
    assert_eq!(process.seen_by("refunds", "/payload/text").await, ["a refund, please"]);
}
