//! What a message means in its place: a request, answers to open questions, a command, or talk that needs no planning.

use super::command::Command;
use super::rules::{self, Kind, Place, Sureness, Words};
use super::small_talk::SmallTalk;
use indexmap::IndexMap;
use sayflow_protocol::api::Question;

/// More words than this are a request of their own, even while a question is open.
const LONGEST_ANSWER: usize = 12;
/// From this number of words on, a text that begins with one of [`REQUEST_WORDS`] is a request of its own.
const SHORTEST_REQUEST: usize = 5;
/// Words that begin a request.
const REQUEST_WORDS: &[&str] = &[
    "alert",
    "build",
    "check",
    "copy",
    "count",
    "create",
    "download",
    "email",
    "fetch",
    "filter",
    "get",
    "list",
    "make",
    "notify",
    "post",
    "read",
    "save",
    "send",
    "sort",
    "sum",
    "summarize",
    "take",
    "watch",
    "write",
];

/// What a message means.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Intent {
    /// Something to plan.
    Request {
        /// In the person's words.
        text: String,
        /// Of what.
        kind: Kind,
    },
    /// The request before once more.
    Again,
    /// Answers to open questions.
    Answers {
        /// Each with its question.
        given: Vec<(Question, String)>,
        /// What was said besides, or could not be matched with a question.
        more: String,
    },
    /// Answers to questions that are not open, and nothing else.
    UnknownAnswers {
        /// Their ids.
        ids: Vec<String>,
    },
    /// The open questions are not to be answered.
    Drop,
    /// Something that is done through the application.
    Command(Command),
    /// Talk.
    SmallTalk(SmallTalk),
    /// An empty message.
    Nothing,
}

/// What the rules make of a message.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reading {
    /// What it means.
    pub(super) intent: Intent,
    /// Whether that is sure.
    pub(super) sureness: Sureness,
    /// What is stored, so that a restart takes it for the same; none where the text alone tells.
    pub(super) command: Option<Command>,
}

impl Reading {
    /// Reads. `request` is what the open questions are about.
    pub(super) fn of(request: &str, open: &[Question], place: Place<'_>, text: &str, answers: &IndexMap<String, String>) -> Self {
        let text = text.trim();
        let sure = |intent| Self { intent, sureness: Sureness::Sure, command: None };
        if !answers.is_empty() {
            return sure(with_answers(request, open, text, answers));
        }
        if text.is_empty() {
            return sure(Intent::Nothing);
        }
        if let Some(choice) = only_choice(open, text) {
            return sure(Intent::Answers { given: vec![choice], more: String::new() });
        }
        let words = Words::of(text, place.known);
        let talk = SmallTalk::of(text);
        match talk {
            Some(SmallTalk::Dropping) if !open.is_empty() => return sure(Intent::Drop),
            Some(SmallTalk::Dropping | SmallTalk::Declining) | None => {}
            Some(talk) => return sure(Intent::SmallTalk(talk)),
        }
        // "No" may be the answer to a question.
        let talk = talk.filter(|_| open.is_empty());
        if let Some(command) = rules::command(&words, place).filter(|command| is_meant(command, open)) {
            return Self { intent: Intent::Command(command.clone()), sureness: Sureness::Sure, command: Some(command) };
        }
        if let Some(talk) = talk {
            return sure(Intent::SmallTalk(talk));
        }
        if open.is_empty() && rules::agrees(&words) {
            return sure(Intent::SmallTalk(SmallTalk::Agreeing));
        }
        let (kind, sureness) = rules::kind_of(&words, place);
        if open.is_empty() || looks_like_request(text) {
            return Self { command: stored(&kind), intent: Intent::Request { text: text.to_owned(), kind }, sureness };
        }
        // A question in place of an answer wants to know something first.
        let sureness = if words.is_question() { Sureness::Unsure } else { Sureness::Sure };
        Self { intent: free_answers(open, text), sureness, command: None }
    }
}

/// "Again" and the like may answer a question that is open.
fn is_meant(command: &Command, open: &[Question]) -> bool {
    open.is_empty() || !matches!(command, Command::Again)
}

fn stored(kind: &Kind) -> Option<Command> {
    match kind {
        Kind::New => Some(Command::Create),
        Kind::Saved(name) => Some(Command::Change(super::command::Which { workflow: Some(name.clone()) })),
        Kind::Follow => None,
    }
}

fn with_answers(request: &str, open: &[Question], text: &str, answers: &IndexMap<String, String>) -> Intent {
    let known = |id: &str| open.iter().find(|question| question.id == id);
    let given: Vec<_> = answers.iter().filter_map(|(id, value)| Some((known(id)?.clone(), value.trim().to_owned()))).collect();
    let unknown: Vec<String> = answers.keys().filter(|id| known(id).is_none()).cloned().collect();
    let is_answer = |line: &str| answers.values().any(|value| value.trim() == line.trim());
    // A surface may send the request again with the answers, or the answers' own words as the message.
    let said_before = same_words(text, request) || text.lines().all(is_answer);
    if given.is_empty() {
        return match text.is_empty() {
            true => Intent::UnknownAnswers { ids: unknown },
            false => Intent::Request { text: text.to_owned(), kind: Kind::Follow },
        };
    }
    if !unknown.is_empty() && text.is_empty() {
        return Intent::UnknownAnswers { ids: unknown };
    }
    Intent::Answers { given, more: if said_before { String::new() } else { text.to_owned() } }
}

fn same_words(left: &str, right: &str) -> bool {
    left.split_whitespace().map(str::to_lowercase).eq(right.split_whitespace().map(str::to_lowercase))
}

/// The one question that has the text among its choices.
fn only_choice(open: &[Question], text: &str) -> Option<(Question, String)> {
    let mut found = open.iter().filter_map(|question| {
        let choice = question.choices.iter().find(|choice| choice.eq_ignore_ascii_case(text))?;
        Some((question.clone(), choice.clone()))
    });
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

fn looks_like_request(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    let first = words.first().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()).unwrap_or_default();
    words.len() > LONGEST_ANSWER && text.lines().count() == 1 || words.len() >= SHORTEST_REQUEST && REQUEST_WORDS.contains(&first.as_str())
}

/// One question takes the whole text; several take a line or a part between commas each. What cannot be matched goes
/// to the planner as part of the request, which finds the values in it by their kind.
fn free_answers(open: &[Question], text: &str) -> Intent {
    let parts: Vec<String> = match open.len() {
        1 => vec![text.to_owned()],
        _ if text.lines().count() > 1 => text.lines().map(without_number).filter(|line| !line.is_empty()).collect(),
        _ => text.split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect(),
    };
    if parts.len() == open.len() {
        return Intent::Answers { given: open.iter().cloned().zip(parts).collect(), more: String::new() };
    }
    Intent::Answers { given: Vec::new(), more: text.to_owned() }
}

/// A line without the `1.` or `2)` that it may begin with.
fn without_number(line: &str) -> String {
    let rest = line.trim().trim_start_matches(|c: char| c.is_ascii_digit());
    match rest.strip_prefix(['.', ')', ':']) {
        Some(value) if rest.len() < line.trim().len() => value.trim().to_owned(),
        _ => line.trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(id: &str, choices: &[&str]) -> Question {
        Question { id: id.into(), text: format!("{id}?"), about: id.into(), choices: choices.iter().map(|&c| c.to_owned()).collect() }
    }

    fn of(open: &[Question], text: &str, answers: &[(&str, &str)]) -> String {
        let answers = answers.iter().map(|(id, value)| ((*id).to_owned(), (*value).to_owned())).collect();
        let known = super::super::known::Known::default();
        let place = Place { known: &known, draft: None, has_run: false, offered: None };
        match Reading::of("post the orders", open, place, text, &answers).intent {
            Intent::Request { text, .. } => format!("request: {text}"),
            Intent::Answers { given, more } => {
                let given: Vec<String> = given.iter().map(|(question, value)| format!("{}={value}", question.id)).collect();
                format!("answers: {} more: {more}", given.join(" "))
            }
            other => format!("{other:?}"),
        }
    }

    type Case<'a> = (&'a [Question], &'a str, &'a [(&'a str, &'a str)]);

    #[test]
    fn meaning_follows_from_what_is_open() {
        let one = [question("channel", &[])];
        let two = [question("channel", &[]), question("format", &["csv", "json"])];
        let table: Vec<Case<'_>> = vec![
            (&[], "post the news to #x", &[]),
            (&[], "", &[]),
            (&[], "hello", &[]),
            (&[], "never mind", &[]),
            (&[], "post it", &[("q", "1")]),
            (&[], "", &[("q", "1")]),
            (&one, "#ops", &[]),
            (&one, "to #ops please", &[]),
            (&one, "send me the weather at seven", &[]),
            (&one, "what can you do?", &[]),
            (&one, "never mind", &[]),
            (&one, "Post the  orders", &[("channel", "#ops")]),
            (&one, "#ops", &[("channel", "#ops")]),
            (&one, "and hourly", &[("channel", "#ops")]),
            (&one, "", &[("channel", "#ops"), ("other", "x")]),
            (&two, "JSON", &[]),
            (&two, "#ops, csv", &[]),
            (&two, "1. #ops\n2) csv", &[]),
            (&two, "in #ops", &[]),
        ];
        let said: Vec<String> = table
            .iter()
            .map(|(open, text, answers)| format!("{} open, {text:?} {answers:?} -> {}", open.len(), of(open, text, answers)))
            .collect();
        insta::assert_snapshot!(said.join("\n"));
    }
}
