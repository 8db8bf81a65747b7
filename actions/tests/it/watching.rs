//! What triggers look at: a feed on a real server, a folder on a real disk.

use crate::support::{World, closed_port, serve};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sayflow_engine::action::StepError;
use sayflow_engine::trigger::{Look, LookContext};
use sayflow_protocol::workflow::Trigger;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// A feed that grows; its tag is the number of its entries.
#[derive(Clone, Default)]
struct Feed {
    entries: Arc<Mutex<Vec<String>>>,
    sent: Arc<Mutex<Vec<u16>>>,
}

async fn answer(State(feed): State<Feed>, headers: HeaderMap) -> Response {
    let entries = feed.entries.lock().unwrap().clone();
    let tag = format!("\"{}\"", entries.len());
    if headers.get("if-none-match").is_some_and(|known| known == tag.as_str()) {
        feed.sent.lock().unwrap().push(304);
        return StatusCode::NOT_MODIFIED.into_response();
    }
    feed.sent.lock().unwrap().push(200);
    let items: String = entries.iter().rev().map(|title| format!("<item><guid>{title}</guid><title>{title}</title></item>")).collect();
    ([("etag", tag)], format!("<rss version=\"2.0\"><channel><title>News</title>{items}</channel></rss>")).into_response()
}

async fn look(world: &World, trigger: Value, state: Value) -> Result<Look, StepError> {
    let trigger: Trigger = serde_json::from_value(trigger).unwrap();
    let catalogue = sayflow_actions::catalogue();
    let source = catalogue.source(trigger.kind()).expect("it is registered");
    source.look(&trigger, state, &LookContext { ports: &world.ports, now: jiff::Timestamp::now() }).await
}

fn titles(look: &Look) -> Vec<&str> {
    look.deliveries.iter().filter_map(|delivery| delivery.payload["title"].as_str()).collect()
}

#[tokio::test]
async fn new_entries_of_a_feed_on_a_server_are_found_once_and_nothing_is_sent_twice() {
    let feed = Feed::default();
    let at = serve(Router::new().route("/feed", get(answer)).with_state(feed.clone())).await;
    let world = World::new();
    let trigger = json!({ "type": "feed", "url": format!("http://{at}/feed") });
    feed.entries.lock().unwrap().push("old".into());
    let mut state = Value::Null;
    for (new, found) in [(vec![], vec![]), (vec!["a", "b"], vec!["a", "b"]), (vec![], vec![]), (vec!["c"], vec!["c"]), (vec![], vec![])] {
        feed.entries.lock().unwrap().extend(new.into_iter().map(str::to_owned));
        let look = look(&world, trigger.clone(), state).await.unwrap();
        assert_eq!(titles(&look), found);
        state = look.state;
    }
    assert_eq!(*feed.sent.lock().unwrap(), [200, 200, 304, 200, 304]);
}

#[tokio::test]
async fn a_feed_that_cannot_be_reached_or_must_not_be_is_an_error() {
    let world = World::new();
    let nobody = look(&world, json!({ "type": "feed", "url": format!("http://127.0.0.1:{}/", closed_port()) }), Value::Null).await;
    assert!(nobody.is_err());
    let feed = Feed::default();
    let at = serve(Router::new().route("/feed", get(answer)).with_state(feed.clone())).await;
    let closed = World::allowing("");
    let refused = look(&closed, json!({ "type": "feed", "url": format!("http://{at}/feed") }), Value::Null).await.unwrap_err();
    assert!(feed.sent.lock().unwrap().is_empty(), "the rules for outgoing connections hold for triggers too: {refused:?}");
}

#[tokio::test]
async fn files_that_come_into_a_folder_are_found_once() {
    let world = World::new();
    world.put("inbox/old.csv", "1");
    let trigger = json!({ "type": "file", "path": "inbox", "pattern": "*.csv" });
    let mut state = look(&world, trigger.clone(), Value::Null).await.unwrap().state;
    world.put("inbox/new.csv", "2");
    world.put("inbox/new.txt", "2");
    let mut found = Vec::new();
    // Just written: it counts from the second look on, however fast they follow each other.
    for _ in 0..4 {
        let look = look(&world, trigger.clone(), state).await.unwrap();
        found.extend(look.deliveries.iter().map(|delivery| delivery.payload["path"].clone()));
        state = look.state;
    }
    assert_eq!(found, ["inbox/new.csv"]);
    let outside = json!({ "type": "file", "path": "../elsewhere" });
    assert_eq!(look(&world, outside, Value::Null).await.unwrap_err().code, "path_outside");
}
