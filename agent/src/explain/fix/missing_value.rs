//! An expression that takes a member of a missing value passes over it.

use super::Fix;
use super::values::{Text, member, starts, texts};
use crate::explain::situation::Situation;
use sayflow_engine::expr::mentions;
use serde_json::Value;

pub(super) fn fix(situation: &Situation<'_>) -> Option<Fix> {
    if situation.error.code != "expression_threw" {
        return None;
    }
    texts(situation).iter().find_map(|text| in_text(situation, text))
}

fn in_text(situation: &Situation<'_>, text: &Text) -> Option<Fix> {
    for mention in mentions(&text.text) {
        let Some((mut values, from)) = starts(situation, text, &mention) else { continue };
        for (at, part) in mention.parts.iter().enumerate().skip(from) {
            let missing = values.iter().any(|value| member(value, &part.name).is_none_or(Value::is_null));
            values = values.iter().filter_map(|value| member(value, &part.name)).filter(|value| !value.is_null()).collect();
            if !missing {
                continue;
            }
            let next = mention.parts.get(at + 1).map_or(part.range.end, |next| next.range.start);
            let behind = text.text.get(next..)?.chars().next();
            let question = match behind {
                Some('.') => "?",
                Some('[') => "?.",
                _ => break,
            };
            let mut mended = text.text.clone();
            mended.insert_str(next, question);
            let because = format!("{} is missing in the data of this run.", part.name);
            return Some(Fix::set(situation, &text.pointer, mended, because));
        }
    }
    None
}
