//! What starts a run besides times: webhooks, feeds, files, other workflows, messages.

use super::build::{Focus, Shape};
use super::fields::Fields;
use crate::language::{Entity, Token, TokenKind, english};
use sayflow_protocol::workflow::{EventKind, Trigger};
use serde_json::json;
use std::ops::Range;

/// A trigger found in a text.
#[derive(Debug, Clone)]
pub struct Found {
    /// It.
    pub trigger: Trigger,
    /// The tokens that spoke of it.
    pub span: Range<usize>,
    /// What a run is given.
    pub focus: Option<Focus>,
}

const OPENERS: [&str; 15] =
    ["when", "whenever", "if", "on", "once", "every", "each", "as", "expose", "create", "set", "upon", "after", "make", "offer"];

fn word(tokens: &[Token], at: usize) -> &str {
    tokens.get(at).filter(|token| token.is_word()).map_or("", |token| token.norm.as_str())
}

/// Finds the event that starts a run.
pub fn find(tokens: &[Token], workflows: &[String]) -> Option<Found> {
    for start in 0..tokens.len() {
        let opener = word(tokens, start);
        let nominal = ["webhook", "hook"].contains(&opener) || (opener == "a" && ["webhook"].contains(&word(tokens, start + 1)));
        if !OPENERS.contains(&opener) && !nominal {
            continue;
        }
        if ["every", "each"].contains(&opener) && word(tokens, start + 1) != "time" {
            continue;
        }
        if opener == "as" && word(tokens, start + 1) != "soon" {
            continue;
        }
        let end = sentence_end(tokens, start);
        let found = workflow_event(tokens, start, end, workflows)
            .or_else(|| webhook(tokens, start, end))
            .or_else(|| {
                (!["if", "create", "set", "make", "expose", "offer"].contains(&opener))
                    .then(|| feed(tokens, start, end).or_else(|| file(tokens, start, end)))
                    .flatten()
            })
            .or_else(|| message(tokens, start, end));
        if found.is_some() {
            return found;
        }
    }
    None
}

fn sentence_end(tokens: &[Token], start: usize) -> usize {
    (start..tokens.len())
        .find(|&at| matches!(tokens[at].kind, TokenKind::Punct('.' | ';' | '!') | TokenKind::Break))
        .unwrap_or(tokens.len())
}

/// Goes on while words belong to the event.
fn run_of(tokens: &[Token], from: usize, end: usize, words: &[&str], entity: impl Fn(&Token) -> bool) -> usize {
    let mut at = from;
    while at < end && (words.contains(&word(tokens, at)) || entity(&tokens[at]) || english().determiners.contains(word(tokens, at))) {
        at += 1;
    }
    at
}

fn comma(tokens: &[Token], at: usize) -> usize {
    let mut at = at;
    while tokens
        .get(at)
        .is_some_and(|token| token.is_punct(',') || token.is_punct(':') || token.is_any(&["then", "that", "which", "please"]))
    {
        at += 1;
    }
    at
}

fn payload(nouns: &[&str]) -> Focus {
    let mut focus = Focus::new("trigger.payload", Shape::Record);
    focus.nouns = nouns.iter().map(|noun| (*noun).to_owned()).collect();
    focus.given = true;
    focus
}

fn webhook(tokens: &[Token], start: usize, end: usize) -> Option<Found> {
    let hook = (start..end.min(start + 14)).find(|&at| ["webhook", "webhooks", "hook"].contains(&word(tokens, at)));
    let route = (start..end.min(start + 16)).find(|&at| matches!(tokens[at].entity(), Some(Entity::Route(_))));
    let requests = (start..end.min(start + 8))
        .any(|at| ["post", "request", "posts", "calls", "hits", "payload", "called"].contains(&word(tokens, at)));
    if hook.is_none() && !(route.is_some() && requests) {
        return None;
    }
    let words = [
        "when",
        "whenever",
        "if",
        "on",
        "once",
        "every",
        "each",
        "time",
        "as",
        "soon",
        "expose",
        "create",
        "set",
        "up",
        "upon",
        "after",
        "make",
        "offer",
        "webhook",
        "hook",
        "arrives",
        "arrive",
        "comes",
        "come",
        "in",
        "is",
        "are",
        "received",
        "receive",
        "called",
        "call",
        "calls",
        "hit",
        "hits",
        "at",
        "to",
        "post",
        "posts",
        "request",
        "requests",
        "via",
        "with",
        "new",
        "someone",
        "somebody",
        "there",
        "gets",
        "get",
        "sends",
        "data",
        "incoming",
        "we",
        "http",
        "fires",
        "triggered",
        "triggers",
        "json",
        "payload",
        "on",
        "under",
        "path",
        "endpoint",
        "named",
        "from",
        "through",
        "fired",
        "by",
        "it",
        "anyone",
        "something",
        "body",
        "put",
        "order",
        "hooks",
    ];
    let last = run_of(tokens, start, end, &words, |token| {
        matches!(token.entity(), Some(Entity::Route(_) | Entity::Quoted(_) | Entity::Folder(_))) || token.is("webhook")
    });
    // A plain word behind "webhook" is its name.
    let mut last = last;
    let mut name = None;
    if let Some(hook) = hook {
        let place = hook + 1 + usize::from(["named", "called", "at", "on", "for"].contains(&word(tokens, hook + 1)));
        if let Some(Entity::Quoted(text)) = tokens.get(place).and_then(Token::entity) {
            name = Some(text.clone());
        } else if place >= last && place < end && tokens[place].is_word() && ["named", "called"].contains(&word(tokens, hook + 1)) {
            name = Some(tokens[place].text.clone());
            last = run_of(tokens, place + 1, end, &words, |_| false);
        }
    }
    // The last "post" of the run may be the verb of what is to be done.
    let verbs = ["post", "create", "call", "put", "get", "set", "make", "offer", "receive", "order"];
    let route_end = (start..last).rev().find(|&at| matches!(tokens[at].entity(), Some(Entity::Route(_) | Entity::Quoted(_)))).or(hook);
    if let Some(route_end) = route_end
        && let Some(verb) =
            (route_end + 1..last).find(|&at| verbs.contains(&word(tokens, at)) && !tokens[at - 1].is_any(&["a", "the", "via", "by", "to"]))
    {
        last = verb;
    }
    let path = route.filter(|at| *at < last).and_then(|at| match tokens[at].entity() {
        Some(Entity::Route(path)) => Some(path.trim_start_matches('/').trim_start_matches("hooks/").to_owned()),
        _ => None,
    });
    let path = path.or(name).unwrap_or_else(|| "incoming".to_owned());
    let path = path.trim_matches('/').replace(' ', "-");
    let noun = crate::language::stem(path.rsplit('/').next().unwrap_or(&path));
    Some(Found {
        trigger: Trigger::Webhook { path, method: None, auth: None },
        span: start..comma(tokens, last),
        focus: Some(payload(&[&noun, "payload", "bodi", "request", "data", "order"])),
    })
}

fn feed(tokens: &[Token], start: usize, end: usize) -> Option<Found> {
    let (place, url) = (start..end).find_map(|at| match tokens[at].entity() {
        Some(Entity::Url(url)) => Some((at, url.clone())),
        _ => None,
    })?;
    let hints = |list: &[&str]| (start..place).any(|at| list.contains(&word(tokens, at)));
    let entries = hints(&[
        "item",
        "entry",
        "post",
        "article",
        "story",
        "episode",
        "items",
        "entries",
        "posts",
        "articles",
        "stories",
        "headline",
        "publishes",
        "published",
    ]);
    let fresh = hints(&["new", "appears", "published", "publishes", "added", "posted", "comes"]);
    let feed = hints(&["feed", "rss", "blog", "atom", "podcast"]) || url.contains("feed") || url.contains("rss") || url.contains("blog");
    if !(fresh && (entries || feed)) {
        return None;
    }
    let words = ["appears", "is", "published", "shows", "up", "comes", "out", "posted", "added", "there", "available", "online", "about"];
    let last = run_of(tokens, place + 1, end, &words, |_| false);
    let mut focus = payload(&["post", "entri", "entry", "articl", "stori", "story", "item", "feed", "episod"]);
    focus.fields = super::feed_fields();
    focus.label = "New entry".to_owned();
    focus.shown = vec!["title".to_owned(), "link".to_owned()];
    Some(Found { trigger: Trigger::Feed { url, every: None }, span: start..comma(tokens, last), focus: Some(focus) })
}

fn file(tokens: &[Token], start: usize, end: usize) -> Option<Found> {
    let arrival = [
        "appears", "appear", "lands", "land", "arrives", "arrive", "added", "dropped", "created", "shows", "saved", "put", "uploaded",
        "comes", "changes", "copied", "placed", "new", "changed", "modified",
    ];
    let arrived = (start..end.min(start + 14)).find(|&at| arrival.contains(&word(tokens, at)))?;
    let lexicon = english();
    let folder = (start..end.min(start + 16)).find_map(|at| match tokens[at].entity() {
        Some(Entity::Folder(path)) => Some((at, path.clone(), None)),
        Some(Entity::Path(path)) if path.contains('*') => {
            let (folder, pattern) = path.rsplit_once('/').unwrap_or((".", path));
            Some((at, folder.to_owned(), Some(pattern.to_owned())))
        }
        Some(Entity::Path(path))
            if ["changes", "changed", "modified", "appears", "arrives", "created"].contains(&word(tokens, arrived)) =>
        {
            let (folder, name) = path.rsplit_once('/').unwrap_or((".", path));
            Some((at, folder.to_owned(), Some(name.to_owned())))
        }
        _ => None,
    });
    let named = || {
        (start..end.min(start + 16)).find(|&at| ["folder", "directory"].contains(&word(tokens, at))).and_then(|at| {
            let plain = |place: usize| {
                tokens.get(place).filter(|token| {
                    token.is_word() && !lexicon.is_stop(&token.norm) && !lexicon.is_carrier(&token.norm) || token.quoted().is_some()
                })
            };
            if let Some(token) = plain(at + 1).filter(|_| at + 1 < end && !matches!(tokens[at + 1].kind, TokenKind::Punct(_))) {
                return Some((at + 1, token.quoted().map_or_else(|| token.text.clone(), str::to_owned), None));
            }
            plain(at.checked_sub(1)?).map(|token| (at, token.text.clone(), None))
        })
    };
    let (place, path, mut pattern) = folder.or_else(named)?;
    for at in start..end.min(start + 12) {
        let extension = word(tokens, at).trim_start_matches('.').to_owned();
        if pattern.is_none()
            && (lexicon.formats.contains_key(&extension) || lexicon.format_words.get(&extension).is_some())
            && extension != "text"
        {
            pattern = Some(format!("*.{}", lexicon.format_words.get(&extension).unwrap_or(&extension)));
        }
    }
    let words = [
        "appears",
        "appear",
        "lands",
        "land",
        "arrives",
        "arrive",
        "added",
        "is",
        "are",
        "dropped",
        "created",
        "shows",
        "up",
        "saved",
        "folder",
        "directory",
        "there",
        "in",
        "into",
        "to",
        "uploaded",
        "changes",
        "changed",
        "modified",
        "inside",
        "or",
        "gets",
    ];
    let last = run_of(tokens, place.max(arrived) + 1, end, &words, |_| false);
    let mut focus = payload(&["file", "it"]);
    focus.fields = Fields::of(&json!([{ "name": "a.csv", "path": "data/a.csv", "size": 1, "modified": "2026-01-02T03:04:05Z" }]));
    focus.label = "New file".to_owned();
    focus.shown = vec!["name".to_owned()];
    Some(Found { trigger: Trigger::File { path, pattern }, span: start..comma(tokens, last), focus: Some(focus) })
}

fn workflow_event(tokens: &[Token], start: usize, end: usize, workflows: &[String]) -> Option<Found> {
    let outcome = (start + 1..end.min(start + 9)).find_map(|at| match word(tokens, at) {
        "fails" | "failed" | "breaks" | "crashes" | "errors" => Some((at, EventKind::Failed)),
        "succeeds" | "succeeded" | "finishes" | "finished" | "completes" | "completed" | "ends" | "done" => {
            Some((at, EventKind::Succeeded))
        }
        _ => None,
    })?;
    let named = (start + 1..outcome.0).find_map(|at| {
        let text = tokens[at].quoted().map_or_else(|| tokens[at].text.clone(), str::to_owned);
        let beside = ["workflow", "job", "automation", "flow"].contains(&word(tokens, at.saturating_sub(1)))
            || ["workflow", "job", "automation", "flow"].contains(&word(tokens, at + 1));
        let own = !["the", "my", "our", "a", "workflow", "job", "named", "called", "automation", "flow", "any", "this", "has", "is"]
            .contains(&text.to_lowercase().as_str());
        (own && (beside && (tokens[at].is_word() || tokens[at].quoted().is_some()) || workflows.contains(&text))).then_some(text)
    });
    let mut name = named?;
    if name == "workflow" {
        return None;
    }
    name = name.trim_matches('"').to_lowercase().replace(' ', "-");
    let mut focus = payload(&["run", "workflow"]);
    focus.label = format!("The workflow {name} {}", if outcome.1 == EventKind::Failed { "failed" } else { "succeeded" });
    focus.expr = "trigger.payload".to_owned();
    Some(Found {
        trigger: Trigger::Event { workflow: name, on: outcome.1 },
        span: start..comma(tokens, run_of(tokens, outcome.0 + 1, end, &["successfully", "running"], |_| false)),
        focus: Some(focus),
    })
}

fn message(tokens: &[Token], start: usize, end: usize) -> Option<Found> {
    if !["when", "whenever", "if", "every", "each", "as", "once"].contains(&word(tokens, start)) {
        return None;
    }
    let writes = (start + 1..end.min(start + 8))
        .find(|&at| ["writes", "posts", "says", "message", "messages", "mentions", "asks", "types"].contains(&word(tokens, at)))?;
    let (place, channel) = (writes..end.min(writes + 12)).find_map(|at| match tokens[at].entity() {
        Some(Entity::Channel(name)) if ["in", "on", "to", "channel", "into"].contains(&word(tokens, at.saturating_sub(1))) => {
            Some((at, name.clone()))
        }
        _ => None,
    })?;
    let subject = (start + 1..=writes).any(|at| {
        ["someone", "somebody", "anyone", "message", "messages", "user", "customer", "people", "new"].contains(&word(tokens, at))
    });
    if !subject {
        return None;
    }
    let quoted = (start..end.min(place + 6)).find_map(|at| tokens[at].quoted().map(|text| (at, text.to_owned())));
    let last = run_of(
        tokens,
        quoted.as_ref().map_or(place, |(at, _)| place.max(*at)) + 1,
        end,
        &["arrives", "comes", "in", "is", "posted", "containing", "that", "contains", "says", "with"],
        |token| token.quoted().is_some(),
    );
    Some(Found {
        trigger: Trigger::Message { channel, pattern: quoted.map(|(_, text)| text) },
        span: start..comma(tokens, last),
        focus: Some(payload(&["messag", "text"])),
    })
}
