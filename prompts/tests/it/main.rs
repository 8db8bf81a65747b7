//! Every text with every combination of its places that reads differently, as a person sees it.

use insta::assert_snapshot;
use sayflow_prompts as prompts;
use sayflow_prompts::{
    CannotArgs, CheckFailedArgs, DraftReadyArgs, Finding, HelpArgs, HelpExample, Missing, QuestionsArgs, SummaryArgs, UnfitAnswerArgs,
};

fn list(items: &[&str]) -> Vec<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

#[test]
fn a_summary_names_start_reads_writes_and_accounts() {
    assert_snapshot!(prompts::summary(&SummaryArgs {
        name: "rust-news".into(),
        description: Some("Post Rust stories to Slack every weekday morning.".into()),
        starts: list(&["at 09:00, Monday through Friday (Europe/Berlin)"]),
        next: list(&["Mon 23 Nov 09:00", "Tue 24 Nov 09:00"]),
        inputs: list(&["keyword"]),
        reads: list(&["news.example"]),
        models: list(&["the language model of the settings"]),
        writes: list(&["the Slack channel #news", "the Slack channel #ops"]),
        accounts: list(&["slack"]),
        assumed: list(&["\"morning\" is 09:00."]),
    }));
}

#[test]
fn a_summary_of_next_to_nothing_stays_short() {
    assert_snapshot!(prompts::summary(&SummaryArgs { name: "look".into(), reads: list(&["a.csv"]), ..SummaryArgs::default() }));
}

#[test]
fn a_draft_says_what_the_dry_run_held_back_and_left_out() {
    let summary = "look\n\n- Writes nothing.".to_owned();
    let quiet = DraftReadyArgs { summary: summary.clone(), dry_run: true, ..DraftReadyArgs::default() };
    let full = DraftReadyArgs {
        held_back: list(&["slack.send_message (3 times)"]),
        not_tried: list(&["shop.example"]),
        warnings: list(&["an empty list is not handled"]),
        ..quiet.clone()
    };
    let stopped = DraftReadyArgs { stopped: Some("Step read: there is no file a.csv.".into()), ..quiet.clone() };
    let untested = DraftReadyArgs { dry_run: false, ..quiet.clone() };
    let all: Vec<String> = [quiet, full, stopped, untested].iter().map(prompts::draft_ready).collect();
    assert_snapshot!(all.join("\n\n=====\n\n"));
}

#[test]
fn one_question_is_asked_plainly_and_several_are_numbered() {
    let channel = Missing { text: "Which channel should the message go to?".into(), choices: Vec::new() };
    let format = Missing { text: "Which format should the file have?".into(), choices: list(&["csv", "json"]) };
    let one = prompts::questions(&QuestionsArgs { questions: vec![format.clone()] });
    let two = prompts::questions(&QuestionsArgs { questions: vec![channel, format] });
    assert_snapshot!([one, two].join("\n\n=====\n\n"));
}

#[test]
fn cannot_gives_the_reason_and_what_would_work() {
    let bare = CannotArgs { reason: "There is no action for phone calls.".into(), suggestions: Vec::new() };
    let helpful = CannotArgs { suggestions: list(&["send a Telegram message to 123"]), ..bare.clone() };
    assert_snapshot!([prompts::cannot(&bare), prompts::cannot(&helpful)].join("\n\n=====\n\n"));
}

#[test]
fn a_refused_draft_lists_the_findings() {
    let findings = vec![Finding {
        code: "E0203".into(),
        pointer: "/steps/1/with/items".into(),
        message: "unknown step \"storys\"".into(),
        help: Some("did you mean \"stories\"?".into()),
    }];
    let said = [0, 1, 3].map(|rounds| prompts::check_failed(&CheckFailedArgs { name: "x".into(), findings: findings.clone(), rounds }));
    assert_snapshot!(said.join("\n\n=====\n\n"));
}

#[test]
fn help_shows_requests_that_work() {
    let examples = vec![
        HelpExample { area: "finance".into(), request: "sum expenses.csv by category".into() },
        HelpExample { area: String::new(), request: "check https://x.example every 5 minutes".into() },
    ];
    assert_snapshot!(prompts::help(&HelpArgs { examples }));
}

#[test]
fn short_replies() {
    let said = [
        prompts::greeting(),
        prompts::thanks(),
        prompts::dropped(),
        prompts::nothing_drafted(),
        prompts::nothing_said(),
        prompts::unknown_answer(&list(&["q9"]), &list(&["q1", "q2"])),
        prompts::unknown_answer(&list(&["q9"]), &[]),
        prompts::spent("40000 tokens"),
        prompts::failed("planning", "The model at models.example did not answer."),
    ];
    assert_snapshot!(said.join("\n"));
}

#[test]
fn a_model_is_told_what_was_wrong_with_its_answer() {
    let unfit = |json, cut_off| {
        let findings = vec!["/city: \"city\" is a required property.".to_owned()];
        prompts::unfit_answer(&UnfitAnswerArgs { findings, cut_off, json })
    };
    assert_snapshot!([unfit(true, false), unfit(false, true)].join("\n\n=====\n\n"));
}

#[test]
fn a_model_is_asked_small_questions_to_see_what_it_can_do() {
    assert_snapshot!([prompts::probe_answer(), prompts::probe_stream(), prompts::probe_schema()].join("\n\n=====\n\n"));
}
