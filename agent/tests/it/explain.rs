//! Why a run stands where it stands: each fix where it is right and where it must not be proposed, every status, and every
//! code of an error.

use insta::assert_snapshot;
use regex::Regex;
use sayflow_agent::edit;
use sayflow_agent::explain::{self, Explanation, Known};
use sayflow_engine::check::{CheckEnv, check_value};
use sayflow_protocol::{RecordedEvent, RunView, Workflow};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

fn accounts() -> Vec<(String, String)> {
    [("slack", "slack"), ("smtp", "smtp"), ("other-mail", "smtp")].map(|(name, kind)| (name.to_owned(), kind.to_owned())).to_vec()
}

/// Explains a run of a workflow; `run` has what differs from a failed run, `events` are `{at, …event}`.
fn told(workflow: &Value, run: Value, events: Value) -> Explanation {
    let workflow: Workflow = serde_json::from_value(workflow.clone()).unwrap();
    let mut view = json!({ "id": "run-1", "workflow": workflow.name, "version": 1, "dry_run": false, "status": "failed",
        "created": "2026-11-20T09:00:00Z", "started": "2026-11-20T09:00:00Z", "ended": null, "error": null, "steps": [], "outputs": null });
    view.as_object_mut().unwrap().extend(run.as_object().unwrap().clone());
    for step in view["steps"].as_array_mut().unwrap() {
        for (name, value) in [
            ("attempts", json!(1)),
            ("started", json!(null)),
            ("ended", json!(null)),
            ("output", json!(null)),
            ("error", json!(null)),
            ("items", json!(null)),
        ] {
            step.as_object_mut().unwrap().entry(name).or_insert(value);
        }
    }
    let run: RunView = serde_json::from_value(view).unwrap();
    let journal: Vec<RecordedEvent> = events
        .as_array()
        .unwrap()
        .iter()
        .enumerate()
        .map(|(at, event)| {
            let mut event = event.clone();
            event
                .as_object_mut()
                .unwrap()
                .extend(json!({ "seq": at + 1, "run": "run-1", "at": "2026-11-20T09:00:05Z" }).as_object().unwrap().clone());
            serde_json::from_value(event).unwrap()
        })
        .collect();
    let catalogue = sayflow_actions::catalogue();
    let files = ["data/orders.csv", "notes.txt", "shop.db"].map(str::to_owned);
    let credentials = accounts();
    let known = Known { catalogue: &catalogue, journal: &journal, files: &files, credentials: &credentials, zone: "Europe/Berlin" };
    let told = explain::run(&workflow, &run, &known);
    if let Some(fix) = &told.fix {
        let better = edit::apply(&workflow, fix).unwrap();
        let env =
            CheckEnv { catalogue: &catalogue, credentials: &credentials, now: "2026-11-20T11:00:00Z".parse().unwrap(), timezone: "UTC" };
        let found = check_value(&serde_json::to_value(&better).unwrap(), &env);
        let errors: Vec<String> = found.diagnostics.iter().filter(|finding| finding.is_error()).map(ToString::to_string).collect();
        assert_eq!(errors, Vec::<String>::new(), "{better:#?}");
        assert_eq!(told.fix_words.len(), fix.len());
    }
    told
}

/// The fix of a failure at the last step, as JSON.
fn fix(steps: Value, code: &str, message: &str, outputs: Value) -> Value {
    let last = steps.as_array().unwrap().last().unwrap()["id"].clone();
    let views: Vec<Value> =
        outputs.as_object().unwrap().iter().map(|(id, output)| json!({ "id": id, "status": "succeeded", "output": output })).collect();
    let workflow = json!({ "name": "x", "steps": steps });
    let run = json!({ "error": { "code": code, "message": message, "step": last, "help": null }, "steps": views });
    serde_json::to_value(told(&workflow, run, json!([])).fix).unwrap()
}

fn get(with: Value) -> Value {
    json!([{ "id": "a", "uses": "http.request", "with": with }])
}

#[test]
fn what_may_pass_is_tried_again_unless_it_would_be_done_twice() {
    let read = json!({ "url": "https://x.example/a" });
    for (code, message) in
        [("connection_lost", "x"), ("dns_failed", "x"), ("http_status", "GET https://x.example/a answered 503 Service Unavailable")]
    {
        assert_eq!(fix(get(read.clone()), code, message, json!({}))[0]["value"], json!({ "max_attempts": 4, "backoff": "2s" }), "{code}");
    }
    let post = json!({ "url": "https://x.example/a", "method": "POST" });
    assert_eq!(fix(get(post.clone()), "connection_lost", "x", json!({})), json!(null));
    assert_eq!(fix(get(post), "http_status", "POST https://x.example/a answered 429 Too Many Requests", json!({}))[0]["pointer"], "/retry");
    assert_eq!(fix(get(read.clone()), "http_status", "GET https://x.example/a answered 404 Not Found", json!({})), json!(null));
    let tried = json!([{ "id": "a", "uses": "http.request", "with": read, "retry": { "max_attempts": 2 } }]);
    assert_eq!(
        fix(tried, "connection_lost", "x", json!({}))[0],
        json!({ "op": "set", "step": "a", "pointer": "/retry/max_attempts", "value": 4 })
    );
}

#[test]
fn what_takes_long_gets_more_time() {
    let slow = |timeout: Value| json!([{ "id": "a", "uses": "sql.query", "with": { "database": "shop.db", "sql": "select 1" }, "timeout": timeout }]);
    assert_eq!(fix(slow(json!("30s")), "timeout", "the step did not end within 30s", json!({}))[0]["value"], "1m");
    assert_eq!(fix(slow(json!(null)), "timeout", "the step did not end within 600s", json!({}))[0]["value"], "20m");
    let request = fix(get(json!({ "url": "https://x.example/a" })), "timeout", "x.example did not answer in time", json!({}));
    assert_eq!((&request[0]["pointer"], &request[1]["pointer"]), (&json!("/timeout"), &json!("/retry")));
    let polls = json!([{ "id": "a", "uses": "http.request", "with": { "url": "https://x.example/a" }, "repeat": { "until": "${{ output.body.done }}", "max": 5 } }]);
    assert_eq!(fix(polls, "repeat_exhausted", "x", json!({}))[0]["value"], 10);
    let asks = json!([{ "id": "a", "uses": "flow.approve", "with": { "message": "Pay?", "expires": "1d" } }]);
    assert_eq!(fix(asks, "approval_expired", "nobody decided in time", json!({}))[0]["value"], "2d");
    let whole = json!({ "name": "x", "timeout": "1h", "steps": get(json!({ "url": "https://x.example/a" })) });
    let late = told(
        &whole,
        json!({ "error": { "code": "timeout", "message": "the run used up its time of 1h", "step": null, "help": null } }),
        json!([]),
    );
    assert_eq!(serde_json::to_value(late.fix).unwrap(), json!([{ "op": "set", "pointer": "/timeout", "value": "2h" }]));
}

#[test]
fn a_place_that_is_not_there_becomes_the_nearest_one_that_is() {
    let read = |path: &str| json!([{ "id": "a", "uses": "file.read", "with": { "path": path } }]);
    assert_eq!(fix(read("orders.csv"), "file_not_found", "there is no file orders.csv", json!({}))[0]["value"], "data/orders.csv");
    assert_eq!(fix(read("data/order.csv"), "file_not_found", "there is no file data/order.csv", json!({}))[0]["value"], "data/orders.csv");
    assert_eq!(fix(read("invoices.xml"), "file_not_found", "there is no file invoices.xml", json!({})), json!(null));
    let rows = json!([{ "id": "a", "uses": "sql.query", "with": { "database": "shops.db", "sql": "select 1" } }]);
    assert_eq!(fix(rows, "database_not_found", "there is no database \"shops.db\"", json!({}))[0]["value"], "shop.db");
}

#[test]
fn a_list_in_an_envelope_is_named_itself() {
    let steps = json!([
        { "id": "a", "uses": "http.request", "with": { "url": "https://x.example/a" } },
        { "id": "b", "uses": "slack.send_message", "for_each": "${{ steps.a.output.body }}", "with": { "channel": "#x", "text": "${{ item.name }}" } },
    ]);
    let answer = |body: Value| json!({ "a": { "status": 200, "headers": {}, "body": body } });
    let found = fix(
        steps.clone(),
        "not_a_list",
        "for_each needs a list, but got an object",
        answer(json!({ "page": 1, "people": [{ "name": "Ann" }] })),
    );
    assert_eq!(found[0], json!({ "op": "set", "step": "b", "pointer": "/for_each", "value": "${{ steps.a.output.body.people }}" }));
    let several = fix(steps.clone(), "not_a_list", "x", answer(json!({ "people": [1], "places": [2] })));
    assert_eq!(several, json!(null));
    assert_eq!(fix(steps, "not_a_list", "x", answer(json!("text"))), json!(null));
}

#[test]
fn a_field_that_is_not_there_becomes_the_nearest_one() {
    let rows = json!({ "a": { "content": [{ "title": "One", "amount": 3 }] } });
    let step = |uses: &str, with: Value| json!([{ "id": "a", "uses": "file.read", "with": { "path": "data/orders.csv" } }, { "id": "b", "uses": uses, "with": with }]);
    let items = "${{ steps.a.output.content }}";
    let measures = json!({ "items": items, "measures": { "total": { "op": "sum", "of": "amuont" } } });
    assert_eq!(fix(step("data.aggregate", measures), "not_a_number", "x", rows.clone())[0]["value"], "amount");
    let condition = json!({ "items": items, "where": "${{ item.titel.includes('x') }}" });
    assert_eq!(fix(step("data.filter", condition), "expression_threw", "x", rows.clone())[0]["value"], "${{ item.title.includes('x') }}");
    let list = json!({ "items": "${{ steps.a.output.contents }}" , "by": "title" });
    let found = fix(step("data.sort", list), "not_a_list", "x", rows.clone());
    assert_eq!(found[0]["value"], "${{ steps.a.output.content }}");
    let strange = json!({ "items": items, "measures": { "total": { "op": "sum", "of": "zzz" } } });
    assert_eq!(fix(step("data.aggregate", strange), "not_a_number", "x", rows), json!(null));
}

#[test]
fn a_missing_value_is_passed_over() {
    let steps = json!([
        { "id": "a", "uses": "file.read", "with": { "path": "data/orders.csv" } },
        { "id": "b", "uses": "data.filter", "with": { "items": "${{ steps.a.output.content }}", "where": "${{ item.note.includes('x') }}" } },
    ]);
    let found = fix(
        steps.clone(),
        "expression_threw",
        "cannot read property 'includes' of null",
        json!({ "a": { "content": [{ "note": "x" }, { "note": null }] } }),
    );
    assert_eq!(found[0]["value"], "${{ item.note?.includes('x') }}");
    assert_eq!(fix(steps, "expression_threw", "x", json!({ "a": { "content": [{ "note": "x" }] } })), json!(null));
}

#[test]
fn a_status_that_is_looked_at_is_expected() {
    let check = |text: &str| {
        json!([{ "id": "tell", "uses": "slack.send_message", "with": { "channel": "#x", "text": text } },
               { "id": "a", "uses": "http.request", "with": { "url": "https://x.example/health" } }])
    };
    let message = "GET https://x.example/health answered 404 Not Found";
    let found = fix(check("It says ${{ steps.a.output.status }}"), "http_status", message, json!({}));
    assert_eq!(found[0]["value"], json!([200, 404]));
    assert_eq!(fix(check("It says ${{ steps.a.output.body.ok }}"), "http_status", message, json!({})), json!(null));
}

#[test]
fn nothing_to_say_is_not_said_and_changes_use_the_action_for_it() {
    let message = |text: &str| json!([{ "id": "l", "uses": "text.split", "with": { "text": "a" } }, { "id": "a", "uses": "slack.send_message", "with": { "channel": "#x", "text": text } }]);
    let found = fix(message("${{ steps.l.output.items.join(', ') }}"), "text_empty", "x", json!({}));
    assert_eq!(found[0], json!({ "op": "set", "step": "a", "pointer": "/if", "value": "${{ Boolean(steps.l.output.items.join(', ')) }}" }));
    assert_eq!(fix(message("Hello ${{ steps.l.output.items[0] }}"), "text_empty", "x", json!({})), json!(null));
    let change = json!([{ "id": "a", "uses": "sql.query", "with": { "database": "shop.db", "sql": "delete from t" } }]);
    assert_eq!(fix(change, "sql_refused", "database \"shop.db\": the statement changes something", json!({}))[0]["value"], "sql.execute");
}

#[test]
fn accounts_that_are_missing_are_set_by_a_command_and_unclear_ones_named() {
    let post = json!({ "name": "x", "steps": [{ "id": "a", "uses": "slack.send_message", "with": { "channel": "#x", "text": "y" } }] });
    let error =
        |code: &str| json!({ "error": { "code": code, "message": "there is no account of type \"slack\"", "step": "a", "help": null } });
    let missing = told(&post, error("no_credential"), json!([]));
    assert_eq!(missing.commands[0], "sayflow credentials set slack --field token=…");
    assert_eq!(missing.fix, None);
    let mail = |id: &str, account: Value| json!({ "id": id, "uses": "email.send", "credential": account, "with": { "to": "a@x.example", "subject": "x", "text": "y" } });
    let found = fix(json!([mail("b", json!("other-mail")), mail("a", json!(null))]), "ambiguous_credential", "x", json!({}));
    assert_eq!(found[0]["value"], "other-mail");
    assert_eq!(fix(json!([mail("a", json!(null))]), "ambiguous_credential", "x", json!({})), json!(null));
}

/// A workflow that reads, sends for each and writes.
fn story() -> Value {
    json!({ "name": "reminders", "steps": [
        { "id": "rows", "uses": "file.read", "with": { "path": "data/orders.csv" } },
        { "id": "log", "uses": "file.write", "with": { "path": "log.txt", "content": "begun" } },
        { "id": "each", "for_each": "${{ steps.rows.output.content }}", "needs": ["log"], "steps": [
            { "id": "send", "uses": "email.send", "with": { "to": "${{ item.mail }}", "subject": "Reminder", "text": "Please pay." } } ] },
        { "id": "post", "uses": "slack.send_message", "needs": ["each"], "with": { "channel": "#ops", "text": "sent" } },
    ] })
}

fn sent(item: u32) -> [Value; 2] {
    [
        json!({ "type": "step_started", "key": format!("each[{item}]/send"), "attempt": 1, "effect": "write", "input": { "to": format!("p{item}@x.example") } }),
        json!({ "type": "step_succeeded", "key": format!("each[{item}]/send"), "attempt": 1, "output": {} }),
    ]
}

fn so_far() -> Vec<Value> {
    let mut events = vec![
        json!({ "type": "step_started", "key": "log", "attempt": 1, "effect": "write" }),
        json!({ "type": "step_succeeded", "key": "log", "attempt": 1, "output": {} }),
        json!({ "type": "items_resolved", "key": "each", "items": [{ "mail": "p0@x.example" }, { "mail": "p1@x.example" }, { "mail": "" }] }),
    ];
    events.extend(sent(0));
    events.extend(sent(1));
    events.push(json!({ "type": "step_started", "key": "each[2]/send", "attempt": 1, "effect": "write", "input": { "to": "" } }));
    events
}

fn views(each: &str) -> Value {
    json!([
        { "id": "rows", "status": "succeeded", "output": { "content": [] } },
        { "id": "log", "status": "succeeded", "output": {} },
        { "id": "each", "status": each, "items": { "total": 3, "succeeded": 2, "failed": 1 } },
        { "id": "post", "status": "skipped", "skipped_because": "a step it needs did not end as required" },
    ])
}

#[test]
fn a_failure_in_the_middle_of_a_loop_says_what_was_already_sent() {
    let error = json!({ "code": "invalid_address", "message": "\"\" in \"to\" is no mail address: it is empty", "step": "each[2]/send",
        "help": "write it like ada@example.com" });
    let explained = told(&story(), json!({ "error": error, "steps": views("failed") }), json!(so_far()));
    assert_snapshot!(explained.text);
    assert!(explained.evidence.iter().any(|line| line.starts_with("item 3: ")), "{:?}", explained.evidence);
}

#[test]
fn a_failure_with_a_fix_says_what_would_change() {
    let workflow = json!({ "name": "orders", "steps": [{ "id": "rows", "uses": "file.read", "with": { "path": "orders.csv" } }] });
    let error = json!({ "code": "file_not_found", "message": "there is no file orders.csv", "step": "rows", "help": "check the path; it is relative to the workspace folder" });
    let explained = told(&workflow, json!({ "error": error, "steps": [{ "id": "rows", "status": "failed" }] }), json!([]));
    assert_snapshot!(explained.text);
}

#[test]
fn every_other_status_is_explained() {
    let approval = json!({ "type": "approval", "step": "post", "approval": "appr-1", "question": { "message": "Write to #other?", "approvers": ["slack:U1"],
        "expires": "2026-11-21T09:00:00Z", "payload_hash": "0", "place": { "effect": "write", "kind": "channel", "destination": "#other", "service": "slack", "steps": ["post"], "dynamic": false } } });
    let unknown = json!({ "type": "unknown", "step": "each[2]/send", "error": { "code": "outcome_unknown", "message": "nobody knows whether this write happened: the connection broke", "step": "each[2]/send", "help": null } });
    let with = |more: Value| so_far().into_iter().chain([more]).collect::<Vec<Value>>();
    let cases = [
        (json!({ "status": "queued" }), vec![]),
        (json!({ "status": "cancelled", "steps": views("cancelled") }), with(json!({ "type": "cancel_requested", "by": "local" }))),
        (json!({ "status": "paused", "open": [unknown], "steps": views("outcome_unknown") }), so_far()),
        (json!({ "status": "waiting", "open": [approval], "steps": views("succeeded") }), vec![]),
        (json!({ "status": "waiting", "open": [{ "type": "call", "step": "post", "run": "run-2", "workflow": "billing" }] }), vec![]),
        (json!({ "status": "paused", "open": [{ "type": "resume", "by": "ann" }, { "type": "step", "step": "log" }] }), vec![]),
        (json!({ "status": "running", "open": [{ "type": "store", "why": "disk full" }] }), vec![]),
        (
            json!({ "status": "waiting" }),
            vec![json!({ "type": "step_waiting", "key": "log", "attempt": 1, "until": "2026-11-20T12:00:00Z", "output": null })],
        ),
        (
            json!({ "status": "waiting" }),
            vec![json!({ "type": "step_failed", "key": "log", "attempt": 1, "retry_at": "2026-11-20T12:00:00Z",
                "error": { "code": "rate_limited", "message": "too fast", "step": "log", "help": null } })],
        ),
        (json!({ "status": "running" }), vec![json!({ "type": "step_started", "key": "each[1]/send", "attempt": 1, "effect": "write" })]),
        (json!({ "status": "running", "steps": [{ "id": "rows", "status": "running" }] }), vec![]),
        (
            json!({ "status": "succeeded", "steps": [
                { "id": "rows", "status": "succeeded", "error": { "code": "not_a_feed", "message": "no feed", "step": "rows", "help": null } },
                { "id": "each", "status": "succeeded", "items": { "total": 0, "succeeded": 0, "failed": 0 } },
                { "id": "post", "status": "skipped", "skipped_because": "its condition was false" } ] }),
            vec![],
        ),
        (
            json!({ "status": "failed", "steps": views("failed"), "error": { "code": "approval_rejected", "message": "ann said no: too expensive", "step": "post", "help": null } }),
            vec![],
        ),
        (json!({ "status": "failed" }), vec![]),
    ];
    let said: Vec<String> = cases.into_iter().map(|(run, events)| told(&story(), run, json!(events)).text).collect();
    assert_snapshot!(said.join("\n\n=====\n\n"));
}

#[test]
fn a_write_of_unknown_outcome_is_decided_by_a_command() {
    let unknown = json!({ "type": "unknown", "step": "each[2]/send", "error": { "code": "outcome_unknown", "message": "x", "step": "each[2]/send", "help": null } });
    let explained = told(&story(), json!({ "status": "paused", "open": [unknown], "steps": views("outcome_unknown") }), json!(so_far()));
    assert_eq!(explained.commands[0], "sayflow runs decide run-1 'each[2]/send' retry");
}

/// Words of errors that the sources make, as far as they can be seen in them.
fn codes_in(folder: &Path, found: &mut BTreeSet<String>) {
    let made = Regex::new(
        r#"(?:StepError::new\(|cannot\(|error\(|refused\(|fault\(&?\w+(?:\([^)]*\))?, |code: |=> \(?)\s*"([a-z]+(?:_[a-z0-9]+)*)""#,
    )
    .unwrap();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            codes_in(&path, found);
        } else if name.ends_with(".rs") && !name.contains("test") && !name.contains("fake") {
            let text = std::fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]").next().unwrap();
            let makes_errors = ["StepError", "RunError", "EvalError"].iter().any(|kind| text.contains(kind));
            let tests = made.captures_iter(text).filter(|_| makes_errors).map(|found| found[1].to_owned());
            found.extend(tests);
        }
    }
}

/// Words in these places that are no codes of errors.
const OTHER_WORDS: &[&str] = &["listed", "moved", "null", "password", "read", "removed", "secret_key", "text", "written", "x"];

#[test]
fn every_code_of_an_error_is_explained() {
    let mut found = BTreeSet::new();
    for folder in ["../engine/src", "../actions/src"] {
        codes_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut found);
    }
    for sure in [
        "http_status",
        "sql_constraint",
        "disk_full",
        "repeat_exhausted",
        "approval_expired",
        "no_credential",
        "expression_timeout",
        "call_failed",
    ] {
        assert!(found.contains(sure), "{sure} is not seen any more: {found:?}");
    }
    // Codes that the model's client makes; the port declares them.
    let declared = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/src/ports/model.rs")).unwrap();
    let model = Regex::new(r"`((?:no_)?model[a-z_]*)`").unwrap();
    found.extend(model.captures_iter(&declared).map(|code| code[1].to_owned()).filter(|code| code != "model"));
    let silent: Vec<&String> =
        found.iter().filter(|code| !OTHER_WORDS.contains(&code.as_str()) && sayflow_prompts::error_meaning(code).is_none()).collect();
    assert_eq!(silent, Vec::<&String>::new(), "add them to prompts/tables/errors.md");
    for code in found.iter().filter(|code| !OTHER_WORDS.contains(&code.as_str())) {
        let error = json!({ "error": { "code": code, "message": "It did not work.", "step": "rows", "help": null } });
        let explained = told(&story(), error, json!([]));
        let meaning = sayflow_prompts::error_meaning(code).unwrap();
        assert!(explained.text.contains(meaning.meaning) && explained.text.contains("What to do: "), "{code}: {}", explained.text);
    }
}

#[test]
fn an_error_that_nobody_has_explained_gets_what_can_be_said_of_any() {
    let error = json!({ "error": { "code": "brand_new", "message": "The flux is empty.", "step": "rows", "help": "fill it" } });
    let text = told(&story(), error, json!([])).text;
    assert!(
        text.contains("The flux is empty.")
            && text.contains("The step could not do its work")
            && text.contains("Fill it. Do what the message says"),
        "{text}"
    );
}
