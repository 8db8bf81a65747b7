//! A workspace folder, production ports and a context, so that a test runs an action by its id as the engine does.

mod server;

pub use server::{Seen, closed_port, raw, serve};

use sayflow_actions::egress::{Egress, EgressPolicy};
use sayflow_actions::files::WorkspaceFiles;
use sayflow_actions::mail::SmtpMailer;
use sayflow_actions::sql::WorkspaceSql;
use sayflow_engine::action::{ActionContext, Catalogue, LambdaRef, Lambdas, Outcome, StepError};
use sayflow_engine::expr::{Evaluator, Scope, Template};
use sayflow_engine::ports::{Files, NoModel, Ports, Redirects, SystemClock, UuidIds};
use sayflow_engine::vault::{Credential, Secret};
use serde_json::{Map, Value};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

/// A workspace folder and all that an action needs.
pub struct World {
    folder: TempDir,
    catalogue: Catalogue,
    evaluator: Evaluator,
    pub ports: Ports,
}

/// Whether the step names the account.
#[derive(Clone, Copy)]
pub enum Account<'a> {
    None,
    Named(&'a Credential),
    OnlyOne(&'a Credential),
}

impl World {
    /// An empty folder; servers on 127.0.0.1 and localhost may be spoken to.
    pub fn new() -> Self {
        Self::allowing("localhost:*")
    }

    /// An empty folder and an egress policy.
    pub fn allowing(list: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let policy = EgressPolicy::from_allow_list(list).unwrap();
        let ports = Ports {
            http: Arc::new(Egress::new(policy.clone())),
            mail: Arc::new(SmtpMailer::new(Arc::new(policy))),
            files: Arc::new(WorkspaceFiles::new(folder.path().to_owned())),
            sql: Arc::new(WorkspaceSql::new(folder.path())),
            model: Arc::new(NoModel),
            clock: Arc::new(SystemClock),
            ids: Arc::new(UuidIds),
        };
        Self { folder, catalogue: sayflow_actions::catalogue(), evaluator: Evaluator::new(), ports }
    }

    /// The same with other files.
    pub fn with_files(mut self, files: Arc<dyn Files>) -> Self {
        self.ports.files = files;
        self
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn put(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    pub fn text(&self, path: &str) -> String {
        std::fs::read_to_string(self.path().join(path)).unwrap()
    }

    /// Runs an action with parameters as a document has them; those per item are compiled.
    pub async fn run(&self, action: &str, with: Value) -> Result<Value, StepError> {
        self.run_as(Account::None, action, with).await
    }

    /// The same with an account.
    pub async fn run_as(&self, account: Account<'_>, action: &str, with: Value) -> Result<Value, StepError> {
        let action = self.catalogue.get(action).unwrap_or_else(|| panic!("no action {action}"));
        let scope = Arc::new(Scope::default());
        let mut lambdas = Lambdas::new();
        let mut params = Map::new();
        for (name, value) in with.as_object().unwrap() {
            if action.spec().is_lambda(name) {
                let template = Template::compile(value).unwrap();
                lambdas.insert(name.clone(), self.evaluator.lambda(template, scope.clone()));
                params.insert(name.clone(), LambdaRef::placeholder(name));
            } else {
                params.insert(name.clone(), value.clone());
            }
        }
        let (credential, credential_named) = match account {
            Account::None => (None, false),
            Account::Named(credential) => (Some(credential), true),
            Account::OnlyOne(credential) => (Some(credential), false),
        };
        let now = "2026-11-20T09:30:00+01:00[Europe/Berlin]".parse().unwrap();
        let cx = ActionContext {
            ports: &self.ports,
            credential,
            credential_named,
            timeout: None,
            now,
            idempotency_key: "run/step/1".to_owned(),
            redirects: Redirects::SameHost,
            meter: Arc::default(),
            lambdas: &lambdas,
            evaluator: &self.evaluator,
        };
        match action.run(Value::Object(params), &cx).await? {
            Outcome::Done(output) => Ok(output),
            other => panic!("unexpected outcome {other:?}"),
        }
    }

    /// Runs an action that must fail.
    pub async fn fails(&self, action: &str, with: Value) -> StepError {
        self.run(action, with).await.expect_err("it should fail")
    }
}

/// An account bound to hosts.
pub fn account(kind: &str, hosts: &[&str], fields: &[(&str, &str)], secrets: &[(&str, &str)]) -> Credential {
    Credential {
        name: "mine".to_owned(),
        kind: kind.to_owned(),
        hosts: hosts.iter().map(|&host| host.to_owned()).collect(),
        fields: fields.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect(),
        secrets: secrets.iter().map(|&(name, value)| (name.to_owned(), Secret::new(value.to_owned()))).collect(),
    }
}
