//! A planner with the real catalogue, a scripted model, and some facts.

use jiff::Zoned;
use sayflow_agent::conversation::PlanInput;
use sayflow_agent::model::{Allowance, CallContext, Silent};
use sayflow_agent::model_planner::{DatabaseFact, Facts, FileFact, ModelPlanner, PlanAnswer};
use sayflow_agent::planner::PlanOutcome;
use sayflow_agent::retrieval::{EntryKind, Hit, Library, Retrieved};
use sayflow_agent::testing::{ModelServer, Reply, Seen};
use sayflow_engine::action::Catalogue;
use sayflow_engine::check::{CheckEnv, check_value};
use sayflow_protocol::{Diagnostic, Workflow};
use serde_json::Value;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// The headings of the prompts.
pub const OUTLINE: &str = "# Outline of a workflow";
pub const FILL: &str = "# Parameters of one step";
pub const CHANGE: &str = "# Change of a workflow";
pub const REPAIR: &str = "# Repair of a workflow";
pub const JUDGE: &str = "# Does the workflow do what was asked?";

/// Everything that a plan takes.
pub struct Desk {
    pub server: ModelServer,
    pub planner: ModelPlanner,
    pub catalogue: Arc<Catalogue>,
    pub library: Library,
    pub facts: Facts,
}

impl Desk {
    pub async fn new() -> Self {
        Self::with(sayflow_actions::catalogue()).await
    }

    pub async fn with(catalogue: Catalogue) -> Self {
        let server = ModelServer::start().await;
        let catalogue = Arc::new(catalogue);
        Self {
            planner: ModelPlanner::new(server.client()),
            server,
            library: Library::new(Arc::clone(&catalogue)),
            catalogue,
            facts: facts(),
        }
    }

    /// A desk whose model writes one outline.
    pub async fn writing(outline: &str) -> Self {
        let desk = Self::new().await;
        desk.server.on(OUTLINE).reply(Reply::text(outline));
        desk
    }

    pub async fn input(&self, text: &str) -> PlanInput {
        PlanInput {
            text: text.to_owned(),
            answers: Vec::new(),
            base: None,
            retrieved: self.library.retrieve(text).await,
            findings: Vec::new(),
            digest: Default::default(),
            planner: Default::default(),
        }
    }

    /// A request for which always the same was found, whatever actions and templates there are: for what is reviewed.
    pub fn fixed_input(&self, text: &str) -> PlanInput {
        let hits = |kind: EntryKind, ids: &[&str]| ids.iter().map(|id| Hit { id: (*id).to_owned(), kind, score: 0.5 }).collect();
        PlanInput {
            text: text.to_owned(),
            answers: Vec::new(),
            base: None,
            retrieved: Retrieved {
                actions: hits(
                    EntryKind::Action,
                    &[
                        "file.read",
                        "data.aggregate",
                        "slack.send_message",
                        "email.send",
                        "sql.query",
                        "feed.read",
                        "file.write",
                        "flow.wait",
                    ],
                ),
                demonstrations: hits(EntryKind::Template, &["large-orders-to-slack", "endpoint-health-check"]),
            },
            findings: Vec::new(),
            digest: Default::default(),
            planner: Default::default(),
        }
    }

    pub async fn plan(&self, input: &PlanInput) -> PlanAnswer {
        let (allowance, cancel) = (Allowance::unlimited(), CancellationToken::new());
        let cx = CallContext { allowance: &allowance, cancel: &cancel, progress: &Silent };
        self.planner.plan(input, &self.catalogue, &self.facts, &cx).await
    }

    /// The document of a request; it must pass the checks.
    pub async fn document(&self, text: &str) -> Value {
        self.document_of(&self.input(text).await).await
    }

    pub async fn document_of(&self, input: &PlanInput) -> Value {
        let workflow = match self.plan(input).await.outcome {
            Ok(PlanOutcome::Draft { workflow, .. }) => workflow,
            other => panic!("no draft: {other:?}"),
        };
        let errors: Vec<Diagnostic> = self.findings(&workflow).into_iter().filter(Diagnostic::is_error).collect();
        assert!(errors.is_empty(), "{errors:#?}\n{}", serde_json::to_string_pretty(&workflow).unwrap());
        self.server.assert_done();
        serde_json::to_value(workflow).unwrap()
    }

    pub fn findings(&self, workflow: &Workflow) -> Vec<Diagnostic> {
        let env = CheckEnv {
            catalogue: &self.catalogue,
            credentials: &self.facts.credentials,
            now: self.facts.now.timestamp(),
            timezone: &self.facts.timezone,
        };
        check_value(&serde_json::to_value(workflow).unwrap(), &env).diagnostics
    }

    /// The requests with a heading.
    pub fn asked(&self, heading: &str) -> Vec<Seen> {
        self.server.requests().into_iter().filter(|seen| seen.is_headed(heading)).collect()
    }
}

/// Noon in Berlin on 20 November 2026, two accounts, a file and a database.
pub fn facts() -> Facts {
    let now: Zoned = "2026-11-20T12:00:00+01:00[Europe/Berlin]".parse().unwrap();
    Facts {
        now,
        timezone: "Europe/Berlin".to_owned(),
        credentials: vec![("slack".to_owned(), "slack".to_owned()), ("office".to_owned(), "smtp".to_owned())],
        workflows: vec!["nightly-export".to_owned()],
        files: vec![FileFact {
            path: "orders.csv".to_owned(),
            shape: "list of objects with the fields id: number, customer: text, region: text, amount: number, paid: true or false"
                .to_owned(),
            sample: r#"{"id":1,"customer":"Ann Lee","region":"North","amount":120.5,"paid":true}"#.to_owned(),
        }],
        other_files: vec!["notes.txt".to_owned()],
        databases: vec![DatabaseFact { path: "shop.db".to_owned(), tables: vec!["orders(id, customer, status, total)".to_owned()] }],
        saved: Vec::new(),
    }
}
