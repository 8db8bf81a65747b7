//! Suggestions: each rule where it speaks and where it must not; what is suggested can be carried out and is then no longer
//! suggested.

use insta::assert_snapshot;
use sayflow_agent::advise::{History, Readers, as_text, suggestions};
use sayflow_agent::{edit, templates};
use sayflow_engine::check::{CheckEnv, check_value};
use sayflow_protocol::api::Suggestion;
use sayflow_protocol::{RunView, Workflow};
use serde_json::{Value, json};

fn workflow(value: Value) -> Workflow {
    serde_json::from_value(value).unwrap()
}

fn accounts() -> Vec<(String, String)> {
    [("slack", "slack"), ("telegram", "telegram"), ("smtp", "smtp")].map(|(name, kind)| (name.to_owned(), kind.to_owned())).to_vec()
}

fn no_past() -> History {
    History { credentials: accounts(), ..History::default() }
}

/// A run with its steps, `(id, status, seconds, more)`; failed when it has an error.
fn run(number: usize, error: Value, steps: Value) -> RunView {
    let steps: Vec<Value> = steps
        .as_array()
        .unwrap()
        .iter()
        .map(|step| {
            let seconds = step[2].as_u64().unwrap();
            let mut view = json!({ "id": step[0], "status": step[1], "attempts": 1, "started": "2026-11-20T09:00:00Z",
                "ended": format!("2026-11-20T09:{:02}:{:02}Z", seconds / 60, seconds % 60), "output": null, "error": null, "items": null });
            view.as_object_mut().unwrap().extend(step[3].as_object().unwrap().clone());
            view
        })
        .collect();
    let status = if error.is_null() { "succeeded" } else { "failed" };
    serde_json::from_value(json!({ "id": format!("run-{number}"), "workflow": "x", "version": 1, "dry_run": false, "status": status,
        "created": "2026-11-20T09:00:00Z", "started": "2026-11-20T09:00:00Z", "ended": "2026-11-20T09:01:00Z", "error": error,
        "steps": steps, "outputs": null }))
    .unwrap()
}

fn past(count: usize, error: Value, steps: Value) -> History {
    History { runs: (0..count).map(|number| run(number, error.clone(), steps.clone())).collect(), ..no_past() }
}

fn errors(workflow: &Workflow) -> Vec<String> {
    let catalogue = sayflow_actions::catalogue();
    let accounts = accounts();
    let now = "2026-11-20T11:00:00Z".parse().unwrap();
    let env = CheckEnv { catalogue: &catalogue, credentials: &accounts, now, timezone: "UTC" };
    let found = check_value(&serde_json::to_value(workflow).unwrap(), &env);
    found.diagnostics.iter().filter(|finding| finding.is_error()).map(ToString::to_string).collect()
}

fn of_rule(workflow: &Workflow, history: &History, rule: &str) -> Vec<Suggestion> {
    let found = suggestions(workflow, &sayflow_actions::catalogue(), history);
    found.into_iter().filter(|suggestion| suggestion.rule == rule).collect()
}

/// The rule speaks once; what it suggests can be carried out, passes the checks, and is not suggested again.
fn speaks(rule: &str, workflow: &Workflow, history: &History) -> Suggestion {
    let found = of_rule(workflow, history, rule);
    assert_eq!(found.len(), 1, "{rule}: {found:#?}");
    let suggestion = found[0].clone();
    assert!(suggestion.advice.ends_with(['.', '`']) && suggestion.evidence.len() > 20, "{suggestion:?}");
    if !suggestion.operations.is_empty() {
        let better = edit::apply(workflow, &suggestion.operations).unwrap();
        assert_eq!(errors(&better), Vec::<String>::new(), "{rule}: {better:#?}");
        assert_eq!(of_rule(&better, history, rule), [], "{rule} is still suggested");
    }
    suggestion
}

fn is_quiet(rule: &str, workflow: &Workflow, history: &History) {
    assert_eq!(of_rule(workflow, history, rule), [], "{rule}");
}

fn news() -> Value {
    json!({ "name": "news", "triggers": [{ "type": "schedule", "cron": "0 9 * * *" }], "steps": [
        { "id": "feed", "uses": "feed.read", "with": { "url": "https://news.example/feed.xml" } },
        { "id": "keep", "uses": "data.filter", "with": { "items": "${{ steps.feed.output.entries }}", "where": "${{ item.title.includes('Rust') }}" } },
        { "id": "post", "uses": "slack.send_message",
          "with": { "channel": "#news", "text": "${{ steps.keep.output.items.map(entry => entry.title).join('\\n') }}" } },
    ] })
}

fn with(mut value: Value, pointer: &str, new: Value) -> Workflow {
    let (around, name) = pointer.rsplit_once('/').unwrap();
    match value.pointer_mut(around).unwrap() {
        Value::Array(items) => items[name.parse::<usize>().unwrap()] = new,
        other => other[name] = new,
    }
    workflow(value)
}

#[test]
fn missing_retry() {
    let connection = json!({ "code": "connection_lost", "message": "x", "step": "feed", "help": null });
    let mut history = past(5, json!(null), json!([["feed", "succeeded", 1, {}]]));
    history.runs.push(run(9, connection, json!([["feed", "failed", 1, {}]])));
    let said = speaks("missing-retry", &workflow(news()), &history);
    assert!(said.evidence.contains("1 of the last 6 runs ended there"), "{said:?}");
    speaks("missing-retry", &workflow(news()), &no_past());
    is_quiet("missing-retry", &with(news(), "/steps/0/retry", json!({ "max_attempts": 2 })), &no_past());
    let local = workflow(json!({ "name": "x", "steps": [{ "id": "a", "uses": "file.read", "with": { "path": "a.csv" } }] }));
    is_quiet("missing-retry", &local, &no_past());
}

#[test]
fn missing_timeout() {
    let said = speaks("missing-timeout", &workflow(news()), &past(4, json!(null), json!([["feed", "succeeded", 8, {}]])));
    assert!(said.evidence.contains("8.0 s at most") && said.advice.contains("1m"), "{said:?}");
    speaks("missing-timeout", &workflow(news()), &no_past());
    is_quiet("missing-timeout", &with(news(), "/steps/0/timeout", json!("1m")), &no_past());
    is_quiet("missing-timeout", &with(news(), "/triggers", json!([])), &no_past());
}

#[test]
fn empty_list() {
    let quiet_day =
        past(3, json!(null), json!([["keep", "succeeded", 0, { "output": { "items": [], "count": 0 } }], ["post", "succeeded", 0, {}]]));
    let said = speaks("empty-list", &workflow(news()), &quiet_day);
    assert!(said.evidence.contains("In 3 of the last 3 runs keep found nothing"), "{said:?}");
    speaks("empty-list", &workflow(news()), &no_past());
    is_quiet("empty-list", &with(news(), "/steps/2/if", json!("${{ steps.keep.output.count > 0 }}")), &quiet_day);
    is_quiet("empty-list", &with(news(), "/steps/2/with/text", json!("${{ steps.keep.output.items.length }} stories today")), &quiet_day);
}

#[test]
fn slow_step() {
    let looped = json!({ "name": "x", "steps": [
        { "id": "list", "uses": "file.read", "with": { "path": "a.csv" } },
        { "id": "pages", "uses": "http.request", "for_each": "${{ steps.list.output.content }}", "with": { "url": "https://x.example/${{ item.id }}" } },
        { "id": "save", "uses": "file.write", "with": { "path": "b.json", "content": "${{ steps.pages.output }}" } },
    ] });
    let slow = past(4, json!(null), json!([["pages", "succeeded", 50, {}], ["save", "succeeded", 2, {}]]));
    let said = speaks("slow-step", &workflow(looped.clone()), &slow);
    assert!(said.evidence.contains("In the last 4 runs it took 50.0 s of 60.0 s") && said.operations.len() == 1, "{said:?}");
    is_quiet("slow-step", &workflow(looped.clone()), &past(4, json!(null), json!([["pages", "succeeded", 20, {}]])));
    is_quiet("slow-step", &workflow(looped.clone()), &past(2, json!(null), json!([["pages", "succeeded", 50, {}]])));
    let waits = workflow(json!({ "name": "x", "steps": [{ "id": "pages", "uses": "flow.wait", "with": { "for": "50s" } }] }));
    is_quiet("slow-step", &waits, &slow);
    // Nobody can say from here how one request gets faster.
    let once =
        workflow(json!({ "name": "x", "steps": [{ "id": "pages", "uses": "http.request", "with": { "url": "https://x.example" } }] }));
    assert_eq!(speaks("slow-step", &once, &slow).operations, []);
}

#[test]
fn unused_output() {
    let mut value = news();
    value["steps"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "id": "rates", "uses": "http.request", "with": { "url": "https://rates.example/" } }));
    let said = speaks("unused-output", &workflow(value.clone()), &past(2, json!(null), json!([["rates", "succeeded", 3, {}]])));
    assert!(said.evidence.contains("3.0 s of every run") && said.step.as_deref() == Some("rates"), "{said:?}");
    is_quiet("unused-output", &with(value.clone(), "/steps/2/needs", json!(["rates"])), &no_past());
    is_quiet("unused-output", &workflow(news()), &no_past());
    // What is looked at is not unused.
    let look = workflow(json!({ "name": "x", "steps": [{ "id": "a", "uses": "file.read", "with": { "path": "a.csv" } }] }));
    is_quiet("unused-output", &look, &no_past());
}

#[test]
fn idle_schedule() {
    let looped = with(news(), "/steps/2/for_each", json!("${{ steps.keep.output.items }}"));
    let idle = past(20, json!(null), json!([["post", "succeeded", 0, { "items": { "total": 0, "succeeded": 0, "failed": 0 } }]]));
    let said = speaks("idle-schedule", &looped, &idle);
    assert_eq!(said.evidence, "None of the last 20 runs wrote or sent anything.");
    let skipped = past(20, json!(null), json!([["post", "skipped", 0, {}]]));
    speaks("idle-schedule", &with(news(), "/steps/2/if", json!("${{ steps.keep.output.count > 0 }}")), &skipped);
    is_quiet("idle-schedule", &looped, &past(19, json!(null), json!([["post", "skipped", 0, {}]])));
    let mut lately = skipped.clone();
    lately
        .runs
        .insert(0, run(99, json!(null), json!([["post", "succeeded", 0, { "items": { "total": 1, "succeeded": 1, "failed": 0 } }]])));
    is_quiet("idle-schedule", &looped, &lately);
    is_quiet("idle-schedule", &with(news(), "/triggers", json!([{ "type": "manual" }])), &skipped);
}

#[test]
fn unread_schedule() {
    let look = json!({ "name": "x", "triggers": [{ "type": "schedule", "every": "1h" }], "steps": [
        { "id": "a", "uses": "http.request", "with": { "url": "https://x.example" } } ], "outputs": { "a": "${{ steps.a.output.body }}" } });
    let known = |looked, workflows: &[&str]| Readers::Known { looked, workflows: workflows.iter().map(|&name| name.to_owned()).collect() };
    let runs = past(6, json!(null), json!([["a", "succeeded", 1, {}]]));
    let history = |readers| History { readers, ..runs.clone() };
    let said = speaks("unread-schedule", &workflow(look.clone()), &history(known(false, &[])));
    assert!(said.evidence.contains("nobody has looked at the last 6 runs"), "{said:?}");
    is_quiet("unread-schedule", &workflow(look.clone()), &history(known(true, &[])));
    is_quiet("unread-schedule", &workflow(look.clone()), &history(known(false, &["report"])));
    is_quiet("unread-schedule", &workflow(look), &history(Readers::Unknown));
    is_quiet("unread-schedule", &workflow(news()), &history(known(false, &[])));
}

#[test]
fn repeated_read() {
    let twice = json!({ "name": "x", "steps": [
        { "id": "a", "uses": "file.read", "with": { "path": "a.csv" } },
        { "id": "b", "uses": "file.read", "with": { "path": "a.csv" } },
        { "id": "one", "uses": "file.write", "with": { "path": "one.json", "content": "${{ steps.a.output.content }}" } },
        { "id": "two", "uses": "file.write", "with": { "path": "two.json", "content": "${{ steps.b.output.content }}" } },
    ] });
    let said = speaks("repeated-read", &workflow(twice.clone()), &no_past());
    assert_eq!((said.step.as_deref(), said.operations.len()), (Some("b"), 2), "{said:?}");
    is_quiet("repeated-read", &with(twice.clone(), "/steps/1/with/path", json!("b.csv")), &no_past());
    is_quiet("repeated-read", &with(twice.clone(), "/steps/2/with/path", json!("a.csv")), &no_past());
    is_quiet("repeated-read", &with(twice, "/steps/1/needs", json!(["one"])), &no_past());
}

#[test]
fn unlimited_writes() {
    let looped = json!({ "name": "x", "steps": [
        { "id": "rows", "uses": "file.read", "with": { "path": "people.csv" } },
        { "id": "keep", "uses": "data.filter", "with": { "items": "${{ steps.rows.output.content }}", "where": "${{ item.late }}" } },
        { "id": "each", "for_each": "${{ steps.keep.output.items }}", "steps": [
            { "id": "mail", "uses": "email.send", "with": { "to": "a@x.example", "subject": "x", "text": "${{ item.name }}" } } ] },
    ] });
    let many = past(3, json!(null), json!([["each", "succeeded", 1, { "items": { "total": 340, "succeeded": 340, "failed": 0 } }]]));
    let said = speaks("unlimited-writes", &workflow(looped.clone()), &many);
    assert!(said.evidence.contains("the most in the last 3 runs were 340 items") && said.advice.contains("680"), "{said:?}");
    speaks("unlimited-writes", &workflow(looped.clone()), &no_past());
    is_quiet("unlimited-writes", &with(looped.clone(), "/steps/2/for_each", json!([{ "name": "Ann" }])), &many);
    let files = json!([{ "id": "save", "uses": "file.write", "with": { "path": "out/${{ index }}.txt", "content": "x" } }]);
    is_quiet("unlimited-writes", &with(looped, "/steps/2/steps", files), &many);
}

#[test]
fn frequent_failure() {
    let late = json!({ "code": "connection_lost", "message": "news.example: the connection broke", "step": "feed", "help": null });
    let mut history = past(4, late.clone(), json!([["feed", "failed", 1, {}]]));
    history.runs.extend(past(4, json!(null), json!([["feed", "succeeded", 1, {}]])).runs);
    let found = of_rule(&workflow(news()), &history, "frequent-failure");
    assert_eq!(found.len(), 1);
    assert!(found[0].evidence.contains("4 of the last 8 runs failed there with connection_lost"), "{found:?}");
    // The new version has no past yet.
    let better = edit::apply(&workflow(news()), &found[0].operations).unwrap();
    assert_eq!((errors(&better), better.steps[0].retry.is_some()), (Vec::new(), true));
    is_quiet("frequent-failure", &better, &no_past());
    is_quiet("frequent-failure", &workflow(news()), &past(2, late, json!([["feed", "failed", 1, {}]])));
}

#[test]
fn silent_failure() {
    let said = speaks("silent-failure", &workflow(news()), &no_past());
    let better = edit::apply(&workflow(news()), &said.operations).unwrap();
    assert_eq!(better.on_failure[0].with["channel"], "#news");
    is_quiet("silent-failure", &better, &no_past());
    is_quiet("silent-failure", &with(news(), "/triggers", json!([])), &no_past());
    // Whom to tell is for a person to say where nobody is told anything so far.
    let file = with(
        news(),
        "/steps/2",
        json!({ "id": "post", "uses": "file.write", "with": { "path": "a.json", "content": "${{ steps.keep.output.items }}" } }),
    );
    assert_eq!(speaks("silent-failure", &file, &no_past()).operations, []);
}

#[test]
fn missing_account() {
    let none = History::default();
    let said = speaks("missing-account", &workflow(news()), &none);
    assert!(said.advice.contains("sayflow credentials set slack --field token=…"), "{said:?}");
    is_quiet("missing-account", &workflow(news()), &no_past());
    let named = with(news(), "/steps/2/credential", json!("team"));
    assert!(speaks("missing-account", &named, &no_past()).advice.contains("credentials set team --type slack"));
}

#[test]
fn what_is_suggested_for_templates_passes_the_checks_and_is_then_not_suggested_again() {
    let mut carried_out = 0;
    for template in templates::all() {
        for suggestion in suggestions(&template.workflow, &sayflow_actions::catalogue(), &no_past()) {
            if suggestion.operations.is_empty() {
                continue;
            }
            let better = edit::apply(&template.workflow, &suggestion.operations).unwrap();
            assert_eq!(errors(&better), Vec::<String>::new(), "{}: {suggestion:#?}", template.info.name);
            let again = of_rule(&better, &no_past(), &suggestion.rule);
            assert!(!again.iter().any(|other| other.step == suggestion.step), "{}: {suggestion:#?}", template.info.name);
            carried_out += 1;
        }
    }
    assert!(carried_out > 10, "{carried_out}");
}

#[test]
fn suggestions_are_told_with_their_evidence_and_changes() {
    let found = suggestions(&workflow(news()), &sayflow_actions::catalogue(), &no_past());
    assert_snapshot!(as_text(&workflow(news()), &found));
    assert_snapshot!(as_text(&workflow(news()), &[]), @"I have no suggestion for news: nothing in it or in its runs calls for a change.");
}
