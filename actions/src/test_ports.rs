//! A world for unit tests of actions: what an action asks of a port is noted, and answered as the test said.

use crate::egress::{Egress, EgressPolicy};
use async_trait::async_trait;
use bytes::Bytes;
use jiff::Zoned;
use sayflow_engine::action::{ActionContext, Catalogue, DynAction, Lambdas, Outcome, StepError};
use sayflow_engine::expr::Evaluator;
use sayflow_engine::ports::{
    FileEntry, Files, Http, HttpAuth, HttpRequest, HttpResponse, Mail, Model, NoModel, OutgoingMail, Ports, Redirects, Sql, SqlRows,
    SystemClock, UuidIds, WriteMode,
};
use sayflow_engine::vault::Credential;
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use wiremock::MockServer;

/// What was asked of the HTTP port.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Value,
    pub(crate) auth: String,
}

/// The answers to come and the notes so far.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) answers: Mutex<VecDeque<HttpResponse>>,
    pub(crate) asked: Mutex<Vec<Asked>>,
    pub(crate) mails: Mutex<Vec<OutgoingMail>>,
    pub(crate) files: BTreeMap<String, Bytes>,
    /// The language model, where the test has one.
    pub(crate) model: Option<Arc<dyn Model>>,
    /// The real client, in place of the answers.
    pub(crate) http: Option<Egress>,
}

impl World {
    /// A world whose HTTP port answers once.
    pub(crate) fn answering(status: u16, headers: &[(&str, &str)], body: &str) -> Arc<Self> {
        let headers = headers.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        let answer = HttpResponse { status, headers, body: Bytes::from(body.to_owned()) };
        Arc::new(Self { answers: Mutex::new([answer].into()), ..Self::default() })
    }

    /// The ways out that lead into this world.
    pub(crate) fn ports(self: &Arc<Self>) -> Ports {
        Ports {
            http: self.clone(),
            mail: self.clone(),
            files: self.clone(),
            sql: self.clone(),
            model: self.model.clone().unwrap_or_else(|| Arc::new(NoModel)),
            clock: Arc::new(SystemClock),
            ids: Arc::new(UuidIds),
        }
    }

    /// Runs an action of a catalogue in this world.
    pub(crate) async fn run(
        self: &Arc<Self>,
        catalogue: &Catalogue,
        action: &str,
        params: Value,
        credential: Option<&Credential>,
    ) -> Result<Outcome<Value>, StepError> {
        let action: Arc<dyn DynAction> = Arc::clone(catalogue.get(action).unwrap());
        let ports = self.ports();
        let now: Zoned = "2026-05-01T12:00:00+02:00[Europe/Berlin]".parse().unwrap();
        let (lambdas, evaluator) = (Lambdas::new(), Evaluator::new());
        let cx = ActionContext {
            ports: &ports,
            credential,
            credential_named: true,
            timeout: None,
            now,
            idempotency_key: "key".to_owned(),
            redirects: Redirects::SameHost,
            meter: Arc::default(),
            lambdas: &lambdas,
            evaluator: &evaluator,
        };
        action.run(params, &cx).await
    }
}

fn unexpected<T>(what: &str) -> Result<T, StepError> {
    Err(StepError::new("unexpected", format!("the test expects no {what}")))
}

#[async_trait]
impl Http for World {
    async fn send(&self, request: HttpRequest<'_>) -> Result<HttpResponse, StepError> {
        if let Some(http) = &self.http {
            return http.send(request).await;
        }
        let auth = match request.auth {
            Some(HttpAuth::Bearer(account, field)) => format!("bearer {}.{field}", account.name),
            Some(HttpAuth::InUrl(account, field)) => format!("in url {}.{field}", account.name),
            other => format!("{other:?}"),
        };
        self.asked.lock().unwrap().push(Asked {
            method: request.method,
            url: request.url,
            headers: request.headers,
            body: request.body.map_or(Value::Null, |body| serde_json::from_slice(&body).unwrap()),
            auth,
        });
        self.answers.lock().unwrap().pop_front().map_or_else(|| unexpected("request"), Ok)
    }
}

#[async_trait]
impl Mail for World {
    async fn send(&self, mail: OutgoingMail, _: &Credential) -> Result<String, StepError> {
        self.mails.lock().unwrap().push(mail);
        Ok("<1@test>".to_owned())
    }
}

#[async_trait]
impl Files for World {
    async fn read(&self, path: &str, max_bytes: usize) -> Result<Bytes, StepError> {
        let content = self.files.get(path).ok_or_else(|| StepError::new("file_not_found", format!("there is no file \"{path}\"")))?;
        if content.len() > max_bytes { Err(StepError::new("output_too_large", "too large")) } else { Ok(content.clone()) }
    }

    async fn write(&self, _: &str, _: Bytes, _: WriteMode) -> Result<(), StepError> {
        unexpected("writing of files")
    }

    async fn list(&self, _: &str) -> Result<Vec<FileEntry>, StepError> {
        unexpected("listing of files")
    }

    async fn rename(&self, _: &str, _: &str) -> Result<(), StepError> {
        unexpected("renaming of files")
    }

    async fn remove(&self, _: &str) -> Result<(), StepError> {
        unexpected("removal of files")
    }
}

#[async_trait]
impl Sql for World {
    async fn query(&self, _: &str, _: &str, _: &[Value]) -> Result<SqlRows, StepError> {
        unexpected("query")
    }

    async fn execute(&self, _: &str, _: &str, _: &[Value]) -> Result<u64, StepError> {
        unexpected("statement")
    }
}

/// Runs an action of the catalogue against a server on loopback, through the real egress client.
pub(crate) async fn run_at(server: &MockServer, action: &str, params: Value, account: &Credential) -> Result<Value, StepError> {
    let policy = EgressPolicy::from_allow_list(&server.address().to_string()).unwrap();
    let world = World { http: Some(Egress::new(policy)), ..World::default() };
    match Arc::new(world).run(&crate::catalogue(), action, params, Some(account)).await? {
        Outcome::Done(output) => Ok(output),
        other => panic!("{other:?}"),
    }
}
