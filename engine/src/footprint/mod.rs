//! Where a workflow reads and writes, computed from its document and the actions' declarations.
//!
//! A URL counts as `host:port`, a list item by item. A place that is known only from data is dynamic; where the
//! document fixes the folder of such a file, the folder is its pattern.

mod allow;
mod guard;

pub(crate) use allow::{Allow, fault, is_folder_kind, overlap};
pub(crate) use guard::path_of;
pub use guard::{Guard, SeenPlaces, Verdict};

use crate::action::{ActionSpec, Catalogue};
use crate::expr::Template;
use sayflow_protocol::workflow::{Step, Trigger};
use sayflow_protocol::{Destination, DestinationKind, Effect, Footprint, FootprintEntry, Workflow};
use serde_json::{Map, Value};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use url::Url;

/// All places, writes first, then by kind and place. The steps that go to one place are merged; a step inside a group
/// is named `group/step`. What a trigger watches is read by no step.
pub fn footprint(workflow: &Workflow, catalogue: &Catalogue) -> Footprint {
    let mut merged = Merged::default();
    for (kind, name) in workflow.triggers.iter().filter_map(watched) {
        merged.add(Effect::Read, kind, Destination::Fixed(name), None, None);
    }
    walk(&workflow.steps, "", None, catalogue, &mut merged);
    walk(&workflow.on_failure, "", None, catalogue, &mut merged);
    merged.finish()
}

/// The place that a trigger looks at.
fn watched(trigger: &Trigger) -> Option<(DestinationKind, String)> {
    let (kind, written) = match trigger {
        Trigger::Feed { url, .. } => (DestinationKind::Host, url),
        Trigger::File { path, .. } => (DestinationKind::File, path),
        _ => return None,
    };
    Some((kind, place_name(kind, written)))
}

/// A destination as a footprint names it: the host and port of a URL, a path without `./`, a bare address.
pub fn place_name(kind: DestinationKind, text: &str) -> String {
    let written = text;
    let text = text.trim();
    match kind {
        DestinationKind::Host => host_and_port(text).unwrap_or_else(|| text.to_lowercase()),
        // Nobody trims a path before it is opened: " a" is another file than "a".
        DestinationKind::File | DestinationKind::Database => plain_path(written),
        DestinationKind::Recipient => match (text.rfind('<'), text.ends_with('>')) {
            (Some(start), true) => text[start + 1..text.len() - 1].trim().to_owned(),
            _ => text.to_owned(),
        },
        DestinationKind::Channel | DestinationKind::Resource | DestinationKind::Workflow | DestinationKind::Model => text.to_owned(),
    }
}

/// The addresses of a text with several, split at commas and semicolons outside quotes, as mail programs do. Whoever
/// sends must split by this too: what a footprint does not name, nobody has approved.
pub fn separate_addresses(text: &str) -> Vec<&str> {
    let mut quoted = false;
    let parts = text.split(|character: char| {
        quoted ^= character == '"';
        !quoted && matches!(character, ',' | ';')
    });
    parts.map(str::trim).filter(|part| !part.is_empty()).collect()
}

fn host_and_port(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    Some(format!("{}:{}", url.host_str()?.to_lowercase(), url.port_or_known_default()?))
}

fn plain_path(text: &str) -> String {
    let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let path = parts.join("/");
    match (text.starts_with('/'), path.is_empty()) {
        (true, _) => format!("/{path}"),
        (false, true) => ".".to_owned(),
        (false, false) => path,
    }
}

/// A place that a step goes to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StepPlace {
    pub param: String,
    pub kind: DestinationKind,
    pub effect: Effect,
    pub destination: Destination,
}

/// The parameters as a JSON object.
pub(crate) fn with_of(step: &Step) -> Map<String, Value> {
    step.with.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The places that a step itself goes to. `items` is the list of the nearest loop, when the document has it.
pub(crate) fn places_of(step: &Step, spec: &ActionSpec, items: Option<&Value>) -> Vec<StepPlace> {
    if spec.destinations.is_empty() && spec.account_place.is_none() {
        return Vec::new();
    }
    let overall = spec.effect_of(&with_of(step));
    let items = step.for_each.as_ref().or(items);
    let mut places: Vec<StepPlace> = account_place(step, spec, overall).into_iter().collect();
    for rule in &spec.destinations {
        let effect = rule.effect.unwrap_or(overall);
        let given = step.with.get(&rule.param).or_else(|| spec.default_of(&rule.param));
        let Some(value) = given.filter(|_| effect != Effect::None) else { continue };
        let mut found = Vec::new();
        collect(value, rule.kind, items, &mut found);
        if let Some(allowed) = step.allow.get(&rule.param) {
            found.iter_mut().for_each(|place| allow::narrow(place, allowed));
        }
        let place = |destination| StepPlace { param: rule.param.clone(), kind: rule.kind, effect, destination };
        match &rule.within {
            None => places.extend(found.into_iter().map(place)),
            Some(outer) => {
                let mut around = Vec::new();
                collect(step.with.get(outer).unwrap_or(&Value::Null), rule.kind, items, &mut around);
                for outside in around {
                    match outside {
                        // Whatever is in a place that is not known is not known either.
                        Destination::Dynamic { .. } => places.push(StepPlace { param: outer.clone(), ..place(outside) }),
                        Destination::Fixed(outer) => {
                            places.extend(found.iter().map(|inside| place(joined(&outer, inside, beginning(value)))));
                        }
                    }
                }
            }
        }
    }
    places
}

/// The account of a step whose account is the place. Left out, it is the only one of the type, which bears the type's
/// name unless it was given another.
fn account_place(step: &Step, spec: &ActionSpec, effect: Effect) -> Option<StepPlace> {
    let kind = spec.account_place?;
    let account = step.credential.clone().or_else(|| spec.credential.clone())?;
    Some(StepPlace { param: "credential".to_owned(), kind, effect, destination: Destination::Fixed(account) })
}

/// A place in another one. What the step allows is said of the inner one. Where it allows nothing and the document fixes
/// the beginning of the name up to a slash, that is its pattern, as with a file in a folder.
fn joined(outer: &str, inside: &Destination, beginning: &str) -> Destination {
    match inside {
        Destination::Fixed(name) => Destination::Fixed(inner_name(outer, name)),
        Destination::Dynamic { dynamic, allow, max } if !allow.is_empty() => {
            let allow = allow.iter().map(|pattern| inner_name(&globset::escape(outer), pattern)).collect();
            Destination::Dynamic { dynamic: inner_name(outer, dynamic), allow, max: *max }
        }
        Destination::Dynamic { dynamic, max, .. } => {
            let folder = beginning.rfind('/').map(|end| &beginning[..end]).filter(|folder| !folder.is_empty());
            let allow = folder.map(|folder| format!("{}/**", globset::escape(&inner_name(outer, folder)))).into_iter().collect();
            Destination::Dynamic { dynamic: inner_name(outer, dynamic), allow, max: *max }
        }
    }
}

/// How a place in another one is named.
fn inner_name(outer: &str, inner: &str) -> String {
    format!("{outer}/{inner}")
}

/// What a text says before its first expression.
fn beginning(value: &Value) -> &str {
    value.as_str().and_then(|text| text.split("${{").next()).unwrap_or_default()
}

fn collect(value: &Value, kind: DestinationKind, items: Option<&Value>, found: &mut Vec<Destination>) {
    match value {
        Value::Array(list) => list.iter().for_each(|value| collect(value, kind, items, found)),
        Value::Object(members) => members.values().for_each(|value| collect(value, kind, items, found)),
        Value::String(text) if text.contains("${{") => from_expression(text, kind, items, found),
        plain => names_in(plain, kind, &mut |name| found.push(Destination::Fixed(name))),
    }
}

/// The names of the places in a value that holds no expressions: as the document has it, or filled in.
fn names_in(value: &Value, kind: DestinationKind, found: &mut impl FnMut(String)) {
    match value {
        Value::Array(list) => list.iter().for_each(|value| names_in(value, kind, found)),
        Value::Object(members) => members.values().for_each(|value| names_in(value, kind, found)),
        Value::String(text) if kind == DestinationKind::Recipient => {
            separate_addresses(text).into_iter().for_each(|part| found(place_name(kind, part)));
        }
        Value::String(text) => found(place_name(kind, text)),
        Value::Number(number) => found(number.to_string()),
        Value::Null | Value::Bool(_) => {}
    }
}

fn from_expression(text: &str, kind: DestinationKind, items: Option<&Value>, found: &mut Vec<Destination>) {
    let before = text.split("${{").next().unwrap_or_default();
    if kind == DestinationKind::Host
        && let Some(host) = fixed_host(before)
    {
        found.push(Destination::Fixed(host));
        return;
    }
    if let Some(listed) = from_listed_items(text, items) {
        listed.iter().for_each(|value| collect(value, kind, None, found));
        return;
    }
    let allow = match (kind, before.rfind('/')) {
        (DestinationKind::File, Some(end)) if !plain_path(before).starts_with(['/', '.']) && !before.contains("..") => {
            vec![format!("{}/**", globset::escape(&plain_path(&before[..end])))]
        }
        _ => Vec::new(),
    };
    found.push(Destination::Dynamic { dynamic: source_of(text), allow, max: None });
}

/// The host of a URL whose beginning is written out up to its path.
fn fixed_host(before: &str) -> Option<String> {
    let (_, rest) = before.split_once("://")?;
    rest.contains(['/', '?', '#']).then(|| host_and_port(before)).flatten()
}

/// The values of `${{ item }}` or `${{ item.field }}` when the items are written in the document.
fn from_listed_items(text: &str, items: Option<&Value>) -> Option<Vec<Value>> {
    let list = items?.as_array()?;
    let template = Template::compile(&Value::from(text)).ok()?;
    let path = template.as_path().filter(|reference| reference.root == "item")?;
    let field = |item: &Value| path.path.iter().try_fold(item, |value, name| value.get(name.as_str())).cloned();
    let plain = |value: &Value| value.as_str().is_some_and(|text| !text.contains("${{")) || value.is_number();
    list.iter().map(|item| field(item).filter(plain)).collect()
}

/// What stands in the document, without the brackets when it is one expression.
fn source_of(text: &str) -> String {
    let trimmed = text.trim();
    let inside = trimmed.strip_prefix("${{").and_then(|rest| rest.strip_suffix("}}")).filter(|inside| !inside.contains("${{"));
    inside.map_or_else(|| trimmed.to_owned(), |inside| inside.trim().to_owned())
}

fn walk(steps: &[Step], prefix: &str, items: Option<&Value>, catalogue: &Catalogue, merged: &mut Merged) {
    for step in steps {
        let name = format!("{prefix}{}", step.id);
        if let Some(spec) = step.uses.as_deref().and_then(|uses| catalogue.spec(uses)) {
            for place in places_of(step, spec, items) {
                merged.add(place.effect, place.kind, place.destination, spec.service.as_deref(), Some(&name));
            }
        }
        walk(&step.steps, &format!("{name}/"), step.for_each.as_ref().or(items), catalogue, merged);
    }
}

type Key = (Reverse<Effect>, DestinationKind, Destination, Option<String>);

#[derive(Default)]
struct Merged {
    entries: BTreeMap<Key, Vec<String>>,
}

impl Merged {
    fn add(&mut self, effect: Effect, kind: DestinationKind, destination: Destination, service: Option<&str>, step: Option<&str>) {
        let steps = self.entries.entry((Reverse(effect), kind, destination, service.map(str::to_owned))).or_default();
        if let Some(step) = step
            && !steps.iter().any(|known| known == step)
        {
            steps.push(step.to_owned());
        }
    }

    fn finish(self) -> Footprint {
        let entry = |((Reverse(effect), kind, destination, service), steps)| {
            let dynamic = matches!(destination, Destination::Dynamic { .. });
            FootprintEntry { effect, kind, destination, service, steps, dynamic }
        };
        self.entries.into_iter().map(entry).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::SpecBuilder;
    use serde_json::json;

    #[test]
    fn places_have_one_name_however_they_are_written() {
        for (kind, text, name) in [
            (DestinationKind::Host, "https://API.example/x?y", "api.example:443"),
            (DestinationKind::Host, "http://127.0.0.1:8080", "127.0.0.1:8080"),
            (DestinationKind::File, "./out//report.csv", "out/report.csv"),
            (DestinationKind::File, ".", "."),
            (DestinationKind::Recipient, "Ann <ann@x.example>", "ann@x.example"),
            (DestinationKind::Channel, " #news ", "#news"),
        ] {
            assert_eq!(place_name(kind, text), name, "{text}");
        }
    }

    #[test]
    fn every_address_of_a_text_is_a_place_of_its_own() {
        let text = Value::from("a@x.example, \"Roe, Jane\" <j@x.example>; Bo <b@x.example>");
        let mut found = Vec::new();
        collect(&text, DestinationKind::Recipient, None, &mut found);
        assert_eq!(found, ["a@x.example", "j@x.example", "b@x.example"].map(|place| Destination::Fixed(place.into())));
    }

    fn places(spec: &ActionSpec, step: Value) -> Vec<(String, Destination)> {
        let step: Step = serde_json::from_value(step).unwrap();
        places_of(&step, spec, None).into_iter().map(|place| (place.param, place.destination)).collect()
    }

    fn fixed(param: &str, name: &str) -> (String, Destination) {
        (param.to_owned(), Destination::Fixed(name.to_owned()))
    }

    fn dynamic(param: &str, source: &str, allow: &[&str]) -> (String, Destination) {
        let allow = allow.iter().map(|&pattern| pattern.to_owned()).collect();
        (param.to_owned(), Destination::Dynamic { dynamic: source.to_owned(), allow, max: None })
    }

    #[test]
    fn a_key_and_its_bucket_are_one_place() {
        let spec = SpecBuilder::new("x.put", "X", "X.", Effect::Write)
            .destination_within("bucket", "key", DestinationKind::Resource)
            .finish::<(), ()>();
        let step = |bucket: &str, key: &str| json!({ "id": "s", "uses": "x.put", "with": { "bucket": bucket, "key": key } });
        assert_eq!(places(&spec, step("b", "daily/x.csv")), [fixed("key", "b/daily/x.csv")]);
        assert_eq!(
            places(&spec, step("b", "daily/${{ inputs.day }}.csv")),
            [dynamic("key", "b/daily/${{ inputs.day }}.csv", &["b/daily/**"])]
        );
        assert_eq!(places(&spec, step("b", "${{ inputs.key }}")), [dynamic("key", "b/inputs.key", &[])]);
        assert_eq!(places(&spec, step("${{ inputs.bucket }}", "x.csv")), [dynamic("bucket", "inputs.bucket", &[])]);
        let mut allowing = step("b", "${{ inputs.key }}");
        allowing["allow"] = json!({ "key": { "patterns": ["daily/*.csv"] } });
        assert_eq!(places(&spec, allowing), [dynamic("key", "b/inputs.key", &["b/daily/*.csv"])]);
    }

    #[test]
    fn an_account_that_leads_to_one_place_is_named() {
        let spec = SpecBuilder::new("x.send", "X", "X.", Effect::Write)
            .credential("hook")
            .account_is_place(DestinationKind::Channel)
            .finish::<(), ()>();
        assert_eq!(places(&spec, json!({ "id": "s", "uses": "x.send", "credential": "alerts" })), [fixed("credential", "alerts")]);
        assert_eq!(places(&spec, json!({ "id": "s", "uses": "x.send" })), [fixed("credential", "hook")]);
    }

    #[test]
    fn a_host_is_fixed_only_when_its_path_begins_in_the_document() {
        assert_eq!(fixed_host("https://api.example/items/"), Some("api.example:443".to_owned()));
        assert_eq!(fixed_host("https://api.example"), None);
        assert_eq!(fixed_host("https://user@"), None);
        assert_eq!(fixed_host(""), None);
    }
}
