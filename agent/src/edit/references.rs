//! What in a document refers to steps: expressions, `needs` and `else_of`, each looked up as the engine does it, from
//! the innermost list of steps outwards.

use super::path::{ON_FAILURE, StepPath, id_of};
use sayflow_engine::expr::mentions;
use serde_json::Value;
use std::collections::BTreeSet;

/// A reference to a step.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Use {
    /// The path of the step that refers; none for the workflow's own outputs.
    pub by: Option<String>,
    /// Where in it, such as `with.items` or `needs`.
    pub key: String,
    /// The id that is written there.
    pub id: String,
    /// The list in which that id is found; none when there is no such step.
    pub found_in: Option<StepPath>,
}

impl Use {
    /// Such as `post (with.items)`.
    pub(super) fn in_words(&self) -> String {
        match &self.by {
            Some(step) => format!("\"{step}\" ({})", self.key),
            None => format!("the workflow's {}", self.key),
        }
    }
}

/// Everything that refers to a step.
pub(super) fn uses(document: &Value) -> Vec<Use> {
    let mut found = Vec::new();
    let mut copy = document.clone();
    walk(&mut copy, &mut |site, text| {
        let ids: Vec<String> = match site.kind {
            Kind::Id => vec![text.clone()],
            Kind::Text => {
                let steps = mentions(text).into_iter().filter(|mention| mention.root == "steps");
                steps.filter_map(|mention| Some(mention.parts.first()?.name.clone())).collect()
            }
        };
        for id in ids {
            let found_in = site.find(&id);
            found.push(Use { by: site.by.map(ToString::to_string), key: site.key.to_owned(), id, found_in });
        }
    });
    found
}

/// Lets everything that refers to a step of a list follow its new id. The step itself keeps the old one.
pub(super) fn follow(document: &mut Value, list: &StepPath, from: &str, to: &str) {
    walk(document, &mut |site, text| match site.kind {
        Kind::Id => {
            if text == from && site.find(from).as_ref() == Some(list) {
                *text = to.to_owned();
            }
        }
        Kind::Text => {
            if text.contains(from) && site.find(from).as_ref() == Some(list) {
                rename_in(text, from, to);
            }
        }
    });
}

fn rename_in(text: &mut String, from: &str, to: &str) {
    for mention in mentions(text).into_iter().rev().filter(|mention| mention.root == "steps") {
        if let Some(part) = mention.parts.first().filter(|part| part.name == from) {
            let written = part.written_as(text, to);
            text.replace_range(part.range.clone(), &written);
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A bare id: `needs`, `else_of`.
    Id,
    /// A text that may hold expressions.
    Text,
}

/// Where a text stands.
struct Site<'a> {
    by: Option<&'a StepPath>,
    key: &'a str,
    kind: Kind,
    scopes: &'a [Scope],
}

/// A list of steps that can be seen, innermost last.
struct Scope {
    list: StepPath,
    ids: BTreeSet<String>,
}

impl Site<'_> {
    fn find(&self, id: &str) -> Option<StepPath> {
        let reach = if self.kind == Kind::Id { 1 } else { self.scopes.len() };
        self.scopes.iter().rev().take(reach).find(|scope| scope.ids.contains(id)).map(|scope| scope.list.clone())
    }
}

type Visit<'v> = dyn FnMut(&Site<'_>, &mut String) + 'v;

fn walk(document: &mut Value, visit: &mut Visit<'_>) {
    let Some(workflow) = document.as_object_mut() else { return };
    let scope_of = |list: StepPath, steps: Option<&Value>| Scope { list, ids: ids(steps) };
    let mut scopes = vec![scope_of(StepPath::of_list(None), workflow.get("steps"))];
    if let Some(steps) = workflow.get_mut("steps") {
        walk_steps(steps, &mut scopes, visit);
    }
    for_each_text(workflow.get_mut("outputs"), "outputs", &mut |key, text| {
        visit(&Site { by: None, key, kind: Kind::Text, scopes: &scopes }, text);
    });
    scopes.push(scope_of(StepPath::of_list(Some(ON_FAILURE)), workflow.get(ON_FAILURE)));
    if let Some(steps) = workflow.get_mut(ON_FAILURE) {
        walk_steps(steps, &mut scopes, visit);
    }
}

fn walk_steps(steps: &mut Value, scopes: &mut Vec<Scope>, visit: &mut Visit<'_>) {
    let Some(list) = scopes.last().map(|scope| scope.list.clone()) else { return };
    for step in steps.as_array_mut().into_iter().flatten() {
        let path = list.child(id_of(step));
        for key in ["needs", "else_of"] {
            for_each_text(step.get_mut(key), key, &mut |_, text| {
                visit(&Site { by: Some(&path), key, kind: Kind::Id, scopes }, text);
            });
        }
        for key in ["with", "if", "for_each", "repeat", "idempotency_key"] {
            for_each_text(step.get_mut(key), key, &mut |key, text| {
                visit(&Site { by: Some(&path), key, kind: Kind::Text, scopes }, text);
            });
        }
        let inner = ids(step.get("steps"));
        if inner.is_empty() {
            continue;
        }
        scopes.push(Scope { list: path.clone(), ids: inner });
        if let Some(steps) = step.get_mut("steps") {
            walk_steps(steps, scopes, visit);
        }
        for_each_text(step.get_mut("outputs"), "outputs", &mut |key, text| {
            visit(&Site { by: Some(&path), key, kind: Kind::Text, scopes }, text);
        });
        scopes.pop();
    }
}

fn ids(steps: Option<&Value>) -> BTreeSet<String> {
    steps.and_then(Value::as_array).into_iter().flatten().map(|step| id_of(step).to_owned()).collect()
}

/// Every text in a value, with its place as `with.items`.
fn for_each_text(value: Option<&mut Value>, key: &str, visit: &mut dyn FnMut(&str, &mut String)) {
    match value {
        Some(Value::String(text)) => visit(key, text),
        Some(Value::Array(items)) => items.iter_mut().for_each(|item| for_each_text(Some(item), key, visit)),
        Some(Value::Object(members)) => {
            members.iter_mut().for_each(|(name, member)| for_each_text(Some(member), &format!("{key}.{name}"), visit));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn nested() -> Value {
        json!({ "name": "x", "steps": [
            { "id": "a", "uses": "u" },
            { "id": "each", "for_each": "${{ steps.a.output }}", "steps": [
                { "id": "a", "uses": "u", "with": { "n": "${{ item }}" } },
                { "id": "b", "uses": "u", "needs": ["a"], "with": { "n": ["${{ steps.a.output }}"] } },
            ], "outputs": { "n": "${{ steps.a.output }}" } },
            { "id": "c", "uses": "u", "if": "${{ steps.a.output && steps['each'].output }}", "else_of": "a" },
        ], "on_failure": [{ "id": "t", "uses": "u", "with": { "x": "${{ steps.a.error.message }} ${{ steps.gone }}" } }],
        "outputs": { "o": "${{ steps?.a.output }}" } })
    }

    #[test]
    fn an_inner_step_hides_an_outer_one_of_its_id() {
        let found: Vec<String> = uses(&nested())
            .iter()
            .map(|one| format!("{} -> {}:{}", one.in_words(), one.found_in.as_ref().map_or("?".into(), ToString::to_string), one.id))
            .collect();
        assert_eq!(
            found,
            [
                "\"each\" (for_each) -> :a",
                "\"each/b\" (needs) -> each:a",
                "\"each/b\" (with.n) -> each:a",
                "\"each\" (outputs.n) -> each:a",
                "\"c\" (else_of) -> :a",
                "\"c\" (if) -> :a",
                "\"c\" (if) -> :each",
                "the workflow's outputs.o -> :a",
                "\"on_failure/t\" (with.x) -> :a",
                "\"on_failure/t\" (with.x) -> ?:gone",
            ]
        );
    }

    #[test]
    fn only_what_means_the_step_follows_its_new_id() {
        let mut document = nested();
        follow(&mut document, &StepPath::of_list(None), "a", "first-one");
        let text = document.to_string();
        assert_eq!(text.matches("first-one").count(), 5, "{text}");
        assert!(text.contains("${{ steps['first-one'].output && steps['each'].output }}"), "{text}");
        assert!(text.contains("${{ steps?.['first-one'].output }}"), "{text}");
        assert!(text.contains(r#""needs":["a"],"with":{"n":["${{ steps.a.output }}"]}"#), "{text}");
    }
}
