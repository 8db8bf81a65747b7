//! The fields of a case: what is there, what the person says, and what must come of it.
//!
//! `{http}` in any text of a case stands for the address of its HTTP service (`http://127.0.0.1:PORT`).

use crate::support::fake_http::Routes;
use crate::support::fake_slack::Trouble;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::Path;

/// One request.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Unique in its file.
    pub name: String,
    /// What the person says.
    pub request: String,
    /// Files in the workspace folder, by path.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// SQLite files in the workspace folder: path → the SQL that makes them.
    #[serde(default)]
    pub databases: BTreeMap<String, String>,
    /// Answers of the HTTP service, by path.
    #[serde(default)]
    pub http: Routes,
    /// What befalls the first messages to Slack.
    #[serde(default)]
    pub slack: Vec<Trouble>,
    /// Accounts that are set up (`slack`, `telegram`, `smtp`, `discord`, `teams`, `github`, `s3`) beside those that the expectations need.
    #[serde(default)]
    pub accounts: Vec<Account>,
    /// IANA zone of the person's machine; UTC when left out.
    #[serde(default)]
    pub zone: Option<String>,
    /// How far it goes.
    #[serde(default)]
    pub mode: Mode,
    /// Answers to questions: a part of what the question is about → what is answered. Then it is run again.
    #[serde(default)]
    pub answers: BTreeMap<String, String>,
    /// What must come of it.
    pub expect: Expect,
}

/// How far a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// `--run --yes`.
    #[default]
    Run,
    /// `--run` without a yes.
    RunUnapproved,
    /// Only the draft.
    Draft,
}

/// An account of an outside service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Account {
    /// Slack.
    Slack,
    /// Telegram.
    Telegram,
    /// Mail.
    Smtp,
    /// A Discord webhook: the HTTP service's path `/discord/hook-token`.
    Discord,
    /// A Teams webhook: the HTTP service's path `/teams/hook-token`.
    Teams,
    /// GitHub, whose API is the HTTP service's path `/github`.
    Github,
    /// An object store: buckets are below the HTTP service's path `/store`.
    S3,
}

/// What must come of a request. Whatever was written and is not named here fails the case.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    /// The exit code; 0 when left out, 2 with `questions`, 1 with `cannot`.
    pub exit: Option<i32>,
    /// Files that are written.
    pub files: BTreeMap<String, FileExpect>,
    /// Files of the fixture that are gone afterwards.
    pub gone: Vec<String>,
    /// Chat messages.
    pub messages: Vec<MessageExpect>,
    /// Mails.
    pub mails: Vec<MailExpect>,
    /// HTTP requests other than GET and HEAD.
    pub requests: Vec<RequestExpect>,
    /// What queries of a database give afterwards, by its path.
    pub databases: BTreeMap<String, Vec<QueryExpect>>,
    /// Words of which each must occur in a question or in what it is about.
    pub questions: Vec<Needle>,
    /// The agent says that it cannot do this.
    pub cannot: bool,
    /// When it fires by itself. Without this and `triggers` it must not fire by itself.
    pub fires: Option<Fires>,
    /// Fields that the draft's triggers must have, one object each.
    pub triggers: Vec<Map<String, Value>>,
    /// Actions that the draft must use.
    pub uses: Vec<String>,
    /// Texts that the draft must contain.
    pub draft_contains: Vec<Needle>,
    /// Texts that the run's error must contain.
    pub error_contains: Vec<Needle>,
}

/// Something looked for: a text, a number, or any one of several.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Needle {
    /// One of these.
    AnyOf(Vec<Value>),
    /// This.
    One(Value),
}

/// What a file must hold. All that is given must be true.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FileExpect {
    /// The rows of a table or list of objects, with exactly these fields.
    pub rows: Option<Vec<Value>>,
    /// The same without regard to the names of the fields.
    pub values: Option<Vec<Value>>,
    /// Whether `rows`, `values` and `lines` are in order.
    pub ordered: bool,
    /// The document.
    pub json: Option<Value>,
    /// The only number in it.
    pub number: Option<f64>,
    /// The text, without the space around it.
    pub text: Option<String>,
    /// Its lines that are not empty.
    pub lines: Option<Vec<String>>,
    /// What occurs in it.
    pub contains: Vec<Needle>,
    /// What does not.
    pub not_contains: Vec<Needle>,
}

/// A chat message.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageExpect {
    /// `#channel`, a chat's number or `@name`.
    pub to: String,
    /// Slack when left out.
    #[serde(default = "slack")]
    pub service: Account,
    /// What occurs in it.
    #[serde(default)]
    pub contains: Vec<Needle>,
    /// What does not.
    #[serde(default)]
    pub not_contains: Vec<Needle>,
    /// How many messages like that; 1 when left out.
    #[serde(default)]
    pub count: Option<usize>,
    /// One or several messages that are read as one text.
    #[serde(default)]
    pub joined: bool,
}

fn slack() -> Account {
    Account::Slack
}

/// A mail.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailExpect {
    /// All recipients.
    pub to: Vec<String>,
    /// What occurs in the subject.
    #[serde(default)]
    pub subject: Vec<Needle>,
    /// What occurs in subject, text or an attachment.
    #[serde(default)]
    pub contains: Vec<Needle>,
    /// What occurs in none of them.
    #[serde(default)]
    pub not_contains: Vec<Needle>,
    /// How many mails like that; 1 when left out.
    #[serde(default)]
    pub count: Option<usize>,
}

/// An HTTP request that writes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestExpect {
    /// POST when left out.
    #[serde(default)]
    pub method: Option<String>,
    /// The path.
    pub path: String,
    /// The body as JSON.
    #[serde(default)]
    pub json: Option<Value>,
    /// The body's rows, without regard to the names of the fields and to an envelope around the list.
    #[serde(default)]
    pub values: Option<Vec<Value>>,
    /// What occurs in the body.
    #[serde(default)]
    pub contains: Vec<Needle>,
    /// How many requests like that; 1 when left out.
    #[serde(default)]
    pub count: Option<usize>,
}

/// A query and its rows.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueryExpect {
    /// SQL.
    pub query: String,
    /// Lists of values, in the query's order.
    pub rows: Vec<Value>,
}

/// When a schedule fires.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fires {
    /// IANA zone in which the other fields are read; the machine's when left out.
    pub zone: Option<String>,
    /// Times of the day, `HH:MM`.
    pub at: Vec<String>,
    /// `mon` to `sun`; every day when empty.
    pub weekdays: Vec<String>,
    /// Days of the month, -1 for the last; every day when empty.
    pub month_days: Vec<i8>,
    /// Months by number; every month when empty.
    pub months: Vec<i8>,
    /// The distance between times, such as `15m`, instead of `at`.
    pub every: Option<String>,
    /// How often in each day, at times of the planner's choice, instead of `at`.
    pub times_a_day: Option<usize>,
    /// Only once, at the first of these times.
    pub once: bool,
    /// Only tomorrow.
    pub tomorrow: bool,
}

impl Case {
    /// The case with addresses in place of `{http}`.
    pub fn at(&self, http: &str) -> Self {
        let text = serde_json::to_string(self).expect("a case is plain data");
        serde_json::from_str(&text.replace("{http}", http)).expect("an address changes no structure")
    }

    /// The exit code that is expected.
    pub fn exit(&self) -> i32 {
        let usual = match (&self.expect.questions.is_empty(), self.expect.cannot) {
            (false, _) => 2,
            (true, true) => 1,
            (true, false) => 0,
        };
        self.expect.exit.unwrap_or(usual)
    }

    /// The accounts that have to be set up.
    pub fn accounts(&self) -> Vec<Account> {
        let mut accounts = self.accounts.clone();
        accounts.extend(self.expect.messages.iter().map(|message| message.service));
        accounts.extend((!self.expect.mails.is_empty()).then_some(Account::Smtp));
        accounts.sort_by_key(|account| *account as u8);
        accounts.dedup();
        accounts
    }
}

/// The cases of a file; the test fails when the file is no list of cases or two have one name.
pub fn read(path: &Path) -> Vec<Case> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    // Behind a space, `#` begins a comment: a request would silently lose its channel and all that follows.
    let is_cut = |request: &str| !request.starts_with(['"', '\'', '>', '|']) && request.contains(" #");
    let cut = text.lines().find(|line| line.strip_prefix("  request: ").is_some_and(is_cut));
    assert!(cut.is_none(), "{}: put quotes around this: {cut:?}", path.display());
    let cases: Vec<Case> = serde_saphyr::from_str(&text).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    for (at, case) in cases.iter().enumerate() {
        assert!(cases[..at].iter().all(|other| other.name != case.name), "{}: two cases are named {}", path.display(), case.name);
    }
    cases
}
