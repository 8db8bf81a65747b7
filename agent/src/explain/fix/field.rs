//! A field that the data does not have is taken for the nearest one that it has.

use super::Fix;
use super::values::{Text, is_per_item, member, own_items, starts, texts};
use crate::explain::situation::Situation;
use sayflow_engine::action::role;
use sayflow_engine::expr::mentions;
use sayflow_engine::suggest::nearest;
use serde_json::Value;
use std::collections::BTreeSet;

/// Failures that a missing field may be behind.
const CODES: &[&str] = &[
    "not_a_list",
    "not_a_number",
    "not_objects",
    "text_empty",
    "invalid_parameters",
    "expression_threw",
    "invalid_url",
    "invalid_address",
    "invalid_date",
    "template_failed",
    "invalid_path",
    "file_not_found",
    "http_status",
];

pub(super) fn fix(situation: &Situation<'_>) -> Option<Fix> {
    if !CODES.contains(&situation.error.code.as_str()) {
        return None;
    }
    texts(situation).iter().find_map(|text| in_expression(situation, text).or_else(|| plain_name(situation, text)))
}

fn in_expression(situation: &Situation<'_>, text: &Text) -> Option<Fix> {
    for mention in mentions(&text.text) {
        let Some((values, from)) = starts(situation, text, &mention) else { continue };
        let mut values = values;
        for part in &mention.parts[from..] {
            let next: Vec<&Value> = values.iter().filter_map(|value| member(value, &part.name)).collect();
            if next.is_empty() {
                let Some(meant) = nearest_of(&part.name, &values) else { break };
                let mut mended = text.text.clone();
                mended.replace_range(part.range.clone(), &part.written_as(&text.text, &meant));
                return Some(Fix::set(situation, &text.pointer, mended, because(&part.name, &meant)));
            }
            values = next;
        }
    }
    None
}

/// A field by its bare name, as `by` and `of` take it.
fn plain_name(situation: &Situation<'_>, text: &Text) -> Option<Fix> {
    let spec = situation.spec?;
    let param = text.pointer.strip_prefix("/with/")?.split('/').next()?;
    let bare = [role::BY, role::MEASURES].into_iter().any(|role| spec.param_with_role(role) == Some(param));
    if !bare && !is_per_item(situation, text) || text.text.contains("${{") || text.pointer.ends_with("/op") {
        return None;
    }
    let items: Vec<&Value> = own_items(situation)?.iter().collect();
    if items.is_empty() || items.iter().any(|item| member(item, &text.text).is_some()) {
        return None;
    }
    let meant = nearest_of(&text.text, &items)?;
    Some(Fix::set(situation, &text.pointer, meant.as_str(), because(&text.text, &meant)))
}

fn nearest_of(name: &str, values: &[&Value]) -> Option<String> {
    let known: BTreeSet<&str> =
        values.iter().filter_map(|value| value.as_object()).flat_map(|members| members.keys().map(String::as_str)).collect();
    nearest(name, known).map(str::to_owned)
}

fn because(name: &str, meant: &str) -> String {
    format!("The data of this run has no field {name}, but it has {meant}.")
}
