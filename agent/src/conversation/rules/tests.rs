//! What the rules are sure of, and what they leave alone.

use super::*;
use crate::conversation::command::Listing;
use crate::conversation::known::KnownWorkflow;
use std::fmt::Write as _;

fn known() -> Known {
    let named = |name: &str| KnownWorkflow { name: name.to_owned(), ..KnownWorkflow::default() };
    Known { workflows: vec![named("orders-report"), named("news")], ..Known::default() }
}

fn told(text: &str, offered: Option<&Offered>, draft: Option<&str>, has_run: bool) -> String {
    let known = known();
    let words = Words::of(text, &known);
    let place = Place { known: &known, draft, has_run, offered };
    match command(&words, place) {
        Some(command) => {
            let sayflow_protocol::api::ItemBody::Intent { intent, arguments } = command.to_item() else { unreachable!() };
            if arguments.is_null() { intent } else { format!("{intent} {arguments}") }
        }
        None => format!("{:?}", kind_of(&words, place)),
    }
}

fn table(texts: &[&str], offered: Option<&Offered>, draft: Option<&str>, has_run: bool) -> String {
    texts.iter().fold(String::new(), |mut table, text| {
        let _ = writeln!(table, "{text} -> {}", told(text, offered, draft, has_run));
        table
    })
}

#[test]
fn commands_are_told_by_their_whole_words() {
    insta::assert_snapshot!(table(
        &[
            "Run it!",
            "please run it now",
            "run the orders report",
            "start orders-report with region=north limit=3",
            "run oders-report",
            "run it with day=2026-01-01",
            "Activate it",
            "turn orders-report on",
            "schedule news",
            "go live",
            "stop",
            "stop the run",
            "turn it off",
            "stop orders-report",
            "switch news off please",
            "status",
            "did it work?",
            "how is orders-report doing?",
            "when does news run next?",
            "what is running?",
            "list my workflows",
            "Can you show me all the saved workflows?",
            "what is scheduled?",
            "show the last runs",
            "what is waiting for me?",
            "which workflows are active",
            "why did it fail?",
            "What went wrong with orders-report?",
            "why didn't it work",
            "what does news do?",
            "explain it",
            "describe orders-report",
            "how can I make it better?",
            "any suggestions for orders-report?",
            "undo",
            "go back to the previous version of news",
            "undo that please",
            "try again",
        ],
        None,
        Some("sales"),
        true,
    ));
}

#[test]
fn requests_are_not_taken_for_commands() {
    for text in [
        "run a query on shop.db every hour and save it to out.csv",
        "start the day with a list of my open issues",
        "stop the server when disk.json says full",
        "list the files in inbox and save their names to files.json",
        "show me the weather in Berlin",
        "every monday run orders-report and mail me the result",
        "when orders.csv changes tell me what is new in it",
        "explain the newest stories of https://news.example/feed.xml in one line each",
        "undo the compression of backup.zip",
        "make an orders report from orders.csv",
        "send me the status of https://api.example/health",
        "why is the sky blue",
        "what is the weather",
        "review the pull requests of acme/shop every morning",
    ] {
        let known = known();
        let words = Words::of(text, &known);
        let place = Place { known: &known, draft: Some("sales"), has_run: true, offered: None };
        assert_eq!(command(&words, place), None, "{text}");
    }
}

#[test]
fn what_is_new_and_what_is_a_change_is_said_as_far_as_it_is_clear() {
    let texts = [
        "make it hourly",
        "send it to #sales instead",
        "and not on weekends",
        "make orders-report hourly",
        "change sales to run at nine",
        "create a new workflow that reads orders.csv",
        "every weekday at 9 post the new entries of https://news.example/feed.xml to #news",
        "read orders.csv, keep those over 100, save them to big.json",
        "make a daily report of orders.csv",
        "the orders, please",
        "can it also write to big.json?",
        "why is the sky blue",
    ];
    insta::assert_snapshot!(format!(
        "with a draft:\n{}\nwithout:\n{}",
        table(&texts, None, Some("sales"), false),
        table(&texts, None, None, false)
    ));
}

#[test]
fn yes_is_said_to_an_offer_and_to_nothing_else() {
    let fix = Offered::Fix { run: "r".into() };
    let better = Offered::Improvements { workflow: None };
    let activation = Offered::Activation { workflow: Some("news".into()) };
    let texts = [
        "yes",
        "yes please",
        "apply it",
        "apply 2",
        "the first and the third one",
        "apply all",
        "fix it",
        "yes but at nine",
        "ok",
        "great",
    ];
    insta::assert_snapshot!(format!(
        "nothing offered:\n{}\na fix:\n{}\nsuggestions:\n{}\nactivation:\n{}",
        table(&texts, None, None, false),
        table(&texts, Some(&fix), None, false),
        table(&texts, Some(&better), None, false),
        table(&texts, Some(&activation), None, false),
    ));
}

#[test]
fn stop_without_a_run_is_no_command() {
    assert!(told("stop", None, None, false).starts_with('('));
    assert_eq!(told("stop the run", None, None, false), "stop {}");
}

#[test]
fn each_list_has_its_words() {
    for (text, what) in [
        ("workflows", Listing::Workflows),
        ("recent runs", Listing::Runs),
        ("upcoming runs", Listing::Schedules),
        ("what do I have to approve?", Listing::Approvals),
    ] {
        let known = Known::default();
        let place = Place { known: &known, draft: None, has_run: false, offered: None };
        let expected = Command::List(crate::conversation::command::ListWhat { what });
        assert_eq!(command(&Words::of(text, &known), place), Some(expected), "{text}");
    }
}
