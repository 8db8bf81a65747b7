//! A small world for workflows to run in: answers by address, files in memory, real SQLite files in a temporary
//! folder. Everything that would go out is held back by the dry run and written down.

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use sayflow_engine::action::StepError;
use sayflow_engine::expr::Evaluator;
use sayflow_engine::ports::{
    Clock, FileEntry, Files, Http, HttpRequest, HttpResponse, Mail, NoModel, OutgoingMail, Ports, Sql, UuidIds, WriteMode,
};
use sayflow_engine::run::{DryRun, Engine, EngineParts, NetworkReads, PortsSource, StartRequest};
use sayflow_engine::vault::Credential;
use sayflow_engine::vault::NoCredentials;
use sayflow_protocol::Workflow;
use sayflow_store::Store;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// What there is to read, and what was written.
#[derive(Clone, Default)]
pub struct World {
    pages: Arc<BTreeMap<String, (u16, String)>>,
    files: Arc<Mutex<BTreeMap<String, String>>>,
    tables: Vec<(String, String)>,
}

impl World {
    /// An address (its query left out) with the answer to a request.
    pub fn page(mut self, url: &str, status: u16, body: &str) -> Self {
        Arc::make_mut(&mut self.pages).insert(url.to_owned(), (status, body.to_owned()));
        self
    }

    /// A file in the workspace folder.
    pub fn file(self, path: &str, content: &str) -> Self {
        self.files.lock().unwrap().insert(path.to_owned(), content.to_owned());
        self
    }

    /// A statement that prepares a database.
    #[allow(dead_code, reason = "tests of databases use it")]
    pub fn table(mut self, database: &str, sql: &str) -> Self {
        self.tables.push((database.to_owned(), sql.to_owned()));
        self
    }

    /// Dry-runs a workflow and tells what it would send and what it wrote, one line each, sorted.
    pub async fn effects_of(&self, workflow: &Workflow, trigger: Option<Value>) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let database = sayflow_actions::sql::WorkspaceSql::new(folder.path());
        for (name, sql) in &self.tables {
            database.execute(name, sql, &[]).await.unwrap();
        }
        let before = self.files.lock().unwrap().clone();
        let store = Store::open(folder.path()).await.unwrap();
        let engine = Engine::new(EngineParts {
            store,
            catalogue: Arc::new(sayflow_actions::catalogue()),
            evaluator: Evaluator::new(),
            ports: Arc::new(self.clone()),
            credentials: Arc::new(NoCredentials),
            clock: Arc::new(StoppedClock),
            ids: Arc::new(UuidIds),
            timezone: "Europe/Berlin".into(),
        });
        let workspace = folder.path().to_owned();
        let compiled = engine.compile(workflow).unwrap();
        let request = StartRequest { trigger, ..StartRequest::by_hand(compiled, workspace) };
        let rules = DryRun { network: NetworkReads::Named, ..DryRun::default() };
        let report = engine.dry_run(request, rules).await.unwrap();
        let mut lines: Vec<String> =
            report.suppressed.iter().map(|write| format!("{} {} {}", write.step, write.uses, write.payload)).collect();
        lines.extend(report.not_tried.iter().map(|read| format!("not tried: {} {}", read.step, read.destination)));
        for (path, content) in self.files.lock().unwrap().iter().filter(|(path, content)| before.get(*path) != Some(content)) {
            lines.push(format!("file {path} {content:?}"));
        }
        lines.sort();
        lines.insert(0, format!("{:?} {}", report.run.status, report.run.error.map(|error| error.message).unwrap_or_default()));
        lines.extend(report.run.response.map(|response| format!("response {response}")));
        lines
    }
}

impl PortsSource for World {
    fn production(&self, workspace: &Path) -> Result<Ports, StepError> {
        self.dry_run(workspace)
    }

    fn dry_run(&self, workspace: &Path) -> Result<Ports, StepError> {
        Ok(self.resumed(workspace))
    }

    fn resumed(&self, workspace: &Path) -> Ports {
        Ports {
            http: Arc::new(self.clone()),
            mail: Arc::new(self.clone()),
            files: Arc::new(self.clone()),
            sql: Arc::new(sayflow_actions::sql::WorkspaceSql::new(workspace)),
            model: Arc::new(NoModel),
            clock: Arc::new(StoppedClock),
            ids: Arc::new(UuidIds),
        }
    }
}

/// It is always noon in Berlin on 20 November 2026, and no wait takes time.
struct StoppedClock;

#[async_trait]
impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_795_172_400).unwrap()
    }

    async fn sleep_until(&self, _: Timestamp) {}
}

#[async_trait]
impl Http for World {
    async fn send(&self, request: HttpRequest<'_>) -> Result<HttpResponse, StepError> {
        let place = request.url.split('?').next().unwrap_or_default();
        let (status, body) = self.pages.get(place).ok_or_else(|| StepError::new("unreachable", format!("nothing answers at {place}")))?;
        let kind = if body.starts_with(['{', '[']) { "application/json" } else { "text/html" };
        let headers = vec![("content-type".to_owned(), kind.to_owned())];
        Ok(HttpResponse { status: *status, headers, body: Bytes::from(body.clone()) })
    }
}

#[async_trait]
impl Mail for World {
    async fn send(&self, _: OutgoingMail, _: &Credential) -> Result<String, StepError> {
        Err(StepError::new("sent", "a dry run sends no mail"))
    }
}

#[async_trait]
impl Files for World {
    async fn read(&self, path: &str, _: usize) -> Result<Bytes, StepError> {
        let files = self.files.lock().unwrap();
        files.get(path).map(|text| Bytes::from(text.clone())).ok_or_else(|| StepError::new("file_not_found", format!("no {path}")))
    }

    async fn write(&self, path: &str, content: Bytes, mode: WriteMode) -> Result<(), StepError> {
        let text = String::from_utf8(content.to_vec()).unwrap();
        let mut files = self.files.lock().unwrap();
        let file = files.entry(path.to_owned()).or_default();
        match mode {
            WriteMode::Overwrite => *file = text,
            WriteMode::Append => file.push_str(&text),
        }
        Ok(())
    }

    async fn list(&self, _: &str) -> Result<Vec<FileEntry>, StepError> {
        Ok(Vec::new())
    }

    async fn rename(&self, _: &str, _: &str) -> Result<(), StepError> {
        Err(StepError::new("closed", "no template renames files"))
    }

    async fn remove(&self, _: &str) -> Result<(), StepError> {
        Err(StepError::new("closed", "no template removes files"))
    }
}
