//! What is known of the value behind a reference: walks the schemas that actions and inputs declare.

use super::survey::{Leaf, Role, Survey};
use crate::action::role;
use crate::expr::{Reference, Template};
use crate::footprint::with_of;
use serde_json::{Map, Value, json};

/// How far a schema is looked for through loops and groups that pass values on.
const MAX_DEPTH: usize = 8;

/// What a schema says of a member.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Member {
    /// It is there, with this schema.
    Known(Value),
    /// Nothing is said.
    Unknown,
    /// It is not there.
    Absent {
        /// What the value is: `a list`.
        what: &'static str,
        /// The members that there are.
        has: Vec<String>,
    },
}

/// What a schema says of a member by name or index.
pub(super) fn member(schema: &Value, name: &str) -> Member {
    let Some(object) = schema.as_object() else { return Member::Unknown };
    for key in ["anyOf", "oneOf", "allOf"] {
        if let Some(choices) = object.get(key).and_then(Value::as_array) {
            return member_of_any(choices.iter(), name);
        }
    }
    let kinds: Vec<&str> = kinds(object);
    match kinds.as_slice() {
        [] if object.contains_key("properties") => member_of_object(object, name),
        [] => Member::Unknown,
        [kind] => member_of_kind(kind, object, name),
        several => {
            let one = |kind: &&str| json_with_type(object, kind);
            let choices: Vec<Value> = several.iter().map(one).collect();
            member_of_any(choices.iter(), name)
        }
    }
}

/// The types that a schema allows besides null.
fn kinds(object: &Map<String, Value>) -> Vec<&str> {
    let all = match object.get("type") {
        Some(Value::String(kind)) => vec![kind.as_str()],
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    all.into_iter().filter(|kind| *kind != "null").collect()
}

fn json_with_type(object: &Map<String, Value>, kind: &str) -> Value {
    let mut one = object.clone();
    one.insert("type".to_owned(), Value::from(kind));
    Value::Object(one)
}

fn member_of_any<'a>(choices: impl Iterator<Item = &'a Value>, name: &str) -> Member {
    let mut absent = None;
    for choice in choices.filter(|choice| choice.get("type").is_none_or(|kind| kind != "null")) {
        match member(choice, name) {
            Member::Absent { what, has } => {
                absent.get_or_insert(Member::Absent { what, has });
            }
            found => return found,
        }
    }
    absent.unwrap_or(Member::Unknown)
}

fn member_of_kind(kind: &str, object: &Map<String, Value>, name: &str) -> Member {
    let absent = |what| Member::Absent { what, has: Vec::new() };
    let index = name.parse::<usize>().is_ok();
    match kind {
        "object" => member_of_object(object, name),
        "array" if index => object.get("items").map_or(Member::Unknown, |items| Member::Known(items.clone())),
        "array" | "string" if name == "length" => Member::Known(json!({ "type": "integer" })),
        "array" => absent("a list"),
        "string" if index => Member::Known(json!({ "type": "string" })),
        "string" => absent("text"),
        "number" | "integer" => absent("a number"),
        "boolean" => absent("a truth value"),
        _ => Member::Unknown,
    }
}

fn member_of_object(object: &Map<String, Value>, name: &str) -> Member {
    if object.contains_key("patternProperties") || object.contains_key("$ref") {
        return Member::Unknown;
    }
    let properties = object.get("properties").and_then(Value::as_object);
    if let Some(known) = properties.and_then(|properties| properties.get(name)) {
        return Member::Known(known.clone());
    }
    match (object.get("additionalProperties"), properties) {
        (Some(Value::Bool(true)), _) => Member::Unknown,
        (Some(schema @ Value::Object(_)), _) => Member::Known(schema.clone()),
        (Some(Value::Bool(false)), _) => Member::Absent { what: "an object", has: names(properties) },
        // A declaration that lists fields means these fields.
        (_, Some(some)) if !some.is_empty() => Member::Absent { what: "an object", has: names(properties) },
        _ => Member::Unknown,
    }
}

fn names(properties: Option<&Map<String, Value>>) -> Vec<String> {
    properties.map(|properties| properties.keys().cloned().collect()).unwrap_or_default()
}

/// Where a reference starts to be a matter of schemas: the schema, and how many parts of the path lead to it.
pub(super) fn start(survey: &Survey<'_>, leaf: &Leaf<'_>, reference: &Reference, depth: usize) -> Option<(Value, usize)> {
    if depth > MAX_DEPTH {
        return None;
    }
    let first = reference.path.first();
    match reference.root.as_str() {
        "inputs" => Some((survey.workflow.inputs.get(first?)?.clone(), 1)),
        "trigger" => Some((trigger(), 0)),
        "error" => Some((error(), 0)),
        "index" | "iteration" => Some((json!({ "type": "integer" }), 0)),
        "now" => Some((json!({ "type": "string" }), 0)),
        "item" => Some((item(survey, leaf, depth + 1)?, 0)),
        "output" => Some((once(survey, leaf.owner?, depth + 1), 0)),
        "steps" => {
            let site = survey.find(leaf, first?)?;
            match reference.path.get(1)?.as_str() {
                "output" => Some((output(survey, site, depth + 1), 2)),
                "error" => Some((error(), 2)),
                "status" => Some((json!({ "type": "string" }), 2)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The schema of the value behind a reference, when it is known.
pub(super) fn of_reference(survey: &Survey<'_>, leaf: &Leaf<'_>, reference: &Reference, depth: usize) -> Option<Value> {
    let (mut schema, from) = start(survey, leaf, reference, depth)?;
    for name in &reference.path[from..] {
        match member(&schema, name) {
            Member::Known(inner) => schema = inner,
            _ => return None,
        }
    }
    Some(schema)
}

/// The schema of a step's output.
pub(super) fn output(survey: &Survey<'_>, site: usize, depth: usize) -> Value {
    let once = once(survey, site, depth);
    if survey.sites[site].step.for_each.is_some() { json!({ "type": "array", "items": once }) } else { once }
}

/// The schema of what one run of a step hands back.
fn once(survey: &Survey<'_>, site: usize, depth: usize) -> Value {
    let step = survey.sites[site].step;
    if !step.is_group() {
        return survey.sites[site].spec.map_or(Value::Bool(true), |spec| spec.output_with(&with_of(step)));
    }
    let properties: Map<String, Value> = step
        .outputs
        .keys()
        .map(|name| {
            let pointer = format!("{}/outputs/{}", survey.sites[site].pointer, crate::document::escape(name));
            let leaf = survey.leaves_of(site).find(|leaf| leaf.pointer == pointer);
            let schema = leaf.and_then(|leaf| of_reference(survey, leaf, leaf.template.as_ref().ok()?.as_path()?, depth + 1));
            (name.clone(), schema.unwrap_or(Value::Bool(true)))
        })
        .collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

/// The schema of `item` where a leaf stands.
fn item(survey: &Survey<'_>, leaf: &Leaf<'_>, depth: usize) -> Option<Value> {
    let owner = leaf.owner?;
    if let Role::Lambda(_) = leaf.role {
        let spec = survey.sites[owner].spec?;
        let list = spec.param_with_role(role::ITEMS)?;
        let pointer = format!("{}/with/{}", survey.sites[owner].pointer, crate::document::escape(list));
        return items_of(survey, owner, &pointer, depth);
    }
    let own = !matches!(leaf.role, Role::If | Role::ForEach);
    let chain = survey.with_groups(owner);
    let loops = chain.into_iter().skip(usize::from(!own)).find(|site| survey.sites[*site].step.for_each.is_some())?;
    items_of(survey, loops, &format!("{}/for_each", survey.sites[loops].pointer), depth)
}

/// The schema of the items of the list that the leaf at a pointer refers to.
fn items_of(survey: &Survey<'_>, owner: usize, pointer: &str, depth: usize) -> Option<Value> {
    let leaf = survey.leaves_of(owner).find(|leaf| leaf.pointer == pointer)?;
    let list = of_reference(survey, leaf, leaf.template.as_ref().ok().and_then(Template::as_path)?, depth + 1)?;
    match member(&list, "0") {
        Member::Known(items) if types(&list).is_some_and(|kinds| kinds == ["array"]) => Some(items),
        _ => None,
    }
}

/// The types besides null that a schema allows; `None` when it does not say. An integer counts as a number.
pub(super) fn types(schema: &Value) -> Option<Vec<&str>> {
    let object = schema.as_object()?;
    let mut all = Vec::new();
    for key in ["anyOf", "oneOf"] {
        for choice in object.get(key).and_then(Value::as_array).into_iter().flatten() {
            if choice.get("type").is_some_and(|kind| kind == "null") {
                continue;
            }
            all.extend(types(choice)?);
        }
    }
    if object.contains_key("allOf") || object.contains_key("$ref") {
        return None;
    }
    all.extend(kinds(object).into_iter().map(|kind| if kind == "integer" { "number" } else { kind }));
    if all.is_empty() && object.contains_key("properties") {
        all.push("object");
    }
    all.sort_unstable();
    all.dedup();
    (!all.is_empty()).then_some(all)
}

fn trigger() -> Value {
    json!({
        "type": "object",
        "properties": { "type": { "type": "string" }, "time": { "type": "string" }, "payload": true, "headers": { "type": ["object", "null"] } },
        "additionalProperties": false,
    })
}

fn error() -> Value {
    let text = json!({ "type": "string" });
    json!({
        "type": "object",
        "properties": { "code": text, "message": text, "step": text, "help": text },
        "additionalProperties": false,
    })
}
