//! What operations do to a workflow, and which are refused.

use super::*;
use serde_json::json;

fn news() -> Workflow {
    serde_json::from_value(json!({
        "name": "news",
        "triggers": [{ "type": "schedule", "cron": "0 9 * * *" }],
        "steps": [
            { "id": "feed", "uses": "feed.read", "with": { "url": "https://news.example/feed.xml" }, "timeout": "60s" },
            { "id": "keep", "uses": "data.filter", "with": { "items": "${{ steps.feed.output.entries }}", "where": "${{ item.ok }}" } },
            { "id": "each", "for_each": "${{ steps.keep.output.items }}", "needs": ["feed"], "steps": [
                { "id": "send", "uses": "slack.send_message", "with": { "channel": "#news", "text": "${{ item.title }}" } },
                { "id": "log", "uses": "file.write", "needs": ["send"], "with": { "path": "log.txt", "content": "x" } },
            ] },
            { "id": "none", "uses": "file.write", "else_of": "keep", "with": { "path": "none.txt", "content": "x" } },
        ],
        "on_failure": [{ "id": "tell", "uses": "slack.send_message", "with": { "channel": "#ops", "text": "${{ steps.feed.error.code }}" } }],
        "outputs": { "count": "${{ steps.keep.output.count }}" },
    }))
    .unwrap()
}

fn operations(value: Value) -> Vec<Operation> {
    serde_json::from_value(value).unwrap()
}

fn changed(value: Value) -> Value {
    canonical(&apply(&news(), &operations(value)).unwrap())
}

fn refused(value: Value) -> String {
    apply(&news(), &operations(value)).unwrap_err().to_string()
}

#[test]
fn steps_that_are_not_mentioned_keep_their_exact_text() {
    let before = canonical(&news());
    let after = changed(json!([
        { "op": "set", "step": "each/send", "pointer": "/with/channel", "value": "#sales" },
        { "op": "set", "pointer": "/triggers/0/cron", "value": "0 8 * * 1-5" },
        { "op": "set", "pointer": "/timezone", "value": "Europe/Berlin" },
        { "op": "add", "step": { "id": "sorted", "uses": "data.sort", "with": { "items": [1] } }, "after": "keep" },
        { "op": "add", "step": { "id": "note", "uses": "file.write" }, "within": "on_failure", "after": "tell" },
        { "op": "add", "step": { "id": "pause", "uses": "flow.wait" }, "within": "each" },
    ]));
    let text = |value: &Value| value.to_string();
    assert_eq!(text(&after["steps"][0]), text(&before["steps"][0]), "60s stays 60s");
    assert_eq!(text(&after["steps"][1]), text(&before["steps"][1]));
    assert_eq!(text(&after["steps"][4]), text(&before["steps"][3]));
    assert_eq!(text(&after["on_failure"][0]), text(&before["on_failure"][0]));
    assert_eq!(after["steps"][2]["id"], "sorted");
    let inner: Vec<&str> = after["steps"][3]["steps"].as_array().unwrap().iter().map(|step| step["id"].as_str().unwrap()).collect();
    assert_eq!(inner, ["pause", "send", "log"]);
    assert_eq!(after["steps"][3]["steps"][1]["with"]["channel"], "#sales");
    assert_eq!(after["on_failure"][1]["id"], "note");
    assert_eq!((&after["triggers"][0]["cron"], &after["timezone"]), (&json!("0 8 * * 1-5"), &json!("Europe/Berlin")));
}

#[test]
fn references_follow_a_new_id_everywhere() {
    let after =
        changed(json!([{ "op": "rename", "step": "keep", "to": "fresh-ones" }, { "op": "rename", "step": "feed", "to": "source" }]));
    assert_eq!(after["steps"][1]["with"]["items"], "${{ steps.source.output.entries }}");
    assert_eq!(after["steps"][2]["for_each"], "${{ steps['fresh-ones'].output.items }}");
    assert_eq!(after["steps"][2]["needs"], json!(["source"]));
    assert_eq!(after["steps"][3]["else_of"], "fresh-ones");
    assert_eq!(after["on_failure"][0]["with"]["text"], "${{ steps.source.error.code }}");
    assert_eq!(after["outputs"]["count"], "${{ steps['fresh-ones'].output.count }}");
    assert!(!after.to_string().contains("keep"));
}

#[test]
fn a_step_whose_output_is_used_is_not_removed_alone() {
    let why = refused(json!([{ "op": "remove", "step": "keep" }]));
    assert!(why.starts_with("change 1, step \"keep\": it cannot be removed alone: "), "{why}");
    assert!(
        why.contains("\"each\" (for_each)") && why.contains("\"none\" (else_of)") && why.contains("the workflow's outputs.count"),
        "{why}"
    );
    let after = changed(json!([
        { "op": "remove", "step": "keep" },
        { "op": "set", "step": "each", "pointer": "/for_each", "value": "${{ steps.feed.output.entries }}" },
        { "op": "remove", "step": "none" },
        { "op": "unset", "pointer": "/outputs" },
    ]));
    assert_eq!(after["steps"].as_array().unwrap().len(), 2);
    assert!(after.get("outputs").is_none());
}

#[test]
fn order_passes_on_to_what_a_removed_step_came_after() {
    let after = changed(json!([
        { "op": "add", "step": { "id": "wait", "uses": "flow.wait", "needs": ["feed"], "with": { "for": "1s" } }, "after": "feed" },
        { "op": "set", "step": "none", "pointer": "/needs", "value": ["wait"] },
        { "op": "remove", "step": "wait" },
        { "op": "remove", "step": "each/send" },
    ]));
    assert_eq!(after["steps"][3]["needs"], json!(["feed"]));
    assert_eq!(after["steps"][2]["steps"], json!([{ "id": "log", "uses": "file.write", "with": { "path": "log.txt", "content": "x" } }]));
}

#[test]
fn who_waits_for_how_a_step_ends_is_not_cut_loose() {
    let why = refused(json!([
        { "op": "set", "step": "each/log", "pointer": "/when", "value": "any_failed" },
        { "op": "remove", "step": "each/send" },
    ]));
    assert!(why.starts_with("change 2, step \"each/send\"") && why.contains("\"log\" runs only depending on how it ends"), "{why}");
}

#[test]
fn refusals_name_the_place_and_the_remedy() {
    for (operation, wanted) in [
        (json!({ "op": "remove", "step": "fead" }), "step \"fead\": there is no such step; did you mean \"feed\"?"),
        (json!({ "op": "add", "step": { "id": "feed", "uses": "x" } }), "there is a step of this id already"),
        (json!({ "op": "add", "step": { "id": "n", "uses": "x", "wiht": {} } }), "this is no step: unknown field `wiht`"),
        (json!({ "op": "add", "step": { "id": "n", "uses": "x" }, "after": "zzz" }), "the steps are: feed, keep, each, none"),
        (json!({ "op": "add", "step": { "id": "n", "uses": "x" }, "within": "feed" }), "it is no group"),
        (json!({ "op": "rename", "step": "feed", "to": "Feed" }), "\"Feed\" is no id for a step"),
        (json!({ "op": "rename", "step": "feed", "to": "keep" }), "there is a step of this id already"),
        (json!({ "op": "rename", "step": "keep", "to": "send" }), ""),
        (json!({ "op": "set", "step": "feed", "pointer": "/id", "value": "x" }), "rename the step instead"),
        (
            json!({ "op": "set", "step": "feed", "pointer": "/retry", "value": { "attempts": 3 } }),
            "step \"feed\", /retry: the step would not be well formed",
        ),
        (json!({ "op": "set", "step": "each", "pointer": "/steps/0/uses", "value": "x" }), "name the inner step: each/ID"),
        (json!({ "op": "set", "pointer": "/concurrency", "value": "many" }), "after these changes it would be no workflow"),
        (json!({ "op": "set", "pointer": "/triggers/4/cron", "value": "x" }), "the list has 1 items, numbered from 0; add to it with /-"),
        (json!({ "op": "unset", "step": "feed", "pointer": "/retry" }), "there is nothing to take away"),
        (json!({ "op": "move", "step": "feed", "after": "zzz" }), "there is no step \"zzz\" in this list"),
    ] {
        match apply(&news(), &operations(json!([operation]))) {
            Err(why) => assert!(!wanted.is_empty() && why.to_string().contains(wanted), "{operation}: {why}"),
            Ok(_) => assert_eq!(wanted, "", "{operation}"),
        }
    }
}

#[test]
fn an_id_that_would_catch_other_references_is_refused() {
    // Inside the group, `steps.send` would mean the inner step.
    let why = refused(json!([
        { "op": "set", "step": "each/log", "pointer": "/with/content", "value": "${{ steps.feed.output }}" },
        { "op": "rename", "step": "feed", "to": "send" },
    ]));
    assert!(why.contains("references would mean the wrong one"), "{why}");
}

#[test]
fn a_step_that_takes_the_place_of_another_is_meant_by_those_that_meant_it() {
    let after = changed(
        json!([{ "op": "replace", "step": "feed", "with": { "id": "page", "uses": "http.request", "with": { "url": "https://x.example" } } }]),
    );
    assert_eq!(after["steps"][0]["uses"], "http.request");
    assert_eq!(after["steps"][1]["with"]["items"], "${{ steps.page.output.entries }}");
    let same_id = changed(json!([{ "op": "replace", "step": "each/log", "with": { "uses": "data.set" } }]));
    assert_eq!(same_id["steps"][2]["steps"][1], json!({ "id": "log", "uses": "data.set" }));
}

#[test]
fn nothing_is_done_when_one_operation_is_refused() {
    let base = news();
    let why = apply(&base, &operations(json!([{ "op": "rename", "step": "feed", "to": "source" }, { "op": "remove", "step": "zzz" }])));
    assert_eq!(why.map_err(|why| why.operation), Err(2));
    assert_eq!(base, news());
}
