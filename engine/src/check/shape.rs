//! E0110–E0115: the form of the document, read off the published schema: types, keys, required keys, closed sets of
//! words, and lengths of time.

use super::report::Report;
use crate::document::{describe, escape};
use crate::schema::workflow_schema;
use crate::suggest::did_you_mean;
use sayflow_protocol::Interval;
use serde_json::{Map, Value};
use std::sync::OnceLock;

/// Checks the form. Gives the document without what was refused, so that the other checks can look at the rest; `None`
/// when what is left would mislead them, because entries of a list are missing.
pub(super) fn check(value: &Value, report: &mut Report) -> Option<Value> {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    let schema = SCHEMA.get_or_init(workflow_schema);
    let mut checker = Checker { definitions: &schema["$defs"], report, lost_entries: false };
    let mended = checker.value(value, schema, "");
    mended.filter(|_| !checker.lost_entries)
}

struct Checker<'s, 'r> {
    definitions: &'s Value,
    report: &'r mut Report,
    /// Whether an entry of a list was left out, so that the pointers behind it no longer hold.
    lost_entries: bool,
}

impl<'s> Checker<'s, '_> {
    /// The value, mended; `None` when it has to be left out.
    fn value(&mut self, value: &Value, schema: &'s Value, pointer: &str) -> Option<Value> {
        let schema = self.resolve(schema, value);
        if let Some(choices) = schema.get("oneOf").and_then(Value::as_array) {
            return self.choice(value, choices, pointer);
        }
        if let Some(choices) = schema.get("anyOf").and_then(Value::as_array) {
            if choices.iter().any(|choice| fits_type(value, choice)) {
                return Some(value.clone());
            }
            self.wrong_type(value, &choices.iter().rev().map(expected_of_condition).collect::<Vec<_>>().join(", "), pointer);
            return None;
        }
        if !fits_type(value, schema) {
            self.wrong_type(value, expected(schema), pointer);
            return None;
        }
        match value {
            Value::Object(members) => Some(Value::Object(self.members(members, schema, pointer))),
            Value::Array(items) => {
                let Some(inner) = schema.get("items") else { return Some(value.clone()) };
                let entries = items.iter().enumerate();
                let mended: Vec<Value> = entries.filter_map(|(at, item)| self.value(item, inner, &format!("{pointer}/{at}"))).collect();
                self.lost_entries |= mended.len() < items.len();
                Some(Value::Array(mended))
            }
            Value::String(text) if schema.get("x-format").is_some_and(|format| format == "interval") => self.interval(text, pointer),
            other => Some(other.clone()),
        }
    }

    /// Follows references, and takes the other choice of "this or null".
    fn resolve(&self, schema: &'s Value, value: &Value) -> &'s Value {
        let mut schema = schema;
        loop {
            if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|reference| reference.rsplit('/').next()) {
                schema = &self.definitions[name];
                continue;
            }
            let choices = schema.get("anyOf").and_then(Value::as_array).map(Vec::as_slice);
            match choices {
                Some([one, null]) if null.get("type").is_some_and(|kind| kind == "null") && !value.is_null() => schema = one,
                _ => return schema,
            }
        }
    }

    fn members(&mut self, members: &Map<String, Value>, schema: &'s Value, pointer: &str) -> Map<String, Value> {
        let Some(known) = schema.get("properties").and_then(Value::as_object) else { return self.entries(members, schema, pointer) };
        let mut mended = Map::new();
        for (name, member) in members {
            let at = format!("{pointer}/{}", escape(name));
            match known.get(name) {
                Some(inner) => {
                    if let Some(member) = self.value(member, inner, &at) {
                        mended.insert(name.clone(), member);
                    }
                }
                None => {
                    let what = what_is_at(pointer);
                    let keys = known.keys().map(String::as_str);
                    let help = unknown_key_help(name, pointer).or_else(|| did_you_mean(name, keys, &format!("{what} takes")));
                    self.report.error_on_key("E0111", &at, format!("unknown key \"{name}\""), help);
                }
            }
        }
        for required in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            if !members.contains_key(required) {
                let about = known.get(required).and_then(|inner| inner.get("description")).and_then(Value::as_str);
                let help = about.map(|about| format!("add \"{required}\": {}", lower_first(about)));
                self.report.error("E0112", pointer, format!("{} has no \"{required}\"", what_is_at(pointer)), help);
            }
        }
        mended
    }

    /// Members by names that are the document's own.
    fn entries(&mut self, members: &Map<String, Value>, schema: &'s Value, pointer: &str) -> Map<String, Value> {
        let Some(inner) = schema.get("additionalProperties").filter(|inner| inner.is_object()) else { return members.clone() };
        let mended = members.iter().map(|(name, member)| (name, self.value(member, inner, &format!("{pointer}/{}", escape(name)))));
        let mended: Vec<_> = mended.collect();
        mended.into_iter().filter_map(|(name, member)| Some((name.clone(), member?))).collect()
    }

    /// One of several objects told apart by `type`, or one of several words.
    fn choice(&mut self, value: &Value, choices: &'s [Value], pointer: &str) -> Option<Value> {
        let tags: Vec<(&str, &Value)> =
            choices.iter().filter_map(|choice| Some((choice.pointer("/properties/type/const")?.as_str()?, choice))).collect();
        if tags.is_empty() {
            return self.word(value, choices, pointer);
        }
        let Some(members) = value.as_object() else {
            self.wrong_type(value, "an object with a `type`", pointer);
            return None;
        };
        let names = || tags.iter().map(|(tag, _)| *tag);
        match members.get("type") {
            None => {
                let help = format!("add \"type\": one of {}", names().collect::<Vec<_>>().join(", "));
                self.report.error("E0112", pointer, format!("{} has no \"type\"", what_is_at(pointer)), Some(help));
                None
            }
            Some(Value::String(tag)) => match tags.iter().find(|(name, _)| name == tag) {
                Some((_, schema)) => Some(Value::Object(self.members(members, schema, pointer))),
                None => {
                    let help = did_you_mean(tag, names(), "there are");
                    self.report.error("E0114", &format!("{pointer}/type"), format!("unknown type \"{tag}\""), help);
                    None
                }
            },
            Some(other) => {
                self.wrong_type(other, "text", &format!("{pointer}/type"));
                None
            }
        }
    }

    fn word(&mut self, value: &Value, choices: &'s [Value], pointer: &str) -> Option<Value> {
        let words: Vec<&str> = choices.iter().filter_map(|choice| choice.get("const")?.as_str()).collect();
        match value {
            Value::String(text) if words.contains(&text.as_str()) => Some(value.clone()),
            Value::String(text) => {
                let message = format!("{} cannot be \"{text}\"", last_name(pointer));
                let all = format!("one of {}", words.join(", "));
                let help = did_you_mean(text, words.iter().copied().take_while(|_| true), "").filter(|help| help.starts_with("did"));
                self.report.error("E0114", pointer, message, help.or(Some(all)));
                None
            }
            other => {
                self.wrong_type(other, &format!("one of {}", words.join(", ")), pointer);
                None
            }
        }
    }

    fn interval(&mut self, text: &str, pointer: &str) -> Option<Value> {
        match text.parse::<Interval>() {
            Ok(_) => Some(Value::from(text)),
            Err(why) => {
                self.report.error("E0115", pointer, why.to_string(), Some("days are the longest unit; there are no months".to_owned()));
                None
            }
        }
    }

    fn wrong_type(&mut self, value: &Value, expected: &str, pointer: &str) {
        let message = format!("{} must be {expected}, not {}", last_name(pointer), describe(value));
        let help = match (expected, value) {
            ("a list", Value::Object(_)) => Some("start each entry with \"- \" (YAML) or put it in [ ]".to_owned()),
            ("an object", Value::Array(_)) if before_last(pointer) == "allow" => {
                Some("write it as {patterns: [\"#team-*\"], max: 5}".to_owned())
            }
            ("text", Value::Number(_) | Value::Bool(_)) => Some(format!("put it in quotes: \"{value}\"")),
            ("a length of time", Value::Number(n)) => Some(format!("write the unit, such as {n}s or {n}m")),
            (_, Value::String(text)) if text.contains("${{") => Some("this key cannot be an expression".to_owned()),
            (_, Value::Null) => Some("give it a value, or leave the key out".to_owned()),
            _ => None,
        };
        self.report.error("E0110", pointer, message, help);
    }
}

fn fits_type(value: &Value, schema: &Value) -> bool {
    let fits = |kind: &str| match kind {
        "string" => value.is_string(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" if schema.get("format").is_some_and(|format| format == "uint64") => value.is_u64(),
        "integer" => value.as_u64().is_some_and(|number| u32::try_from(number).is_ok()),
        _ => true,
    };
    match schema.get("type") {
        Some(Value::String(kind)) => fits(kind),
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).any(fits),
        _ => true,
    }
}

/// What a schema takes, in words.
fn expected(schema: &Value) -> &'static str {
    let kind = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
        Some(kind) => kind.as_str(),
        None => None,
    };
    match kind {
        _ if schema.get("x-format").is_some() => "a length of time",
        Some("string") => "text",
        Some("object") => "an object",
        Some("array") => "a list",
        Some("boolean") => "true or false",
        Some("integer") => "a whole number from 0",
        Some("number") => "a number",
        _ => "another value",
    }
}

/// What a condition takes, in words: its text is an expression.
fn expected_of_condition(schema: &Value) -> &'static str {
    match expected(schema) {
        "text" => "an expression",
        other => other,
    }
}

/// Help for keys that people bring along from elsewhere.
fn unknown_key_help(name: &str, pointer: &str) -> Option<String> {
    let step = what_is_at(pointer) == "a step";
    let hint = match name {
        "on" | "trigger" | "schedule" if pointer.is_empty() => "what starts a run stands under `triggers`, a list",
        "jobs" | "tasks" | "actions" if pointer.is_empty() => "what is done stands under `steps`, a list",
        "action" | "type" if step => "the action stands under `uses`",
        "params" | "parameters" | "input" | "inputs" | "args" if step => "the parameters stand under `with`",
        "foreach" | "loop" | "items" | "each" if step => "a step is repeated for each item of a list with `for_each`",
        "else" if step => "give the other step `else_of: ID`",
        "depends_on" | "after" if step => "steps to wait for stand under `needs`",
        _ => return None,
    };
    Some(hint.to_owned())
}

/// What kind of object a pointer leads to.
fn what_is_at(pointer: &str) -> &'static str {
    let mut parts = pointer.rsplit('/');
    let last = parts.next().unwrap_or_default();
    let before = parts.next().unwrap_or_default();
    match (before, last) {
        ("", "") => "the workflow",
        ("steps" | "on_failure", _) => "a step",
        ("triggers", _) => "a trigger",
        ("", "limits") => "`limits`",
        (_, "retry") => "`retry`",
        (_, "repeat") => "`repeat`",
        (_, "auth") => "`auth`",
        ("allow", _) => "an entry of `allow`",
        _ => "this object",
    }
}

/// The part before the last one of a pointer.
fn before_last(pointer: &str) -> &str {
    pointer.rsplit('/').nth(1).unwrap_or_default()
}

/// What a pointer leads to, as the subject of a sentence.
fn last_name(pointer: &str) -> String {
    let mut parts = pointer.rsplit('/');
    match parts.next().unwrap_or_default() {
        "" => "the document".to_owned(),
        number if number.bytes().all(|byte| byte.is_ascii_digit()) => match parts.next() {
            Some("needs") => "an entry of `needs`".to_owned(),
            Some("triggers") => "a trigger".to_owned(),
            Some("tags") => "a tag".to_owned(),
            _ => "a step".to_owned(),
        },
        name => format!("`{name}`"),
    }
}

fn lower_first(text: &str) -> String {
    let mut letters = text.trim_end_matches('.').chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
