//! Requests against the real catalogue: the workflow that comes out, in a short form.
use super::*;
use sayflow_engine::action::Catalogue;
use sayflow_protocol::workflow::{Condition, Step, Trigger, Workflow};
use serde_json::{Value, json};

pub struct World;

impl Samples for World {
    fn file(&self, path: &str) -> Option<Value> {
        Some(match path {
            "orders.csv" => json!([
                {"id": 1, "customer": "Maria", "country": "Germany", "amount": 120.5, "status": "paid", "ordered": "2026-03-02"},
                {"id": 2, "customer": "James", "country": "Ireland", "amount": 80, "status": "open", "ordered": "2026-03-05"},
                {"id": 3, "customer": "Sofia", "country": "Italy", "amount": 240, "status": "paid", "ordered": "2026-02-11"},
                {"id": 4, "customer": "Noah", "country": "Germany", "amount": 15.2, "status": "cancelled", "ordered": "2026-01-20"},
                {"id": 5, "customer": "Emma", "country": "France", "amount": 99.99, "status": "paid", "ordered": "2026-03-28"},
            ]),
            "books.json" => json!([
                {"title": "The Secret Garden", "author": "Burnett", "year": 1911, "on_loan": false},
                {"title": "Dubliners", "author": "Joyce", "year": 1914, "on_loan": true}
            ]),
            "invoices.csv" => json!([
                {"number": 17, "client": "Acme", "email": "billing@acme.example", "amount": 1200.5, "paid": "no"},
                {"number": 18, "client": "Birch", "email": "pay@birch.example", "amount": 300, "paid": "yes"}
            ]),
            "grades.csv" => json!([{"student": "Ann", "class": "7a", "grade": 2}, {"student": "Cy", "class": "7b", "grade": 1}]),
            "deals.json" => json!([{"name": "Alpha", "value": 100}, {"name": "Beta", "value": 900}]),
            "members.csv" => json!([{"name": "Lia", "email": "lia@club.example"}]),
            "students.csv" => json!([{"id": 17, "name": "Ida"}]),
            "staff.csv" => json!([{"name": "Ada", "ward": "A1", "hours": 38}]),
            "team.csv" => json!([{"name": "Ida", "role": "nurse"}, {"name": "Jon", "role": "doctor"}]),
            "stock.csv" => json!([{"product": "Tea", "quantity": 3}]),
            "signups.csv" => json!([{"email": "a@x.example", "name": "Ann"}]),
            "customers.csv" => json!([{"customer_id": "c1", "name": "Ann", "city": "Oslo"}]),
            "leads.csv" => json!([{"name": "Ola", "country": "Norway"}, {"name": "Per", "country": "Sweden"}]),
            "timesheet.json" => json!([{"project": "roof", "hours": 4}]),
            "people.csv" => json!([{"name": "Ann", "age": 31}]),
            "newcomers.csv" => json!([{"name": "Eva", "city": "Molde"}]),
            "ids.csv" => json!([{"id": 1}]),
            "errors.json" => json!([{"code": 7}]),
            "account.json" => json!({"balance": 42}),
            "job.json" => json!({"state": "passed"}),
            "payload.json" => json!({"ward": "A1", "beds": 4}),
            "notes.txt" | "letter.txt" | "announcement.txt" | "app.log" | "log.txt" | "a.txt" => {
                json!("Remember the milk.\nCall the vet.\n")
            }
            "config.yaml" => json!({"name": "ward", "beds": 12, "floors": [1, 2]}),
            "visitors.json" => json!([{"n": 1}, {"n": 2}]),
            "report.csv" | "data.csv" => json!([{"a": 1, "b": 2}]),
            "data/readings.json" => json!([{"sensor": "a", "value": 3}]),
            _ => return None,
        })
    }
    fn files(&self) -> Vec<String> {
        Vec::new()
    }
    fn tables(&self, database: &str) -> Option<Vec<(String, Vec<String>)>> {
        let columns = |list: &[&str]| list.iter().map(|&name| name.to_owned()).collect();
        match database {
            "shop.db" => Some(vec![
                ("customers".into(), columns(&["id", "name", "city"])),
                ("orders".into(), columns(&["id", "customer_id", "amount", "status"])),
            ]),
            "lab.db" => Some(vec![("readings".into(), columns(&["sensor", "value"]))]),
            _ => None,
        }
    }
}

pub fn catalogue() -> &'static Catalogue {
    static CATALOGUE: std::sync::LazyLock<Catalogue> = std::sync::LazyLock::new(sayflow_actions::catalogue);
    &CATALOGUE
}

pub fn plan_with(text: &str, answers: &[(sayflow_protocol::api::Question, String)]) -> PlanOutcome {
    let credentials =
        [("slack".to_owned(), "slack".to_owned()), ("telegram".to_owned(), "telegram".to_owned()), ("smtp".to_owned(), "smtp".to_owned())];
    let context = PlanContext {
        catalogue: catalogue(),
        now: "2026-11-20T10:00:00+01:00[Europe/Berlin]".parse().expect("a moment"),
        timezone: "Europe/Berlin",
        credentials: &credentials,
        workflows: &["nightly-backup".to_owned()],
        samples: &World,
        ranker: None,
    };
    OfflinePlanner.plan(&PlanRequest { text, answers, base: None }, &context)
}

fn step_line(step: &Step, out: &mut String) {
    use std::fmt::Write;
    let _ = write!(out, "{}: {}", step.id, step.uses.as_deref().unwrap_or("group"));
    for (name, value) in &step.with {
        let _ = write!(out, " {name}={}", value.as_str().map_or_else(|| value.to_string(), |text| text.replace('\n', "\\n")));
    }
    if let Some(list) = &step.for_each {
        let _ = write!(out, " FOR {}", list.as_str().unwrap_or_default());
    }
    if let Some(Condition::Expression(condition)) = &step.condition {
        let _ = write!(out, " IF {condition}");
    }
    if let Some(other) = &step.else_of {
        let _ = write!(out, " ELSE-OF {other}");
    }
    if !step.needs.is_empty() {
        let _ = write!(out, " AFTER {}", step.needs.join(","));
    }
    out.push('\n');
}

pub fn short(workflow: &Workflow) -> String {
    let mut out = String::new();
    for trigger in &workflow.triggers {
        out.push_str(&match trigger {
            Trigger::Schedule { cron, every, at, timezone, .. } => format!(
                "ON {} {}\n",
                cron.clone().or_else(|| every.as_ref().map(|every| format!("every {every}"))).or_else(|| at.clone()).unwrap_or_default(),
                timezone.clone().unwrap_or_default()
            ),
            other => format!("ON {}\n", serde_json::to_string(other).unwrap_or_default()),
        });
    }
    for step in &workflow.steps {
        step_line(step, &mut out);
    }
    for step in &workflow.on_failure {
        out.push_str("FAIL ");
        step_line(step, &mut out);
    }
    for (name, value) in &workflow.outputs {
        out.push_str(&format!("OUT {name}={value}\n"));
    }
    out
}

pub fn shown(outcome: &PlanOutcome) -> String {
    match outcome {
        PlanOutcome::Draft { workflow, notes } => {
            format!("{}{}", short(workflow), notes.iter().map(|note| format!("NOTE {note}\n")).collect::<String>())
        }
        PlanOutcome::Questions { questions, .. } => {
            questions.iter().map(|question| format!("ASK {}: {}\n", question.about, question.text)).collect()
        }
        PlanOutcome::Cannot { reason, .. } => format!("CANNOT {reason}\n"),
    }
}

/// Requests of very different style, with the workflows that were looked at and found right.
#[test]
fn drafts_of_many_requests_keep_their_form() {
    let drafts: String = include_str!("requests/english.txt")
        .lines()
        .map(|line| format!("### {line}\n{}\n", shown(&plan_with(&line.replace("\\n", "\n"), &[]))))
        .collect();
    insta::assert_snapshot!(drafts);
}

#[test]
fn an_answer_fills_what_was_asked_for() {
    let text = "read orders.csv and post the number of rows to Slack";
    let PlanOutcome::Questions { questions, partial } = plan_with(text, &[]) else { panic!("it asks for the channel") };
    assert_eq!(questions.iter().map(|question| question.about.as_str()).collect::<Vec<_>>(), ["slack.send_message.channel"]);
    assert!(partial.is_some());
    let draft = shown(&plan_with(text, &[(questions[0].clone(), "orders".to_owned())]));
    assert!(draft.contains("slack.send_message channel=#orders"), "{draft}");
}

#[test]
fn answers_can_name_the_source_and_the_condition() {
    let question = |about: &str| sayflow_protocol::api::Question {
        id: about.to_owned(),
        text: String::new(),
        about: about.to_owned(),
        choices: Vec::new(),
    };
    let draft = shown(&plan_with("sum the amounts and save the total to total.json", &[(question("source"), "orders.csv".to_owned())]));
    assert!(draft.contains("read_orders: file.read path=orders.csv") && draft.contains("save_total"), "{draft}");
    let draft = shown(&plan_with(
        "filter orders.csv and save the result to f.csv",
        &[(question("data.filter.where"), "status is open".to_owned())],
    ));
    assert!(draft.contains("item.status === 'open'"), "{draft}");
}

#[test]
fn a_follow_up_changes_the_time_the_name_or_the_last_step() {
    let PlanOutcome::Draft { workflow, .. } = plan_with("every day at 9 read orders.csv and save it to a.json", &[]) else {
        panic!("a draft")
    };
    let context = PlanContext {
        catalogue: catalogue(),
        now: "2026-11-20T10:00:00+01:00[Europe/Berlin]".parse().expect("a moment"),
        timezone: "Europe/Berlin",
        credentials: &[],
        workflows: &[],
        samples: &World,
        ranker: None,
    };
    let follow = |text: &str| match OfflinePlanner.plan(&PlanRequest { text, answers: &[], base: Some(&workflow) }, &context) {
        PlanOutcome::Draft { workflow, .. } => workflow,
        other => panic!("{text}: {}", shown(&other)),
    };
    assert!(short(&follow("change it to every 30 minutes")).starts_with("ON */30 * * * *"));
    assert!(short(&follow("make it weekdays at 8 instead")).starts_with("ON 0 8 * * 1-5"));
    assert_eq!(follow("call it morning report").name, "morning-report");
    assert_eq!(follow("drop the last step").steps.len(), workflow.steps.len() - 1);
}

#[test]
fn no_text_makes_the_planner_panic() {
    for text in [
        "",
        " ",
        "...",
        "and",
        "if",
        "if , then",
        "for each",
        "\"",
        "{",
        "every",
        "at",
        "1.",
        "- ",
        "→",
        "if if if",
        "to to to #x",
        "between and",
        "where is over",
        "top",
        "🙂 #ops",
        "not",
        "'s",
        "every every monday",
        "a.csv a.csv a.csv",
        "or or or",
        "{\"a\": ",
        "“”",
        "sort by by by",
        "older than",
        "more than more than 5",
    ] {
        let _ = shown(&plan_with(text, &[]));
        let _ = shown(&plan_with(&format!("read orders.csv and {text}"), &[]));
        let _ = shown(&plan_with(&format!("{text} orders.csv {text} to #x {text}"), &[]));
    }
}

/// Prints the drafts of the requests in the file that `SAYFLOW_REQUESTS` names, one a line: for looking at them.
#[test]
#[ignore = "a workbench: shows drafts rather than judging them"]
fn show_drafts() {
    let path = std::env::var("SAYFLOW_REQUESTS").expect("SAYFLOW_REQUESTS names a file");
    for line in std::fs::read_to_string(path).expect("readable").lines().filter(|line| !line.trim().is_empty()) {
        println!("### {line}\n{}", shown(&plan_with(&line.replace("\\n", "\n"), &[])));
    }
}

#[test]
#[ignore = "a workbench: shows the clauses of a request"]
fn show_clauses() {
    let text = std::env::var("SAYFLOW_TEXT").expect("SAYFLOW_TEXT holds a request");
    for clause in segments::clauses(&crate::language::tokenize(&text)) {
        let words = |tokens: &[crate::language::Token]| {
            tokens.iter().map(|token| format!("{}|{:?}", token.text, token.is_word())).collect::<Vec<_>>().join(" ")
        };
        println!(
            "{:?} after={} each={:?}: {}",
            clause.when,
            clause.after,
            clause.each.as_ref().map(|each| words(each)),
            words(&clause.tokens)
        );
    }
}
