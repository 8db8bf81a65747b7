//! Feeds and pages over HTTP.

use crate::support::{World, serve};
use axum::Router;
use axum::routing::get;
use serde_json::json;

#[tokio::test]
async fn a_feed_is_read_from_a_server() {
    let rss = "<rss version=\"2.0\"><channel><title>News</title><item><title>One</title><link>/one</link></item></channel></rss>";
    let at = serve(Router::new().route("/feed.xml", get(move || async move { ([("content-type", "application/rss+xml")], rss) }))).await;
    let output = World::new().run("feed.read", json!({ "url": format!("http://{at}/feed.xml") })).await.unwrap();
    assert_eq!((&output["title"], &output["entries"][0]["title"]), (&json!("News"), &json!("One")));
    assert_eq!(output["entries"][0]["link"], json!(format!("http://{at}/one")), "links are made absolute");
    let missing = World::new().fails("feed.read", json!({ "url": format!("http://{at}/nothing") })).await;
    assert_eq!(missing.code, "http_status");
}

#[tokio::test]
async fn elements_of_a_page_are_extracted() {
    let html = "<h2 class=t><a href='/a'>First &amp; best</a></h2><h2>no</h2>";
    let world = World::new();
    let output = world.run("html.extract", json!({ "html": html, "selector": "h2.t a", "attribute": "href" })).await.unwrap();
    assert_eq!(output, json!({ "items": ["/a"], "count": 1 }));
    let fields = json!({ "html": html, "selector": "h2", "fields": { "title": "a", "link": "a@href" } });
    assert_eq!(
        world.run("html.extract", fields).await.unwrap()["items"],
        json!([{ "title": "First & best", "link": "/a" }, { "title": null, "link": null }])
    );
    assert_eq!(world.fails("html.extract", json!({ "html": "", "selector": "<" })).await.code, "invalid_selector");
}
