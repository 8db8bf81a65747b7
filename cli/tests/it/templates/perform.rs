//! Uses a template and runs its draft in an application of its own; tells how it ended and all that was written.

use super::case::{Case, Run};
use super::told::Words;
use crate::support::fake_http::{Replies, Reply, Routes};
use crate::support::fake_slack::FakeSlack;
use crate::support::fake_smtp::FakeSmtp;
use crate::support::fake_telegram::FakeTelegram;
use crate::support::recorded::{Recorded, Served};
use crate::support::sandbox::Sandbox;
use crate::support::{database, fake_http, fake_slack, fake_smtp, fake_telegram};
use indexmap::IndexMap;
use sayflow_host::{App, EgressSettings, Home, ModelSettings, Principal, Reach, Settings};
use sayflow_protocol::api::template::{TemplateInfo, UseTemplate};
use sayflow_protocol::api::workflow::ActivateWorkflow;
use sayflow_protocol::api::{ApprovalQuery, DecideApproval, RunSource, SaveWorkflow, SetCredential, StartRun, ValidateRequest};
use sayflow_protocol::{RunId, RunView};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// A file that is old was last changed so long ago.
const LONG_AGO: Duration = Duration::from_secs(100 * 86_400);

/// Why a dry run may end early: it reads what only a real run makes or fetches.
const WORLD: [&str; 4] = ["database_not_found", "file_not_found", "folder_not_found", "flow_fail"];

/// Where the language model is asked.
const MODEL: &str = "/v1/chat/completions";

const OWNER: Principal = Principal::Owner;

/// All templates.
pub async fn list() -> Vec<TemplateInfo> {
    let sandbox = Sandbox::new();
    let app = App::open(&Home::at(&sandbox.home()), &Settings::default()).await.unwrap();
    let list = app.templates(&OWNER, None).await.unwrap();
    app.close().await;
    list.templates
}

struct World {
    sandbox: Sandbox,
    http: Served,
    slack: FakeSlack,
    telegram: FakeTelegram,
    smtp: FakeSmtp,
    app: App,
}

/// How the run ended and all that was written, sorted. The day must not change meanwhile.
pub async fn perform(name: &str, case: &Case, run: &Run) -> Result<Vec<String>, String> {
    loop {
        let http = fake_http::start(|address| routes(&run.with(&Words::now(address)))).await;
        let words = Words::now(&http.address());
        let world = World::new(http).await;
        let told = world.perform(name, &words.filled(case), &run.with(&words)).await;
        world.app.close().await;
        if Words::now("").today() == words.today() {
            return told.map(|told| told.iter().map(|line| words.told(line)).collect());
        }
    }
}

impl World {
    async fn new(http: Served) -> Self {
        let sandbox = Sandbox::new();
        let (slack, telegram, smtp) = (FakeSlack::start(Vec::new()).await, FakeTelegram::start().await, FakeSmtp::start().await);
        let allow = vec![http.address(), slack.address(), telegram.address(), smtp.address()];
        let base_url = Some(format!("http://{}/v1", http.address()));
        let models = ModelSettings { base_url, ..ModelSettings::default() };
        let settings = Settings { timezone: Some("UTC".to_owned()), egress: EgressSettings { allow }, models, ..Settings::default() };
        let app = App::open(&Home::at(&sandbox.home()), &settings).await.unwrap();
        Self { sandbox, http, slack, telegram, smtp, app }
    }

    fn workspace(&self) -> String {
        self.sandbox.workspace().to_string_lossy().into_owned()
    }

    async fn perform(&self, name: &str, case: &Case, run: &Run) -> Result<Vec<String>, String> {
        self.open_accounts().await;
        for workflow in &run.workflows {
            self.activate(workflow).await;
        }
        let mut dumps = BTreeMap::new();
        for (path, sql) in &run.databases {
            self.sandbox.write(path, "");
            database::create(&self.sandbox.workspace().join(path), sql).await;
            dumps.insert(path.clone(), tables(&self.sandbox.workspace().join(path)).await);
        }
        for (path, content) in &run.files {
            self.sandbox.write(path, content);
        }
        for path in &run.old {
            let file = File::options().write(true).open(self.sandbox.workspace().join(path)).unwrap();
            file.set_modified(SystemTime::now() - LONG_AGO).unwrap();
        }
        let before = self.sandbox.files();
        let view = self.run(name, case, run).await?;
        let mut told = self.written(&before, &dumps).await;
        told.extend(self.sent());
        told.extend(view.response.as_ref().map(|response| format!("answer {response}")));
        told.sort();
        let ended = match &view.error {
            Some(error) => format!("{}: {} {}", view.status.as_str(), error.step.as_deref().unwrap_or_default(), error.message),
            None => view.status.as_str().to_owned(),
        };
        told.insert(0, ended);
        Ok(told)
    }

    /// Uses the template and runs the draft to its end, answering for people.
    async fn run(&self, name: &str, case: &Case, run: &Run) -> Result<RunView, String> {
        let values: IndexMap<String, Value> = case.set.clone().into_iter().chain(run.set.clone()).collect();
        let request = UseTemplate { values, payload: run.payload.clone(), workspace: self.workspace(), ..UseTemplate::default() };
        let turn = self.app.use_template(&OWNER, name, request).await.map_err(|why| why.to_string())?;
        let draft = turn.draft.unwrap();
        if !draft.diagnostics.is_empty() {
            return Err(format!("the draft has findings: {:?}", draft.diagnostics));
        }
        let rehearsed = draft.dry_run.and_then(|report| report.run.error);
        if let Some(why) = rehearsed.filter(|why| !WORLD.contains(&why.code.as_str()) && !run.name.contains("fails")) {
            return Err(format!("the dry run fails: {why:?}"));
        }
        let payload = match &run.payload {
            Some(payload) => Some(payload.clone()),
            None => self.app.template(&OWNER, name).await.unwrap().payload,
        };
        let start = StartRun {
            source: RunSource::Draft(draft.id),
            inputs: IndexMap::new(),
            payload,
            dry_run: false,
            network_reads: false,
            stepwise: false,
            approve: Some("*".to_owned()),
            workspace: self.workspace(),
        };
        let started = self.app.start_run(&OWNER, start).await.map_err(|why| why.to_string())?;
        Ok(self.to_the_end(started.run.unwrap().id, run.approve).await)
    }

    async fn to_the_end(&self, id: RunId, approve: bool) -> RunView {
        let mut events = self.app.run_events(&OWNER, id.as_str(), 0).await.unwrap();
        while events.recv().await.is_some() {
            let open = self.app.approvals(&OWNER, ApprovalQuery::default()).await.unwrap();
            for approval in open.approvals {
                let decision = DecideApproval { approve, payload_hash: None, comment: None, via: None };
                // An event may be told of twice before the answer is in.
                let _ = self.app.decide_approval(&OWNER, approval.id.as_str(), decision).await;
            }
        }
        self.app.run(&OWNER, id.as_str()).await.unwrap()
    }

    async fn activate(&self, workflow: &Value) {
        let document = ValidateRequest { text: workflow.to_string(), format: "json".to_owned() };
        let save = SaveWorkflow { draft: None, document: Some(document), workspace: self.workspace() };
        let saved = self.app.save_workflow(&OWNER, save).await.unwrap();
        let request = ActivateWorkflow { version: None, approve: Some("*".to_owned()) };
        self.app.activate_workflow(&OWNER, &saved.name, request, Reach { address: "http://127.0.0.1:1", lasting: true }).await.unwrap();
    }

    async fn open_accounts(&self) {
        let port = self.smtp.port().to_string();
        let (slack, telegram) = (self.slack.base_url(), self.telegram.base_url());
        let http = format!("http://{}", self.http.address());
        let (discord, teams) = (format!("{http}/discord"), format!("{http}/teams"));
        type Fields<'a> = Vec<(&'a str, &'a str)>;
        let accounts: [(&str, &str, Fields<'_>); 8] = [
            ("github", "github", vec![("token", "a-token-of-github"), ("base_url", &http)]),
            ("discord", "discord", vec![("url", &discord)]),
            ("teams", "teams", vec![("url", &teams)]),
            ("slack", "slack", vec![("token", fake_slack::TOKEN), ("base_url", &slack)]),
            ("telegram", "telegram", vec![("token", fake_telegram::TOKEN), ("base_url", &telegram)]),
            (
                "smtp",
                "smtp",
                vec![
                    ("host", "127.0.0.1"),
                    ("port", &port),
                    ("from", fake_smtp::USERNAME),
                    ("username", fake_smtp::USERNAME),
                    ("password", fake_smtp::PASSWORD),
                    ("tls", "none"),
                ],
            ),
            ("website", "webhook", vec![("secret", "a-long-secret-of-the-website")]),
            ("hooks", "webhook", vec![("secret", "a-long-secret-of-the-senders")]),
        ];
        for (name, kind, fields) in accounts {
            let fields = fields.into_iter().map(|(field, value)| (field.to_owned(), value.to_owned())).collect();
            let request = SetCredential { kind: Some(kind.to_owned()), fields, hosts: Vec::new() };
            self.app.set_credential(&OWNER, name, request).await.unwrap();
        }
    }

    /// What changed in the workspace folder: files, and rows of databases.
    async fn written(&self, before: &BTreeMap<String, Vec<u8>>, dumps: &BTreeMap<String, Vec<String>>) -> Vec<String> {
        let after = self.sandbox.files();
        let mut told = Vec::new();
        for (path, content) in after.iter().filter(|(path, content)| before.get(*path) != Some(content)) {
            if path.ends_with(".db") {
                let rows = tables(&self.sandbox.workspace().join(path)).await;
                let known = dumps.get(path).cloned().unwrap_or_default();
                told.extend(rows.iter().filter(|row| !known.contains(row)).map(|row| format!("{path} now {row}")));
            } else if !path.contains(".db-") {
                told.push(format!("file {path}: {}", String::from_utf8_lossy(content)));
            }
        }
        let gone = before.keys().filter(|path| !after.contains_key(*path) && !path.contains(".db"));
        told.extend(gone.map(|path| format!("gone {path}")));
        told
    }

    fn sent(&self) -> Vec<String> {
        let slack = self.slack.messages().into_iter().map(|message| format!("slack {}: {}", message.channel, message.text));
        let telegram = self.telegram.messages().into_iter().map(|message| format!("telegram {}: {}", message.chat, message.text));
        let mails = self.smtp.mails().into_iter().map(|mail| {
            let attached: Vec<String> = mail.attachments.iter().map(|(name, content)| format!(" [{name}: {content}]")).collect();
            format!(
                "mail {}: {} | {}{}",
                mail.recipients.join(", "),
                mail.subject,
                mail.text.trim_end().replace("\r\n", "\n"),
                attached.concat()
            )
        });
        // A GraphQL query is sent like a write and reads.
        let asks = |body: &str| serde_json::from_str::<Value>(body).is_ok_and(|body| body.get("query").is_some());
        let reads = |request: &Recorded| matches!(request.method.as_str(), "GET" | "HEAD") || request.path == MODEL || asks(&request.body);
        let requests = self.http.requests().into_iter().filter(|request| !reads(request));
        let requests = requests.map(|request| format!("{} {} {}", request.method, request.path, request.body));
        slack.chain(telegram).chain(mails).chain(requests).collect()
    }
}

/// The answers of the HTTP service, those of the language model among them.
fn routes(run: &Run) -> Routes {
    let answer = |text: &String| {
        let message = json!({ "role": "assistant", "content": text });
        let usage = json!({ "prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15 });
        let choices = json!([{ "index": 0, "message": message, "finish_reason": "stop" }]);
        let body = json!({ "id": "1", "object": "chat.completion", "created": 1, "model": "fake", "choices": choices, "usage": usage });
        Reply { json: Some(body), ..Reply::default() }
    };
    let mut routes = run.http.clone();
    if !run.model.is_empty() {
        routes.insert(MODEL.to_owned(), Replies::Several(run.model.iter().map(answer).collect()));
    }
    routes
}

/// Each table of a database with all its rows.
async fn tables(path: &Path) -> Vec<String> {
    let mut told = Vec::new();
    for table in database::rows(path, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").await {
        let name = table[0].as_str().unwrap_or_default();
        let rows = database::rows(path, &format!("SELECT * FROM \"{name}\" ORDER BY rowid")).await;
        told.push(format!("{name} {}", Value::from(rows)));
    }
    told
}
