//! Places of a workflow document that a slot sets: `steps.post.with.channel`, `on_failure.tell.with.channel`,
//! `triggers.0.cron`. Names are joined by dots; in a list stands the id of a step, or a number.

use serde_json::Value;

/// What stands at a place.
pub(super) fn at<'v>(document: &'v Value, place: &str) -> Option<&'v Value> {
    place.split('.').try_fold(document, |value, name| match value {
        Value::Object(members) => members.get(name),
        Value::Array(list) => list.get(index(list, name)?),
        _ => None,
    })
}

/// The same, to change it.
pub(super) fn at_mut<'v>(document: &'v mut Value, place: &str) -> Option<&'v mut Value> {
    place.split('.').try_fold(document, |value, name| match value {
        Value::Object(members) => members.get_mut(name),
        Value::Array(list) => {
            let index = index(list, name)?;
            list.get_mut(index)
        }
        _ => None,
    })
}

fn index(list: &[Value], name: &str) -> Option<usize> {
    let by_id = list.iter().position(|entry| entry.get("id").and_then(Value::as_str) == Some(name));
    by_id.or_else(|| name.parse().ok())
}

/// Puts `new` where `old` stands: in place of the whole value, or of each part of a text outside expressions. Says
/// whether it stood there.
pub(super) fn put(value: &mut Value, old: &Value, new: &Value) -> bool {
    if value == old {
        *value = new.clone();
        return true;
    }
    let (Value::String(text), Some(old), Some(new)) = (&*value, as_text(old), as_text(new)) else { return false };
    match replaced(text, &old, &new) {
        Some(text) => {
            *value = Value::String(text);
            true
        }
        None => false,
    }
}

fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The text with `new` for each `old` that does not stand between `${{` and `}}`; none without one.
fn replaced(text: &str, old: &str, new: &str) -> Option<String> {
    let (mut made, mut rest, mut found) = (String::new(), text, false);
    loop {
        let (plain, behind) = match rest.find("${{") {
            Some(start) => rest.split_at(start),
            None => (rest, ""),
        };
        found |= plain.contains(old);
        made.push_str(&plain.replace(old, new));
        let end = behind.find("}}").map_or(behind.len(), |end| end + 2);
        made.push_str(&behind[..end]);
        rest = &behind[end..];
        if rest.is_empty() {
            return found.then_some(made);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_place_is_named_by_ids_and_numbers() {
        let document = json!({ "triggers": [{ "cron": "0 9 * * *" }], "steps": [{ "id": "post", "with": { "channel": "#a" } }] });
        assert_eq!(at(&document, "triggers.0.cron"), Some(&json!("0 9 * * *")));
        assert_eq!(at(&document, "steps.post.with.channel"), Some(&json!("#a")));
        assert_eq!(at(&document, "steps.0.id"), Some(&json!("post")));
        for nowhere in ["steps.pots.with.channel", "steps.post.with.text", "triggers.1.cron", "steps.post.with.channel.x", ""] {
            assert_eq!(at(&document, nowhere), None, "{nowhere}");
        }
    }

    #[test]
    fn a_value_takes_the_place_of_another_as_a_whole_or_within_a_text() {
        let put = |value: Value, old: Value, new: Value| {
            let mut value = value;
            let found = super::put(&mut value, &old, &new);
            found.then_some(value)
        };
        assert_eq!(put(json!(5), json!(5), json!(7)), Some(json!(7)));
        assert_eq!(put(json!("down: https://a.example/x"), json!("https://a.example/x"), json!("http://b")), Some(json!("down: http://b")));
        assert_eq!(put(json!("more than 5 of ${{ item.a5 }}"), json!(5), json!(7)), Some(json!("more than 7 of ${{ item.a5 }}")));
        assert_eq!(put(json!("${{ inputs.a5 }}"), json!(5), json!(7)), None);
        assert_eq!(put(json!("other"), json!("#a"), json!("#b")), None);
    }
}
