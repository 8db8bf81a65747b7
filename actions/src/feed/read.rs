//! `feed.read`: the entries of an RSS, Atom or JSON feed.

use crate::html::plain_text;
use crate::http::{Call, call};
use crate::items::excerpt;
use async_trait::async_trait;
use feed_rs::model::{Entry as FeedEntry, Feed, Link, Text};
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError, role};
use sayflow_protocol::{DestinationKind, Effect};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What a feed may be.
pub(super) const ACCEPT: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5";

/// `feed.read`.
pub struct FeedRead;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The feed's address.
    #[schemars(extend("x-role" = role::URL))]
    url: String,
}

/// What it hands back.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub struct Output {
    /// The feed's title.
    title: String,
    /// Its entries, in the feed's order.
    entries: Vec<Entry>,
}

/// One entry.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub struct Entry {
    /// Its title as plain text.
    title: String,
    /// Its address; empty where it has none.
    link: String,
    /// Its summary, or else its content, as plain text.
    summary: String,
    /// When it was published (or else changed), in RFC 3339; null where the feed does not say.
    published: Option<String>,
}

#[async_trait]
impl Action for FeedRead {
    type Params = Params;
    type Output = Output;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("feed.read", "Read a feed", "Reads the entries of an RSS, Atom or JSON feed.", Effect::Read)
            .from_outsiders()
            .utterances(&[
                "read the RSS feed at https://news.example/feed.xml",
                "the latest entries of the blog's feed",
                "get the news from the feed",
                "new posts of this atom feed",
                "check the podcast feed",
                "stories from the news feed",
            ])
            .keywords(&["feed", "rss", "atom", "news", "blog", "entries", "stories", "posts", "headlines", "podcast", "articles"])
            .destination("url", DestinationKind::Host)
            .example(json!({
                "title": "Example News",
                "entries": [{
                    "title": "Rust 2.0 released",
                    "link": "https://news.example/rust",
                    "summary": "What is new.",
                    "published": "2026-01-02T03:04:05Z"
                }]
            }))
    }

    async fn run(&self, params: Params, cx: &ActionContext<'_>) -> Result<Outcome<Output>, StepError> {
        let answer = call(Call::get(&params.url).header("accept", ACCEPT), cx).await?;
        Ok(parse(&answer.body, &params.url)?.into())
    }
}

fn parse(body: &[u8], url: &str) -> Result<Output, StepError> {
    let feed = read(body, url)?;
    let title = feed.title.map(|title| plain_text(&title.content)).unwrap_or_default();
    Ok(Output { title, entries: feed.entries.into_iter().map(entry).collect() })
}

/// Reads a feed. An entry that has no id of its own gets its address and title for one, so that it is known again.
pub(super) fn read(body: &[u8], url: &str) -> Result<Feed, StepError> {
    let id = |links: &[Link], title: &Option<Text>, _: Option<&str>| {
        let parts = [links.first().map(|link| link.href.as_str()), title.as_ref().map(|title| title.content.as_str())];
        parts.into_iter().flatten().collect::<Vec<_>>().join("\n")
    };
    feed_rs::parser::Builder::new().base_uri(Some(url)).id_generator(id).build().parse(body).map_err(|why| {
        let start = excerpt(&String::from_utf8_lossy(&body[..body.len().min(200)]));
        StepError::new("not_a_feed", format!("{url}: the answer is no RSS, Atom or JSON feed ({why}); it begins with \"{start}\""))
            .help("give the address of the feed itself; pages often link to it as \"RSS\"")
    })
}

/// One entry in the form in which workflows see it.
pub(super) fn entry(entry: FeedEntry) -> Entry {
    let link = entry.links.iter().find(|link| link.rel.as_deref().is_none_or(|rel| rel == "alternate")).or(entry.links.first());
    let body = entry.summary.map(|text| text.content).or_else(|| entry.content.and_then(|content| content.body));
    Entry {
        title: entry.title.map(|title| plain_text(&title.content)).unwrap_or_default(),
        link: link.map(|link| link.href.clone()).unwrap_or_default(),
        summary: body.map(|text| plain_text(&text)).unwrap_or_default(),
        published: entry
            .published
            .or(entry.updated)
            .and_then(|at| jiff::Timestamp::from_second(at.timestamp()).ok())
            .map(|at| at.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rss_atom_and_json_feeds_read_alike() {
        let rss = r#"<?xml version="1.0"?><rss version="2.0"><channel><title>News</title><item><title>A &amp; B</title>
            <link>https://x.example/a</link><description>&lt;p&gt;Some &lt;b&gt;bold&lt;/b&gt; text&lt;/p&gt;</description>
            <pubDate>Fri, 20 Nov 2026 10:00:00 +0100</pubDate></item></channel></rss>"#;
        let atom = r#"<feed xmlns="http://www.w3.org/2005/Atom"><title>News</title><id>x</id><updated>2026-11-20T09:00:00Z</updated>
            <entry><title>A &amp; B</title><id>1</id><link href="https://x.example/a"/><updated>2026-11-20T09:00:00Z</updated>
            <summary type="html">&lt;p&gt;Some &lt;b&gt;bold&lt;/b&gt; text&lt;/p&gt;</summary></entry></feed>"#;
        let json = r#"{"version": "https://jsonfeed.org/version/1.1", "title": "News", "items": [{"id": "1", "title": "A & B",
            "url": "https://x.example/a", "summary": "Some bold text", "date_published": "2026-11-20T10:00:00+01:00"}]}"#;
        for text in [rss, atom, json] {
            let read = parse(text.as_bytes(), "https://x.example/feed").unwrap();
            let entry = &read.entries[0];
            assert_eq!((read.title.as_str(), entry.title.as_str(), entry.link.as_str()), ("News", "A & B", "https://x.example/a"));
            assert_eq!((entry.summary.as_str(), entry.published.as_deref()), ("Some bold text", Some("2026-11-20T09:00:00Z")));
        }
    }

    #[test]
    fn what_is_no_feed_is_quoted() {
        let why = parse(b"<html><body>Not here</body></html>", "https://x.example/").unwrap_err();
        assert_eq!(why.code, "not_a_feed");
        assert!(why.message.contains("begins with \"<html>"), "{}", why.message);
    }
}
