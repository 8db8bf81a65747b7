//! Changes of workflows: what is found leads from one to the other, whatever the two are.

use insta::assert_snapshot;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use sayflow_agent::edit::{apply, apply_to_text, diff, in_words, view};
use sayflow_agent::templates;
use sayflow_engine::document::{Document, Format, emit};
use sayflow_protocol::Workflow;
use sayflow_protocol::api::Operation;
use serde_json::{Map, Value, json};

fn canonical(workflow: &Workflow) -> String {
    serde_json::to_string(workflow).unwrap()
}

fn arrives(base: &Workflow, new: &Workflow) -> Vec<Operation> {
    let operations = diff(base, new);
    let found = apply(base, &operations).unwrap_or_else(|why| panic!("{why}\n{operations:#?}"));
    assert_eq!(canonical(&found), canonical(new), "{operations:#?}");
    operations
}

fn example(name: &str) -> Workflow {
    let text = std::fs::read_to_string(format!("{}/../examples/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    serde_json::from_value(Document::parse(&text, Format::Yaml).unwrap().value).unwrap()
}

#[test]
fn every_template_becomes_every_other_one() {
    // All pairs would be thousands: each with its neighbours near and far.
    let all = templates::all();
    for (at, base) in all.iter().enumerate() {
        for step in [1, 2, 5, 11] {
            let new = &all[(at + step) % all.len()];
            let operations = arrives(&base.workflow, &new.workflow);
            let whole = |operation: &Operation| matches!(operation, Operation::Set { step: None, pointer, .. } if pointer == "/steps");
            assert!(!operations.iter().any(whole), "{} to {}: step by step", base.info.name, new.info.name);
        }
        assert_eq!(diff(&base.workflow, &base.workflow), []);
    }
}

fn id() -> impl Strategy<Value = String> {
    select(vec!["a", "b", "c", "d", "e-1", "f", "g"]).prop_map(str::to_owned)
}

fn text() -> impl Strategy<Value = Value> {
    prop_oneof![
        id().prop_map(|id| json!(format!("${{{{ steps.{id}.output.items }}}}"))),
        id().prop_map(|id| json!(format!("n: ${{{{ steps['{id}'].output.n + 1 }}}} and ${{{{ inputs.{id} }}}}"))),
        "[a-z #:'\"\n-]{0,12}".prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        Just(Value::Null),
        prop::collection::vec("[a-z]{1,3}", 0..3).prop_map(Value::from),
    ]
}

fn members() -> impl Strategy<Value = Value> {
    prop::collection::vec(("[a-c/~]{1,2}", text()), 0..4).prop_map(|list| Value::Object(list.into_iter().collect::<Map<_, _>>()))
}

fn step(depth: u32) -> BoxedStrategy<Value> {
    let extras = (members(), prop::option::of(text()), prop::collection::vec(id(), 0..2), prop::option::of(id()), any::<bool>());
    let plain = (id(), select(vec!["data.set", "file.read", "x.y"]), extras).prop_map(|(id, uses, (with, list, needs, other, retry))| {
        let mut step = json!({ "id": id, "uses": uses, "with": with, "needs": needs });
        if let Some(list) = list.filter(|list| !list.is_null()) {
            step["for_each"] = list;
        }
        if let Some(other) = other {
            step["else_of"] = json!(other);
        }
        if retry {
            step["retry"] = json!({ "max_attempts": 3, "backoff": "60s" });
            step["if"] = json!("${{ steps.a.output.ok }}");
        }
        step
    });
    if depth == 0 {
        return plain.boxed();
    }
    let group = (id(), steps(depth - 1), members(), prop::collection::vec(id(), 0..2))
        .prop_map(|(id, steps, outputs, needs)| json!({ "id": id, "steps": steps, "outputs": outputs, "needs": needs }));
    prop_oneof![4 => plain, 1 => group].boxed()
}

fn steps(depth: u32) -> BoxedStrategy<Vec<Value>> {
    prop::collection::vec(step(depth), 0..5).boxed()
}

fn workflow() -> impl Strategy<Value = Workflow> {
    let trigger = select(vec![
        json!({ "type": "manual" }),
        json!({ "type": "schedule", "cron": "0 9 * * *" }),
        json!({ "type": "schedule", "every": "60m" }),
        json!({ "type": "webhook", "path": "x" }),
    ]);
    (select(vec!["one", "two"]), prop::collection::vec(trigger, 0..3), members(), steps(2), steps(1), members(), prop::option::of(1..9u32)).prop_map(
        |(name, triggers, inputs, steps, on_failure, outputs, concurrency)| {
            let mut value = json!({ "name": name, "triggers": triggers, "inputs": inputs, "steps": steps, "on_failure": on_failure, "outputs": outputs, "tags": [name] });
            if let Some(concurrency) = concurrency {
                value["concurrency"] = json!(concurrency);
            }
            serde_json::from_value(value).unwrap()
        },
    )
}

/// One change, as a person would make it by hand.
fn mutated(workflow: &Workflow, kind: u8, at: Index, value: &Value) -> Workflow {
    let mut value_of = serde_json::to_value(workflow).unwrap();
    let steps = value_of["steps"].as_array_mut().unwrap();
    let place = if steps.is_empty() { 0 } else { at.index(steps.len()) };
    match kind {
        0 if !steps.is_empty() => drop(steps.remove(place)),
        1 => steps.insert(place, json!({ "id": "new", "uses": "x.y", "with": { "v": value } })),
        2 if !steps.is_empty() => {
            let moved = steps.remove(place);
            steps.push(moved);
        }
        3 if !steps.is_empty() => steps[place]["id"] = json!("renamed"),
        4 if !steps.is_empty() => steps[place]["name"] = json!("A name"),
        5 if !steps.is_empty() => steps.swap(0, place),
        _ => value_of["description"] = json!("Other words."),
    }
    serde_json::from_value(value_of).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn any_workflow_becomes_any_other(base in workflow(), new in workflow()) {
        arrives(&base, &new);
    }

    #[test]
    fn a_workflow_becomes_what_a_few_changes_made_of_it(
        base in workflow(),
        changes in prop::collection::vec((0..7u8, any::<Index>(), text()), 1..4),
    ) {
        let new = changes.iter().fold(base.clone(), |now, (kind, at, value)| mutated(&now, *kind, *at, value));
        let operations = arrives(&base, &new);
        prop_assert_eq!(in_words(&base, &operations).len(), operations.len());
    }

    #[test]
    fn a_text_says_what_the_operations_make_of_it(base in workflow(), new in workflow()) {
        let document = Document::parse(&emit(&base, Format::Yaml), Format::Yaml).unwrap();
        let operations = diff(&base, &new);
        let text = apply_to_text(&document, &operations).unwrap();
        let read: Workflow = serde_json::from_value(Document::parse(&text, Format::Yaml).unwrap().value).unwrap();
        prop_assert_eq!(read, new);
    }
}

#[test]
fn one_change_is_one_operation() {
    let base = example("reminders.yaml");
    let mut new = base.clone();
    new.steps[1].id = "open".to_owned();
    let text = serde_json::to_string(&new).unwrap().replace("steps.unpaid", "steps.open");
    let new: Workflow = serde_json::from_str(&text).unwrap();
    assert_eq!(arrives(&base, &new), [Operation::Rename { step: "unpaid".into(), to: "open".into() }]);
    let mut new = base.clone();
    new.steps.swap(2, 3);
    assert_eq!(arrives(&base, &new).len(), 1);
    let mut new = base.clone();
    new.steps[0].with.insert("path".into(), json!("other.csv"));
    assert_eq!(
        arrives(&base, &new),
        [Operation::Set { step: Some("orders".into()), pointer: "/with/path".into(), value: json!("other.csv") }]
    );
}

#[test]
fn a_change_is_shown_in_words_and_as_text() {
    let base = example("reminders.yaml");
    let operations: Vec<Operation> = serde_json::from_value(json!([
        { "op": "set", "pointer": "/triggers/-", "value": { "type": "schedule", "cron": "0 8 * * 1-5", "timezone": "Europe/Berlin" } },
        { "op": "set", "step": "orders", "pointer": "/retry", "value": { "max_attempts": 4, "backoff": "2s" } },
        { "op": "set", "step": "unpaid", "pointer": "/with/where", "value": "${{ item.status !== 'paid' }}" },
        { "op": "rename", "step": "unpaid", "to": "open" },
        { "op": "unset", "step": "remind", "pointer": "/if" },
        { "op": "remove", "step": "nothing" },
        { "op": "add", "step": { "id": "tell", "uses": "slack.send_message", "with": { "channel": "#ops", "text": "done" } }, "after": "remind" },
    ]))
    .unwrap();
    let new = apply(&base, &operations).unwrap();
    let view = view("version 3 of reminders", &base, &new);
    assert_snapshot!(format!("{}\n\n{}", view.words.join("\n"), view.text));
}

#[test]
fn nothing_is_shown_where_nothing_differs() {
    let base = example("reminders.yaml");
    let view = view("itself", &base, &base);
    assert_eq!((view.operations.len(), view.words.len(), view.text.as_str()), (0, 0, ""));
}
