//! Sets the stage for a case, lets the real binary perform it, and collects what was done to the world.

use super::case::{Account, Case, Mode};
use crate::support::binary::{Binary, Ended};
use crate::support::fake_slack::FakeSlack;
use crate::support::fake_smtp::{FakeSmtp, Mail};
use crate::support::fake_telegram::FakeTelegram;
use crate::support::recorded::{Recorded, Served};
use crate::support::sandbox::Sandbox;
use crate::support::{database, fake_http, fake_slack, fake_smtp, fake_telegram};
use serde_json::Value;
use std::collections::BTreeMap;

/// All that came of a request.
pub struct Effects {
    /// How the last command ended.
    pub ended: Ended,
    /// What it printed; null when that was no JSON.
    pub answer: Value,
    /// Files that are new or changed.
    pub written: BTreeMap<String, Vec<u8>>,
    /// Files of the fixture that are gone.
    pub gone: Vec<String>,
    /// Database files whose content is not what it was.
    pub changed_databases: Vec<String>,
    /// Results of the queries that the case expects, in its order.
    pub queried: BTreeMap<String, Vec<Vec<Value>>>,
    /// Chat messages that were sent.
    pub messages: Vec<Message>,
    /// Mails that were taken.
    pub mails: Vec<Mail>,
    /// Requests to the HTTP service.
    pub requests: Vec<Recorded>,
}

/// A chat message of any service.
#[derive(Debug, Clone)]
pub struct Message {
    /// Which service.
    pub service: Account,
    /// Where to.
    pub to: String,
    /// What.
    pub text: String,
}

/// The services of one case and its folders.
struct Stage {
    sandbox: Sandbox,
    http: Served,
    slack: FakeSlack,
    telegram: FakeTelegram,
    smtp: FakeSmtp,
}

/// Performs a case whose texts still hold `{http}`; hands back the case with real addresses too.
pub async fn perform(case: &Case) -> (Case, Effects) {
    let http = fake_http::start(|address| case.at(&format!("http://{address}")).http).await;
    let case = case.at(&format!("http://{}", http.address()));
    let stage = Stage {
        sandbox: Sandbox::new(),
        http,
        slack: FakeSlack::start(case.slack.clone()).await,
        telegram: FakeTelegram::start().await,
        smtp: FakeSmtp::start().await,
    };
    let effects = stage.perform(&case).await;
    (case, effects)
}

impl Stage {
    async fn perform(&self, case: &Case) -> Effects {
        for (path, content) in &case.files {
            self.sandbox.write(path, content);
        }
        let mut dumps = BTreeMap::new();
        for (path, sql) in &case.databases {
            self.sandbox.write(path, "");
            database::create(&self.sandbox.workspace().join(path), sql).await;
            dumps.insert(path, database::dump(&self.sandbox.workspace().join(path)).await);
        }
        let before = self.sandbox.files();
        let binary = self.binary(case);
        self.open_accounts(&binary, case).await;

        let (ended, answer) = ask(&binary, case).await;

        let after = self.sandbox.files();
        let is_ours =
            |path: &str| !case.databases.keys().any(|database| path.strip_prefix(database.as_str()).is_some_and(is_database_file));
        let written = after.iter().filter(|(path, content)| before.get(*path) != Some(content) && is_ours(path));
        Effects {
            written: written.map(|(path, content)| (path.clone(), content.clone())).collect(),
            gone: before.keys().filter(|path| !after.contains_key(*path) && is_ours(path)).cloned().collect(),
            changed_databases: self.changed(&dumps).await,
            queried: self.query(case).await,
            messages: self.messages(),
            mails: self.smtp.mails(),
            requests: self.http.requests(),
            ended,
            answer,
        }
    }

    fn binary(&self, case: &Case) -> Binary<'_> {
        let reachable = [self.http.address(), self.slack.address(), self.telegram.address(), self.smtp.address()].join(",");
        Binary::new(&self.sandbox).env("SAYFLOW_EGRESS_ALLOW", reachable).env("TZ", case.zone.as_deref().unwrap_or("UTC"))
    }

    async fn open_accounts(&self, binary: &Binary<'_>, case: &Case) {
        for account in case.accounts() {
            match account {
                Account::Slack => {
                    binary.set_credential("slack", &[("token", fake_slack::TOKEN), ("base_url", &self.slack.base_url())]).await;
                }
                Account::Telegram => {
                    binary.set_credential("telegram", &[("token", fake_telegram::TOKEN), ("base_url", &self.telegram.base_url())]).await;
                }
                Account::Discord | Account::Teams => {
                    let name = if account == Account::Discord { "discord" } else { "teams" };
                    let url = format!("http://{}/{name}/hook-token", self.http.address());
                    binary.set_credential(name, &[("url", &url)]).await;
                }
                Account::Github => {
                    let base_url = format!("http://{}/github", self.http.address());
                    binary.set_credential("github", &[("token", "ghp_fake-token"), ("base_url", &base_url)]).await;
                }
                Account::S3 => {
                    let endpoint = format!("http://{}/store", self.http.address());
                    let fields = [("endpoint", endpoint.as_str()), ("access_key", "AKIAFAKE"), ("secret_key", "fake-secret-key")];
                    binary.set_credential("s3", &fields).await;
                }
                Account::Smtp => {
                    let port = self.smtp.port().to_string();
                    let (user, password) = (fake_smtp::USERNAME, fake_smtp::PASSWORD);
                    let fields = [
                        ("host", "127.0.0.1"),
                        ("port", &port),
                        ("from", user),
                        ("username", user),
                        ("password", password),
                        ("tls", "none"),
                    ];
                    binary.set_credential("smtp", &fields).await;
                }
            }
        }
    }

    async fn changed(&self, dumps: &BTreeMap<&String, String>) -> Vec<String> {
        let mut changed = Vec::new();
        for (path, before) in dumps {
            let file = self.sandbox.workspace().join(path);
            if !file.exists() || database::dump(&file).await != *before {
                changed.push((*path).clone());
            }
        }
        changed
    }

    async fn query(&self, case: &Case) -> BTreeMap<String, Vec<Vec<Value>>> {
        let mut results = BTreeMap::new();
        for (path, queries) in &case.expect.databases {
            let mut tables = Vec::new();
            for expected in queries {
                tables.push(
                    database::rows(&self.sandbox.workspace().join(path), &expected.query).await.into_iter().map(Value::Array).collect(),
                );
            }
            results.insert(path.clone(), tables);
        }
        results
    }

    fn messages(&self) -> Vec<Message> {
        let slack = self.slack.messages().into_iter();
        let telegram = self.telegram.messages().into_iter();
        slack
            .map(|message| Message { service: Account::Slack, to: message.channel, text: message.text })
            .chain(telegram.map(|message| Message { service: Account::Telegram, to: message.chat, text: message.text }))
            .collect()
    }
}

/// Says the request, and answers what is asked back when the case has answers.
async fn ask(binary: &Binary<'_>, case: &Case) -> (Ended, Value) {
    let how: &[&str] = match case.mode {
        Mode::Run => &["--run", "--yes"],
        Mode::RunUnapproved => &["--run"],
        Mode::Draft => &[],
    };
    let first = binary.run(&[&["ask", &case.request, "--output", "json"], how].concat()).await;
    let answer: Value = serde_json::from_str(&first.stdout).unwrap_or_default();
    if case.answers.is_empty() {
        return (first, answer);
    }
    let questions = answer["questions"].as_array().cloned().unwrap_or_default();
    let answers = questions.iter().filter_map(|question| {
        let about = format!("{} {}", question["about"], question["text"]).to_lowercase();
        let (_, value) = case.answers.iter().find(|(about_part, _)| about.contains(about_part.as_str()))?;
        Some(format!("{}={value}", question["id"].as_str()?))
    });
    let answers: Vec<String> = answers.collect();
    let thread = answer["thread"].as_str().unwrap_or("last").to_owned();
    let mut args = vec!["ask", "", "--thread", &thread, "--output", "json"];
    for answer in &answers {
        args.extend(["--answer", answer]);
    }
    let second = binary.run(&[&args[..], how].concat()).await;
    let answer = serde_json::from_str(&second.stdout).unwrap_or_default();
    (second, answer)
}

/// What may follow a database's path: nothing, or SQLite's side files.
fn is_database_file(suffix: &str) -> bool {
    matches!(suffix, "" | "-wal" | "-shm" | "-journal")
}
