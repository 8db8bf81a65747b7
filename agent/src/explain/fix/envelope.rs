//! A list that is a member of what was handed over is named itself.

use super::Fix;
use super::values::{Text, value_of, whole_path};
use crate::explain::situation::Situation;
use sayflow_engine::action::role;
use serde_json::Value;

/// Names that services give to the list in an answer.
const USUAL: &[&str] = &["items", "data", "results", "entries", "rows", "records", "values", "list"];
/// How deep a list is looked for.
const DEPTH: usize = 3;

pub(super) fn fix(situation: &Situation<'_>) -> Option<Fix> {
    if situation.error.code != "not_a_list" {
        return None;
    }
    let for_each = situation.step.for_each.as_ref().map(|list| ("/for_each".to_owned(), list));
    let params = situation.spec.map(|spec| [spec.param_with_role(role::ITEMS), spec.param_with_role(role::OTHER_ITEMS)]);
    let params = params.into_iter().flatten().flatten().filter_map(|name| Some((format!("/with/{name}"), situation.step.with.get(name)?)));
    for_each.into_iter().chain(params).find_map(|(pointer, written)| {
        let text = Text { pointer, text: written.as_str()?.to_owned() };
        let value = value_of(situation, &text).filter(|value| value.is_object())?;
        let path = list_in(value, DEPTH)?;
        let end = whole_path(&text.text)?.parts.last()?.range.end;
        let inside: String = path.iter().map(|name| member(name)).collect();
        let mended = format!("{}{inside}{}", &text.text[..end], &text.text[end..]);
        let because = format!("What it was given is an object, and the list is its member {}.", path.join("."));
        Some(Fix::set(situation, &text.pointer, mended, because))
    })
}

fn member(name: &str) -> String {
    let word = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if word { format!(".{name}") } else { format!("['{}']", name.replace('\'', "\\'")) }
}

/// The way to the list in an object: the only one, else the one with a usual name.
fn list_in(value: &Value, depth: usize) -> Option<Vec<String>> {
    let members = value.as_object().filter(|_| depth > 0)?;
    let lists: Vec<&String> = members.iter().filter(|(_, member)| member.is_array()).map(|(name, _)| name).collect();
    match lists.as_slice() {
        [] => {
            let mut inside = members.iter().filter_map(|(name, member)| {
                let mut path = list_in(member, depth - 1)?;
                path.insert(0, name.clone());
                Some(path)
            });
            let first = inside.next()?;
            inside.next().is_none().then_some(first)
        }
        [only] => Some(vec![(*only).clone()]),
        several => USUAL.iter().find(|usual| several.iter().any(|name| name == *usual)).map(|usual| vec![(*usual).to_owned()]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_list_of_an_answer_is_found() {
        for (value, wanted) in [
            (json!({ "total": 2, "people": [1] }), Some("people")),
            (json!({ "errors": [], "data": [1], "meta": {} }), Some("data")),
            (json!({ "result": { "page": { "rows": [1] } }, "ok": true }), Some("result.page.rows")),
            (json!({ "a": [1], "b": [2] }), None),
            (json!({ "a": { "x": [1] }, "b": { "x": [1] } }), None),
        ] {
            assert_eq!(list_in(&value, DEPTH).map(|path| path.join(".")).as_deref(), wanted, "{value}");
        }
    }
}
