//! Compares what was done with what the person wanted. Strict about effects, lenient about wording; whatever was
//! written and not expected is a complaint.

use super::case::{Case, MailExpect, MessageExpect, Mode, Needle, RequestExpect};
use super::stage::{Effects, Message};
use super::{judge_draft, judge_file};
use crate::support::fake_smtp::Mail;
use crate::support::loose;
use crate::support::recorded::Recorded;
use serde_json::Value;

/// All that is wrong; empty when the case passes.
pub fn complaints(case: &Case, effects: &Effects) -> Vec<String> {
    let mut wrong = Vec::new();
    ending(case, effects, &mut wrong);
    judge_draft::judge(case, effects, &mut wrong);
    files(case, effects, &mut wrong);
    databases(case, effects, &mut wrong);
    messages(&case.expect.messages, &effects.messages, &mut wrong);
    mails(&case.expect.mails, &effects.mails, &mut wrong);
    requests(&case.expect.requests, &effects.requests, &mut wrong);
    wrong
}

/// Whether a text holds what is looked for, or one of several.
pub fn found(text: &str, needle: &Needle) -> bool {
    match needle {
        Needle::One(wanted) => loose::holds(text, wanted),
        Needle::AnyOf(several) => several.iter().any(|wanted| loose::holds(text, wanted)),
    }
}

fn all_found(text: &str, wanted: &[Needle], unwanted: &[Needle]) -> bool {
    wanted.iter().all(|needle| found(text, needle)) && !unwanted.iter().any(|needle| found(text, needle))
}

fn ending(case: &Case, effects: &Effects, wrong: &mut Vec<String>) {
    if effects.ended.code != case.exit() {
        wrong.push(format!("exit code {} instead of {}", effects.ended.code, case.exit()));
    }
    let answer = &effects.answer;
    if !answer.is_object() {
        wrong.push(format!("stdout is not one JSON object: {:?}", effects.ended.stdout));
        return;
    }
    let succeeded = answer["run"]["status"] == "succeeded";
    if case.mode == Mode::Run && case.exit() == 0 && !succeeded {
        wrong.push(format!("the run did not succeed: {}", answer["run"]["error"]));
    }
    let error = format!("{} {}", answer["run"]["error"], effects.ended.stderr);
    for needle in case.expect.error_contains.iter().filter(|needle| !found(&error, needle)) {
        wrong.push(format!("the error does not say {needle:?}: {error}"));
    }
    questions(case, answer, wrong);
}

fn questions(case: &Case, answer: &Value, wrong: &mut Vec<String>) {
    let questions = answer["questions"].as_array().cloned().unwrap_or_default();
    let texts: Vec<String> = questions.iter().map(|question| format!("{} {}", question["about"], question["text"])).collect();
    if case.expect.questions.is_empty() && !questions.is_empty() {
        wrong.push(format!("it asks although nothing is missing: {texts:?}"));
    }
    for needle in &case.expect.questions {
        if !texts.iter().any(|text| found(text, needle)) {
            wrong.push(format!("no question about {needle:?}, but {texts:?}"));
        }
    }
    if questions.len() > 3 {
        wrong.push(format!("{} questions at once", questions.len()));
    }
    if case.expect.cannot && answer["reply"].as_str().is_none_or(|reply| reply.trim().is_empty()) {
        wrong.push("it cannot, and does not say so".to_owned());
    }
    if case.expect.cannot && answer["draft"].is_object() {
        wrong.push("it drafted something for what it cannot do".to_owned());
    }
}

fn files(case: &Case, effects: &Effects, wrong: &mut Vec<String>) {
    for (path, expected) in &case.expect.files {
        match effects.written.get(path) {
            Some(content) => judge_file::judge(path, content, expected, wrong),
            None => wrong.push(format!("{path} was not written; written: {:?}", effects.written.keys())),
        }
    }
    for (path, content) in effects.written.iter().filter(|(path, _)| !case.expect.files.contains_key(*path)) {
        let content = String::from_utf8_lossy(content);
        wrong.push(format!("{path} was written, which nobody asked for: {}", content.chars().take(200).collect::<String>()));
    }
    let gone = |wanted: &[String], found: &[String]| wanted.iter().filter(|path| !found.contains(path)).cloned().collect::<Vec<_>>();
    for path in gone(&case.expect.gone, &effects.gone) {
        wrong.push(format!("{path} is still there"));
    }
    for path in gone(&effects.gone, &case.expect.gone) {
        wrong.push(format!("{path} is gone, which nobody asked for"));
    }
}

fn databases(case: &Case, effects: &Effects, wrong: &mut Vec<String>) {
    for path in effects.changed_databases.iter().filter(|path| !case.expect.databases.contains_key(*path)) {
        wrong.push(format!("{path} was changed, which nobody asked for"));
    }
    for (path, queries) in &case.expect.databases {
        for (expected, rows) in queries.iter().zip(&effects.queried[path]) {
            if !loose::same_list(&expected.rows, rows, true) {
                let shown = |rows: &[Value]| Value::Array(rows.to_vec()).to_string();
                wrong.push(format!("{path}: {} gives {} instead of {}", expected.query, shown(rows), shown(&expected.rows)));
            }
        }
    }
}

fn messages(expected: &[MessageExpect], sent: &[Message], wrong: &mut Vec<String>) {
    let mut rest: Vec<&Message> = sent.iter().collect();
    for wanted in expected {
        let goes_there = |message: &Message| message.service == wanted.service && same_place(&message.to, &wanted.to);
        if wanted.joined {
            let (there, others): (Vec<&Message>, Vec<&Message>) = rest.into_iter().partition(|message| goes_there(message));
            rest = others;
            let text: Vec<&str> = there.iter().map(|message| message.text.as_str()).collect();
            if there.is_empty() || !all_found(&text.join("\n"), &wanted.contains, &wanted.not_contains) {
                wrong.push(format!(
                    "messages to {} do not say {:?} (and not {:?}): {text:?}",
                    wanted.to, wanted.contains, wanted.not_contains
                ));
            }
            continue;
        }
        let fits = |message: &Message| goes_there(message) && all_found(&message.text, &wanted.contains, &wanted.not_contains);
        let count = wanted.count.unwrap_or(1);
        for _ in 0..count {
            match rest.iter().position(|message| fits(message)) {
                Some(at) => drop(rest.remove(at)),
                None => wrong.push(format!(
                    "no (or too few) messages to {} that say {:?} and not {:?}",
                    wanted.to, wanted.contains, wanted.not_contains
                )),
            }
        }
    }
    for message in rest {
        wrong.push(format!(
            "a message that nobody asked for, or not like that: {:?} to {}: {:?}",
            message.service, message.to, message.text
        ));
    }
}

/// A channel with and without `#` is one place.
fn same_place(left: &str, right: &str) -> bool {
    left.trim_start_matches('#') == right.trim_start_matches('#')
}

fn mails(expected: &[MailExpect], sent: &[Mail], wrong: &mut Vec<String>) {
    let mut rest: Vec<&Mail> = sent.iter().collect();
    for wanted in expected {
        let fits = |mail: &Mail| {
            let attached: Vec<String> = mail.attachments.iter().map(|(name, content)| format!("{name}\n{content}")).collect();
            let whole = format!("{}\n{}\n{}", mail.subject, mail.text, attached.join("\n"));
            let mut recipients = mail.recipients.clone();
            let mut wanted_recipients = wanted.to.clone();
            recipients.sort();
            wanted_recipients.sort();
            recipients == wanted_recipients
                && all_found(&mail.subject, &wanted.subject, &[])
                && all_found(&whole, &wanted.contains, &wanted.not_contains)
        };
        for _ in 0..wanted.count.unwrap_or(1) {
            match rest.iter().position(|mail| fits(mail)) {
                Some(at) => drop(rest.remove(at)),
                None => wrong.push(format!("no (or too few) mails like {wanted:?}")),
            }
        }
    }
    for mail in rest {
        wrong.push(format!("a mail that nobody asked for, or not like that: {mail:?}"));
    }
}

fn requests(expected: &[RequestExpect], sent: &[Recorded], wrong: &mut Vec<String>) {
    let mut rest: Vec<&Recorded> = sent.iter().filter(|request| !matches!(request.method.as_str(), "GET" | "HEAD")).collect();
    for wanted in expected {
        for _ in 0..wanted.count.unwrap_or(1) {
            match rest.iter().position(|request| fits(request, wanted)) {
                Some(at) => drop(rest.remove(at)),
                None => wrong.push(format!("no (or too few) requests like {wanted:?}")),
            }
        }
    }
    for request in rest {
        wrong.push(format!("a request that nobody asked for, or not like that: {} {} {:?}", request.method, request.path, request.body));
    }
}

fn fits(request: &Recorded, wanted: &RequestExpect) -> bool {
    let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
    let rows = || loose::value_rows(unwrapped(&body));
    request.method == wanted.method.as_deref().unwrap_or("POST")
        && request.path == wanted.path
        && wanted.json.as_ref().is_none_or(|json| loose::same(json, &body))
        && wanted.values.as_ref().is_none_or(|values| loose::same_list(values, &rows(), false))
        && all_found(&request.body, &wanted.contains, &[])
}

/// The list in an object that holds nothing else.
fn unwrapped(body: &Value) -> &Value {
    match body {
        Value::Object(fields) if fields.len() == 1 => fields.values().find(|value| value.is_array()).unwrap_or(body),
        _ => body,
    }
}
