//! The judge itself: what it lets pass and what it must not.

use super::case::Case;
use super::judge::complaints;
use super::stage::{Effects, Message};
use crate::support::binary::Ended;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn case(expect: &str) -> Case {
    serde_saphyr::from_str(&format!("name: it\nrequest: do it\nexpect: {expect}\n")).expect("a case")
}

/// A run that went well and did nothing.
fn quiet() -> Effects {
    let answer = json!({"draft": {"workflow": {"steps": []}, "diagnostics": []}, "questions": [], "run": {"status": "succeeded"}});
    Effects {
        ended: Ended { code: 0, stdout: answer.to_string(), stderr: String::new() },
        answer,
        written: BTreeMap::new(),
        gone: Vec::new(),
        changed_databases: Vec::new(),
        queried: BTreeMap::new(),
        messages: Vec::new(),
        mails: Vec::new(),
        requests: Vec::new(),
    }
}

fn wrote(path: &str, content: &str) -> Effects {
    Effects { written: BTreeMap::from([(path.to_owned(), content.as_bytes().to_vec())]), ..quiet() }
}

fn said(texts: &[&str]) -> Effects {
    let message = |text: &&str| Message { service: super::case::Account::Slack, to: "ops".to_owned(), text: (*text).to_owned() };
    Effects { messages: texts.iter().map(message).collect(), ..quiet() }
}

fn drafted(triggers: Value, next_fires: &[String]) -> Effects {
    let mut effects = quiet();
    effects.answer["draft"]["workflow"]["triggers"] = triggers;
    effects.answer["draft"]["next_fires"] = json!(next_fires);
    effects
}

#[test]
fn a_request_that_came_out_as_wanted_passes() {
    let wanted = case("{ files: { a.csv: { rows: [{ id: 1, amount: 12.5 }] } } }");
    assert_eq!(complaints(&wanted, &wrote("a.csv", "ID,amount\n1,12.50\n")), Vec::<String>::new());
    let wanted = case("{ messages: [{ to: '#ops', contains: [3] }] }");
    assert_eq!(complaints(&wanted, &said(&["There are 3 open tickets."])), Vec::<String>::new());
    assert_eq!(complaints(&case("{ files: { n.json: { number: 2.5 } } }"), &wrote("n.json", r#"{"average": 2.5}"#)), Vec::<String>::new());
}

#[test]
fn wrong_content_is_a_complaint() {
    let wanted = case("{ files: { a.csv: { rows: [{ id: 1 }] } } }");
    for content in ["id\n2\n", "id\n1\n1\n", "id,extra\n1,x\n", ""] {
        assert_eq!(complaints(&wanted, &wrote("a.csv", content)).len(), 1, "{content:?}");
    }
    let wanted = case("{ files: { a.json: { values: [[A, 1], [B, 2]], ordered: true } } }");
    assert_eq!(complaints(&wanted, &wrote("a.json", r#"[{"k": "B", "n": 2}, {"k": "A", "n": 1}]"#)).len(), 1);
    assert_eq!(complaints(&wanted, &wrote("a.json", r#"{"A": 1, "B": 2}"#)).len(), 0);
    let wanted = case("{ files: { n.txt: { number: 3 } } }");
    assert_eq!(complaints(&wanted, &wrote("n.txt", "13")).len(), 1);
}

#[test]
fn what_nobody_asked_for_is_a_complaint() {
    let nothing = case("{ }");
    assert_eq!(complaints(&nothing, &quiet()), Vec::<String>::new());
    assert_eq!(complaints(&nothing, &wrote("surprise.txt", "x")).len(), 1);
    assert_eq!(complaints(&nothing, &said(&["hello"])).len(), 1);
    assert_eq!(complaints(&nothing, &Effects { gone: vec!["a.txt".to_owned()], ..quiet() }).len(), 1);
    assert_eq!(complaints(&nothing, &Effects { changed_databases: vec!["a.db".to_owned()], ..quiet() }).len(), 1);
    assert_eq!(complaints(&nothing, &drafted(json!([{"type": "schedule", "cron": "0 9 * * *"}]), &[])).len(), 1);
    let once = case("{ messages: [{ to: '#ops', contains: [3] }] }");
    assert_eq!(complaints(&once, &said(&["3", "3"])).len(), 1);
}

#[test]
fn a_question_a_failure_or_silence_is_a_complaint_where_a_result_was_wanted() {
    let nothing = case("{ }");
    let mut asks = quiet();
    asks.answer["questions"] = json!([{"id": "q1", "text": "Which channel?", "about": "slack.send_message.channel"}]);
    assert_eq!(complaints(&nothing, &asks).len(), 1);
    let mut failed = quiet();
    failed.ended.code = 1;
    failed.answer["run"]["status"] = json!("failed");
    assert_eq!(complaints(&nothing, &failed).len(), 2);
    let wants_question = case("{ questions: [channel] }");
    asks.ended.code = 2;
    assert_eq!(complaints(&wants_question, &asks), Vec::<String>::new());
    assert!(!complaints(&wants_question, &quiet()).is_empty());
}

#[test]
fn schedules_are_judged_by_their_times() {
    let schedule = json!([{"type": "schedule", "cron": "0 9 * * 1"}]);
    let zone = jiff::tz::TimeZone::get("Europe/Berlin").expect("a zone");
    let now = jiff::Timestamp::now();
    let mondays =
        now.to_zoned(zone.clone()).date().series(jiff::Span::new().days(1)).filter(|day| day.weekday() == jiff::civil::Weekday::Monday);
    let at_nine = mondays.map(|day| day.at(9, 0, 0, 0).to_zoned(zone.clone()).expect("a time").timestamp());
    let fires: Vec<String> = at_nine.filter(|time| *time > now).take(6).map(|time| time.to_string()).collect();
    let wanted = case("{ fires: { zone: Europe/Berlin, at: ['09:00'], weekdays: [mon] } }");
    assert_eq!(complaints(&wanted, &drafted(schedule.clone(), &fires[..5])), Vec::<String>::new());
    assert_eq!(complaints(&wanted, &drafted(schedule.clone(), &fires[1..])).len(), 1, "the first Monday is left out");
    assert_eq!(complaints(&wanted, &drafted(schedule.clone(), &[])).len(), 1);
    let hourly = case("{ fires: { every: 1h } }");
    let times = |step: i64| -> Vec<String> {
        (0..5).map(|n| jiff::Timestamp::from_second(1_800_000_000 + n * step).expect("a time").to_string()).collect()
    };
    assert_eq!(complaints(&hourly, &drafted(schedule.clone(), &times(3600))).len(), 0);
    assert_eq!(complaints(&hourly, &drafted(schedule.clone(), &times(1800))).len(), 1);
    let thrice = case("{ fires: { times_a_day: 3 } }");
    assert_eq!(complaints(&thrice, &drafted(schedule.clone(), &times(8 * 3600))).len(), 0);
    assert_eq!(complaints(&thrice, &drafted(schedule, &times(6 * 3600))).len(), 1);
}
