//! What a trigger might bring, for trials: a payload made up from what the document expects of it.

use crate::expr::{Mention, mentions};
use sayflow_protocol::Workflow;
use sayflow_protocol::workflow::{EventKind, Trigger};
use serde_json::{Map, Value, json};

/// Methods that only lists have.
const OF_LISTS: &[&str] = &["map", "filter", "flatMap", "some", "every", "find", "findIndex", "reduce", "join", "sort", "flat"];
/// Methods that only numbers have.
const OF_NUMBERS: &[&str] = &["toFixed", "toPrecision"];
/// Parameters and keys that take a list.
const TAKES_LISTS: &[&str] = &["for_each", "items", "left", "right"];

/// The payload that the first trigger might bring; none where it brings none. A webhook's payload has the fields that the
/// document's expressions mention, with values that their comparisons let pass. `file` is a file that is there, by its
/// path.
pub fn sample_payload(workflow: &Workflow, now: &str, file: Option<&str>) -> Option<Value> {
    workflow.triggers.iter().find_map(|trigger| match trigger {
        Trigger::Manual {} | Trigger::Schedule { .. } => None,
        Trigger::Webhook { .. } => Some(mentioned(workflow)),
        Trigger::Feed { url, .. } => Some(json!({
            "title": "An example entry", "link": entry_of(url), "summary": "This entry was made up for the trial.", "published": now
        })),
        Trigger::File { path, pattern } => Some(file_payload(path, pattern.as_deref(), now, file)),
        Trigger::Event { workflow, on } => Some(event_payload(workflow, *on)),
        Trigger::Message { channel, pattern } => {
            Some(json!({ "text": pattern.as_deref().unwrap_or("an example message"), "channel": channel, "user": "somebody" }))
        }
    })
}

fn entry_of(url: &str) -> String {
    let host = url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
    format!("{host}/example-entry")
}

fn file_payload(folder: &str, pattern: Option<&str>, now: &str, file: Option<&str>) -> Value {
    let made_up = || format!("{}/{}", folder.trim_end_matches('/'), pattern.unwrap_or("example.txt").replace(['*', '?'], "example"));
    let path = file.map_or_else(made_up, str::to_owned);
    let name = path.rsplit('/').next().unwrap_or(&path).to_owned();
    json!({ "name": name, "path": path, "size": 100, "modified": now })
}

fn event_payload(workflow: &str, on: EventKind) -> Value {
    let (status, error) = match on {
        EventKind::Failed => ("failed", json!({ "code": "example", "message": "an example failure", "step": "example" })),
        EventKind::Succeeded => ("succeeded", Value::Null),
    };
    json!({ "run": "an example run", "workflow": workflow, "status": status, "error": error, "outputs": {} })
}

/// How sure it is what a field holds; the surer reading stays.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sure {
    Guessed,
    FromUse,
    FromComparison,
}

/// An object with the fields of `trigger.payload` that the document mentions.
fn mentioned(workflow: &Workflow) -> Value {
    let document = serde_json::to_value(workflow).unwrap_or_default();
    let mut found: Vec<(Vec<String>, Sure, Value)> = Vec::new();
    collect(&document, "", &mut found);
    // The surest last, so that it stays; what has members of its own stays an object.
    found.sort_by_key(|(_, sure, _)| *sure);
    let mut payload = Map::new();
    for (path, _, value) in found {
        put(&mut payload, &path, value);
    }
    Value::Object(payload)
}

fn collect(value: &Value, key: &str, found: &mut Vec<(Vec<String>, Sure, Value)>) {
    match value {
        Value::String(text) if text.contains("trigger") => {
            for mention in mentions(text).iter().filter(|mention| is_payload(mention)) {
                let path: Vec<String> = mention.parts[1..].iter().map(|part| part.name.clone()).collect();
                let end = mention.parts.last().map_or(mention.range.end, |part| part.range.end);
                if let Some(name) = path.last() {
                    let (sure, value) = reading(name, text.get(end..).unwrap_or_default(), key);
                    found.push((path, sure, value));
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|entry| collect(entry, key, found)),
        Value::Object(members) => members.iter().for_each(|(name, member)| collect(member, name, found)),
        _ => {}
    }
}

fn is_payload(mention: &Mention) -> bool {
    mention.root == "trigger" && mention.parts.len() > 1 && mention.parts[0].name == "payload"
}

/// What a field holds, by what stands behind it in the expression and by the key that takes it.
fn reading(name: &str, rest: &str, key: &str) -> (Sure, Value) {
    if let Some(value) = compared(rest) {
        return (Sure::FromComparison, value);
    }
    let method = rest.trim_start_matches('?').strip_prefix('.').map(|rest| rest.split('(').next().unwrap_or_default());
    match method {
        Some(method) if OF_LISTS.contains(&method) => return (Sure::FromUse, json!([{}])),
        Some(method) if OF_NUMBERS.contains(&method) => return (Sure::FromUse, json!(1)),
        _ => {}
    }
    if TAKES_LISTS.contains(&key) && rest.trim() == "}}" {
        return (Sure::FromUse, json!([{}]));
    }
    (Sure::Guessed, guessed(name))
}

/// A value that makes the comparison behind a field true.
fn compared(rest: &str) -> Option<Value> {
    let rest = rest.trim_start();
    let operator = ["===", "==", ">=", "<=", ">", "<"].into_iter().find(|operator| rest.starts_with(operator))?;
    let other = rest[operator.len()..].trim_start();
    if let Some(quote) = other.chars().next().filter(|first| matches!(first, '\'' | '"')) {
        let text = other[1..].split(quote).next()?;
        return Some(Value::from(text));
    }
    let word: String = other.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '.' | '-')).collect();
    if operator.starts_with("==") && matches!(word.as_str(), "true" | "false") {
        return Some(Value::from(word == "true"));
    }
    let number: f64 = word.parse().ok()?;
    let passing = match operator {
        ">" | ">=" => number + 1.0,
        "<" | "<=" => number - 1.0,
        _ => number,
    };
    Some(if passing.fract() == 0.0 && passing.abs() < 1e15 { Value::from(passing as i64) } else { Value::from(passing) })
}

fn guessed(name: &str) -> Value {
    let lower = name.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if has(&["mail"]) {
        return Value::from("ann@example.com");
    }
    if has(&["url", "link"]) {
        return Value::from("https://example.com/1");
    }
    if has(&["amount", "total", "count", "price", "quantity", "number", "score"]) {
        return Value::from(1);
    }
    Value::from(format!("example {name}"))
}

fn put(into: &mut Map<String, Value>, path: &[String], value: Value) {
    let Some((name, rest)) = path.split_first() else { return };
    if rest.is_empty() {
        if !into.get(name).is_some_and(Value::is_object) {
            into.insert(name.clone(), value);
        }
        return;
    }
    let inner = into.entry(name.clone()).or_insert_with(|| Value::Object(Map::new()));
    if inner.is_array() {
        return;
    }
    if !inner.is_object() {
        *inner = Value::Object(Map::new());
    }
    if let Some(members) = inner.as_object_mut() {
        put(members, rest, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(document: Value) -> Option<Value> {
        sample_payload(&serde_json::from_value(document).unwrap(), "2026-11-20T09:00:00Z", None)
    }

    #[test]
    fn a_webhooks_payload_has_what_the_document_mentions_and_passes_its_conditions() {
        let payload = of(json!({
            "name": "lead",
            "triggers": [{ "type": "webhook", "path": "lead" }],
            "steps": [
                { "id": "keep", "uses": "file.write", "with": { "path": "leads.csv", "content": "${{ trigger.payload.name + trigger.payload.email }}" } },
                { "id": "tell", "uses": "x.y", "if": "${{ trigger.payload.company.employees > 100 && trigger.payload.kind === 'new' }}",
                  "with": { "text": "${{ trigger.payload.company.name }} has ${{ trigger.payload.company.employees }}" } },
                { "id": "each", "uses": "x.y", "for_each": "${{ trigger.payload.lines }}" },
                { "id": "list", "uses": "x.y", "with": { "text": "${{ trigger.payload.tags.map(tag => tag.id).join(', ') }}" } }
            ]
        }));
        assert_eq!(
            payload,
            Some(json!({
                "name": "example name", "email": "ann@example.com", "company": { "name": "example name", "employees": 101 }, "kind": "new",
                "lines": [{}], "tags": [{}]
            }))
        );
    }

    #[test]
    fn other_triggers_bring_what_they_always_bring() {
        let with = |trigger: Value| of(json!({ "name": "x", "triggers": [trigger], "steps": [] }));
        assert_eq!(with(json!({ "type": "schedule", "every": "1h" })), None);
        assert_eq!(with(json!({ "type": "file", "path": "inbox", "pattern": "*.csv" })).unwrap()["path"], "inbox/example.csv");
        assert_eq!(with(json!({ "type": "feed", "url": "https://n.example/f.xml" })).unwrap()["link"], "https://n.example/example-entry");
        assert_eq!(with(json!({ "type": "event", "workflow": "a", "on": "failed" })).unwrap()["error"]["message"], "an example failure");
        assert_eq!(with(json!({ "type": "message", "channel": "#ops", "pattern": "deploy" })).unwrap()["text"], "deploy");
    }

    #[test]
    fn a_file_that_is_there_is_taken() {
        let workflow = serde_json::from_value(json!({ "name": "x", "triggers": [{ "type": "file", "path": "in" }], "steps": [] })).unwrap();
        assert_eq!(sample_payload(&workflow, "now", Some("in/a.csv")).unwrap()["name"], "a.csv");
    }
}
