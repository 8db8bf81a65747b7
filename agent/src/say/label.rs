//! A few plain words for a step: `Filter orders by amount > 100`, `Send Slack message to #news, for each post`.
//!
//! They come from the action's id and from the roles that its parameters declare, so that a new action gets its
//! label without a line here.

use regex::Regex;
use sayflow_engine::action::{ActionSpec, Catalogue, role};
use sayflow_protocol::workflow::Step;
use serde_json::Value;
use std::sync::LazyLock;

/// The most characters of one part of a label.
const PART: usize = 48;

/// Roles in the order in which they are said, with the word before.
const PARTS: &[(&str, &str)] = &[
    (role::ITEMS, ""),
    (role::URL, ""),
    (role::PATH, ""),
    (role::FOLDER, "in"),
    (role::CONDITION, "by"),
    (role::BY, "by"),
    (role::ORDER, ""),
    (role::COUNT, "to"),
    (role::DATABASE, "in"),
    (role::CHANNEL, "to"),
    (role::CHAT, "to"),
    (role::RECIPIENT, "to"),
    (role::SELECTOR, "at"),
    (role::DURATION, "for"),
    (role::WORKFLOW, "workflow"),
];

/// The label of a step: its own name where it has one.
pub(crate) fn label(step: &Step, catalogue: &Catalogue) -> String {
    if let Some(name) = &step.name {
        return name.clone();
    }
    let mut words = match &step.uses {
        Some(uses) => action_label(uses, step, catalogue.spec(uses)),
        None => step.steps.iter().map(|inner| label(inner, catalogue)).collect::<Vec<_>>().join(", then "),
    };
    if let Some(list) = &step.for_each {
        words.push_str(&format!(", for each of {}", plain(list)));
    }
    words
}

/// The label of a step where nothing is known of its action but its id.
pub(crate) fn bare_label(step: &Step) -> String {
    label(step, &Catalogue::new())
}

fn action_label(uses: &str, step: &Step, spec: Option<&ActionSpec>) -> String {
    let mut words = verb(uses, step);
    let Some(spec) = spec else { return words };
    let bare = words.len();
    for (role, before) in PARTS {
        let value = spec.param_with_role(role).and_then(|name| step.with.get(name));
        let said = value.map(plain).filter(|said| !said.is_empty());
        if let Some(said) = said.and_then(|said| order_word(role, said)) {
            words.push(' ');
            if !before.is_empty() {
                words.push_str(before);
                words.push(' ');
            }
            words.push_str(&said);
        }
    }
    if words.len() == bare { spec.title.clone() } else { words }
}

fn order_word(role_name: &str, said: String) -> Option<String> {
    match (role_name == role::ORDER, said.as_str()) {
        (true, "desc") => Some("descending".to_owned()),
        (true, _) => None,
        (false, _) => Some(said),
    }
}

/// What is done, from the action's id: `slack.send_message` is `Send Slack message`, `csv.parse` is `Parse CSV`. A
/// request says its method.
fn verb(uses: &str, step: &Step) -> String {
    if uses == "http.request" {
        return step.with.get("method").map_or_else(|| "GET".to_owned(), |method| plain(method).to_uppercase());
    }
    let (family, act) = uses.split_once('.').unwrap_or(("", uses));
    let mut parts: Vec<String> = act.split('_').map(str::to_owned).collect();
    if !matches!(family, "" | "data" | "flow") {
        parts.insert(1, family_name(family));
    }
    if let Some(first) = parts.first_mut() {
        *first = capital(first);
    }
    parts.join(" ")
}

fn family_name(family: &str) -> String {
    match family {
        "file" | "feed" | "email" | "text" | "date" | "hash" | "code" => family.to_owned(),
        short if short.len() <= 4 => short.to_uppercase(),
        service => capital(service),
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A parameter as people would say it.
pub(crate) fn plain(value: &Value) -> String {
    let said = match value {
        Value::String(text) => plain_text(text),
        Value::Array(list) => list.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Object(_) | Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    };
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    if said.chars().count() > PART { said.chars().take(PART - 1).chain(['…']).collect() } else { said }
}

/// A text at its whole length, with the names of what is filled in, in brackets: `Dear [customer]`.
pub(crate) fn plain_whole(text: &str) -> String {
    let trimmed = text.trim();
    if trimmed.starts_with("${{") && trimmed.ends_with("}}") && trimmed.matches("${{").count() == 1 {
        return plain_text(trimmed);
    }
    let mut parts = text.split("${{");
    let mut said = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once("}}") {
            Some((expression, rest)) => said.push_str(&format!("[{}]{rest}", plain_expression(expression.trim()))),
            None => said.push_str(part),
        }
    }
    said
}

fn plain_text(text: &str) -> String {
    let without_scheme = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(text);
    let mut said = String::new();
    for (place, part) in without_scheme.split("${{").enumerate() {
        match part.split_once("}}") {
            Some((expression, rest)) if place > 0 => {
                said.push_str(&plain_expression(expression.trim()));
                said.push_str(rest);
            }
            _ => said.push_str(part),
        }
    }
    said
}

/// Spellings of expressions and what they are in words.
static SPELLINGS: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    let table = [
        (r"\bsteps\.(\w+)\.output(?:\.(?:items|content|rows|entries|body|files))?\b", "$1"),
        (r"\bsteps\.(\w+)\.error\b", "$1 failed"),
        (r"(^|[^.\w])output\.(?:body\.)?(\w)", "$1$2"),
        (r"\b(?:item|inputs|trigger\.payload)\.(\w)", "$1"),
        (r"\b(?:Number|String)\(([^()]*)\)", "$1"),
        (r"\.(?:toLowerCase|trim)\(\)", ""),
        (r"\.(?:includes|contains)\(([^()]*)\)", " has $1"),
        (r"\s*!==?\s*", " is not "),
        (r"\s*===?\s*", " = "),
        (r"\s*&&\s*", " and "),
        (r"\s*\|\|\s*", " or "),
    ];
    table.into_iter().filter_map(|(pattern, with)| Some((Regex::new(pattern).ok()?, with))).collect()
});

fn plain_expression(expression: &str) -> String {
    SPELLINGS.iter().fold(expression.to_owned(), |said, (pattern, with)| pattern.replace_all(&said, *with).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_said_plainly() {
        for (expression, said) in [
            ("${{ item.amount > 100 }}", "amount > 100"),
            ("${{ steps.orders.output.content }}", "orders"),
            ("${{ item.status === 'paid' && Number(item.amount) >= 5 }}", "status = 'paid' and amount >= 5"),
            ("${{ item.title.toLowerCase().includes(inputs.word) }}", "title has word"),
            ("${{ item.status !== 'paid' }}", "status is not 'paid'"),
            ("${{ output.body.done || output.failed }}", "done or failed"),
            ("out/${{ item.id }}.txt", "out/id.txt"),
            ("https://shop.example/api", "shop.example/api"),
        ] {
            assert_eq!(plain(&Value::from(expression)), said);
        }
    }

    #[test]
    fn what_is_filled_into_a_text_stands_in_brackets() {
        assert_eq!(plain_whole("Dear ${{ item.customer }}, from ${{ steps.a.output.body }}."), "Dear [customer], from [a].");
        assert_eq!(plain_whole("${{ steps.a.output.text }}"), "a.text");
    }

    #[test]
    fn actions_are_said_as_verbs() {
        let step = Step::default();
        let said: Vec<String> = ["slack.send_message", "csv.parse", "data.filter", "file.read", "flow.wait", "http.request"]
            .map(|uses| verb(uses, &step))
            .into();
        assert_eq!(said, ["Send Slack message", "Parse CSV", "Filter", "Read file", "Wait", "GET"]);
    }

    #[test]
    fn a_long_part_is_cut() {
        let long = Value::from("x".repeat(100));
        assert_eq!(plain(&long).chars().count(), PART);
    }
}
