//! New entries of a feed, for `feed` triggers.

use super::read::{ACCEPT, Entry, entry, read};
use crate::http::status_error;
use crate::limits::{HTTP_TIMEOUT, MAX_BYTES};
use async_trait::async_trait;
use feed_rs::model::Entry as FeedEntry;
use jiff::Timestamp;
use sayflow_engine::action::StepError;
use sayflow_engine::ports::{HttpRequest, HttpResponse, Redirects};
use sayflow_engine::trigger::{Delivery, Look, LookContext, MOST_PER_LOOK, TriggerSource};
use sayflow_protocol::workflow::Trigger;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::time::Duration;

/// How often a feed is looked at when the trigger does not say.
const EVERY: Duration = Duration::from_secs(15 * 60);
/// The most entries of a feed that are looked at and remembered, the newest ones.
const REMEMBERED: usize = 2_000;

/// Looks at feeds.
pub struct FeedSource;

/// What is remembered between two looks.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Seen {
    /// What the server said about the version that was read last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    modified: Option<String>,
    /// The keys of the entries that are no longer new, those of the latest look first.
    keys: Vec<String>,
}

#[async_trait]
impl TriggerSource for FeedSource {
    fn kind(&self) -> &'static str {
        "feed"
    }

    fn every(&self, trigger: &Trigger) -> Duration {
        match trigger {
            Trigger::Feed { every: Some(every), .. } => every.duration(),
            _ => EVERY,
        }
    }

    async fn look(&self, trigger: &Trigger, state: Value, cx: &LookContext<'_>) -> Result<Look, StepError> {
        let Trigger::Feed { url, .. } = trigger else {
            return Err(StepError::new("internal", "this is no feed trigger"));
        };
        let first = state.is_null();
        let seen: Seen = serde_json::from_value(state.clone()).unwrap_or_default();
        let answer = fetch(url, &seen, cx).await?;
        if answer.status == 304 {
            return Ok(Look { state, ..Look::default() });
        }
        let entries = keyed(read(&answer.body, url)?.entries);
        let known: HashSet<&str> = seen.keys.iter().map(String::as_str).collect();
        // Feeds begin with their newest entry; runs begin with the oldest.
        let fresh: Vec<&(String, FeedEntry)> = entries.iter().rev().filter(|(key, _)| !first && !known.contains(key.as_str())).collect();
        let more = fresh.len() > MOST_PER_LOOK;
        let taken = &fresh[..fresh.len().min(MOST_PER_LOOK)];
        let deliveries = taken.iter().map(|(key, found)| delivery(key, found, cx.now)).collect::<Result<_, _>>()?;

        let left: HashSet<&str> = fresh[taken.len()..].iter().map(|(key, _)| key.as_str()).collect();
        let mut keys: Vec<String> = entries.iter().map(|(key, _)| key.clone()).filter(|key| !left.contains(key.as_str())).collect();
        let now: HashSet<String> = keys.iter().cloned().collect();
        keys.extend(seen.keys.into_iter().filter(|key| !now.contains(key)));
        keys.truncate(REMEMBERED);
        // Until everything has been handed on, the server must not be told that this version is known.
        let header = |name: &str| answer.header(name).map(str::to_owned).filter(|_| !more);
        let seen = Seen { etag: header("etag"), modified: header("last-modified"), keys };
        let state = serde_json::to_value(seen).map_err(|why| StepError::new("internal", why.to_string()))?;
        Ok(Look { deliveries, state, more, trouble: None })
    }
}

async fn fetch(url: &str, seen: &Seen, cx: &LookContext<'_>) -> Result<HttpResponse, StepError> {
    let mut headers = vec![("accept".to_owned(), ACCEPT.to_owned())];
    headers.extend(seen.etag.clone().map(|etag| ("if-none-match".to_owned(), etag)));
    headers.extend(seen.modified.clone().map(|modified| ("if-modified-since".to_owned(), modified)));
    let request = HttpRequest {
        method: "GET".to_owned(),
        url: url.to_owned(),
        headers,
        body: None,
        auth: None,
        timeout: HTTP_TIMEOUT,
        max_bytes: MAX_BYTES,
        redirects: Redirects::SameHost,
    };
    let answer = cx.ports.http.send(request).await?;
    if answer.status < 400 { Ok(answer) } else { Err(status_error("GET", url, &answer, cx.now)) }
}

/// The newest entries with their keys, each once.
fn keyed(entries: Vec<FeedEntry>) -> Vec<(String, FeedEntry)> {
    let mut met = HashSet::new();
    entries.into_iter().map(|entry| (key(&entry), entry)).filter(|(key, _)| met.insert(key.clone())).take(REMEMBERED).collect()
}

/// Short, and the same whenever the entry is read.
fn key(entry: &FeedEntry) -> String {
    let mut hash = Sha256::new();
    hash.update(&entry.id);
    if entry.id.is_empty() {
        hash.update(entry.summary.as_ref().map(|text| text.content.as_str()).unwrap_or_default());
        hash.update(entry.published.map(|at| at.to_rfc3339()).unwrap_or_default());
    }
    hex::encode(&hash.finalize()[..8])
}

fn delivery(key: &str, found: &FeedEntry, now: Timestamp) -> Result<Delivery, StepError> {
    let entry: Entry = entry(found.clone());
    let time = found.published.or(found.updated).and_then(|at| Timestamp::from_second(at.timestamp()).ok()).unwrap_or(now);
    let payload = serde_json::to_value(entry).map_err(|why| StepError::new("internal", why.to_string()))?;
    Ok(Delivery { key: key.to_owned(), payload, time })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_ports::World;
    use serde_json::json;
    use std::sync::Arc;

    fn feed(entries: &[usize]) -> String {
        let items = entries.iter().map(|n| format!("<item><guid>g{n}</guid><title>T{n}</title><link>https://x.example/{n}</link></item>"));
        format!("<rss version=\"2.0\"><channel><title>News</title>{}</channel></rss>", items.collect::<String>())
    }

    async fn look(world: &Arc<World>, state: Value) -> Result<Look, StepError> {
        let trigger: Trigger = serde_json::from_value(json!({ "type": "feed", "url": "https://x.example/feed" })).unwrap();
        let ports = world.ports();
        let cx = LookContext { ports: &ports, now: "2026-05-01T12:00:00Z".parse().unwrap() };
        FeedSource.look(&trigger, state, &cx).await
    }

    fn titles(look: &Look) -> Vec<&str> {
        look.deliveries.iter().map(|delivery| delivery.payload["title"].as_str().unwrap()).collect()
    }

    #[tokio::test]
    async fn only_what_is_new_since_the_first_look_is_handed_on_oldest_first() {
        let first = look(&World::answering(200, &[], &feed(&[2, 1])), Value::Null).await.unwrap();
        assert!(first.deliveries.is_empty());
        let second = look(&World::answering(200, &[], &feed(&[4, 3, 2, 1])), first.state.clone()).await.unwrap();
        assert_eq!(titles(&second), ["T3", "T4"]);
        let payload = json!({ "title": "T3", "link": "https://x.example/3", "summary": "", "published": null });
        assert_eq!(second.deliveries[0].payload, payload);
        let third = look(&World::answering(200, &[], &feed(&[4, 2])), second.state).await.unwrap();
        assert!(third.deliveries.is_empty());
        // What was lost is found again, under the same key.
        let again = look(&World::answering(200, &[], &feed(&[4, 3, 2, 1])), first.state).await.unwrap();
        assert_eq!(again.deliveries, second.deliveries);
    }

    #[tokio::test]
    async fn a_feed_that_did_not_change_is_not_read_again() {
        let headers = [("etag", "\"v1\""), ("last-modified", "Fri, 01 May 2026 10:00:00 GMT")];
        let first = look(&World::answering(200, &headers, &feed(&[1])), Value::Null).await.unwrap();
        let world = World::answering(304, &[], "");
        let second = look(&world, first.state.clone()).await.unwrap();
        assert_eq!(second, Look { state: first.state, ..Look::default() });
        let asked = world.asked.lock().unwrap()[0].headers.clone();
        assert!(asked.contains(&("if-none-match".into(), "\"v1\"".into())), "{asked:?}");
        assert!(asked.contains(&("if-modified-since".into(), headers[1].1.into())), "{asked:?}");
    }

    #[tokio::test]
    async fn many_new_entries_come_in_portions() {
        let first = look(&World::answering(200, &[], &feed(&[0])), Value::Null).await.unwrap();
        let all: Vec<usize> = (0..121).rev().collect();
        let (mut state, mut sizes, mut found) = (first.state, Vec::new(), Vec::new());
        loop {
            let next = look(&World::answering(200, &[("etag", "\"v2\"")], &feed(&all)), state).await.unwrap();
            sizes.push(next.deliveries.len());
            found.extend(titles(&next).into_iter().map(str::to_owned));
            assert_eq!(next.state.get("etag").is_some(), !next.more);
            state = next.state;
            if !next.more {
                break;
            }
        }
        assert_eq!(sizes, [50, 50, 20]);
        assert_eq!(found, (1..121).map(|n| format!("T{n}")).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn what_is_remembered_is_bounded() {
        let all: Vec<usize> = (0..3000).collect();
        let first = look(&World::answering(200, &[], &feed(&all)), Value::Null).await.unwrap();
        assert_eq!(first.state["keys"].as_array().unwrap().len(), REMEMBERED);
        let second = look(&World::answering(200, &[], &feed(&all)), first.state).await.unwrap();
        assert!(second.deliveries.is_empty());
    }

    #[tokio::test]
    async fn entries_without_an_id_are_known_again() {
        let bare = |title: &str| {
            format!(
                "<rss version=\"2.0\"><channel><title>N</title><item><title>{title}</title></item><item><description>d</description></item></channel></rss>"
            )
        };
        let first = look(&World::answering(200, &[], &bare("A")), Value::Null).await.unwrap();
        assert!(look(&World::answering(200, &[], &bare("A")), first.state.clone()).await.unwrap().deliveries.is_empty());
        assert_eq!(titles(&look(&World::answering(200, &[], &bare("B")), first.state).await.unwrap()), ["B"]);
    }

    #[tokio::test]
    async fn a_server_that_fails_is_an_error_that_names_the_address() {
        let why = look(&World::answering(500, &[], "no"), Value::Null).await.unwrap_err();
        assert!(why.message.contains("https://x.example/feed") && why.message.contains("500"), "{}", why.message);
        assert_eq!(look(&World::answering(200, &[], "<html>"), Value::Null).await.unwrap_err().code, "not_a_feed");
    }
}
