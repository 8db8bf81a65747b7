//! The ways out of the engine under measurement: those of a real installation, for one workspace folder.

use async_trait::async_trait;
use sayflow_actions::egress::{Egress, EgressPolicy};
use sayflow_actions::files::WorkspaceFiles;
use sayflow_actions::mail::SmtpMailer;
use sayflow_actions::sql::WorkspaceSql;
use sayflow_engine::action::{Action, ActionContext, Outcome, SpecBuilder, StepError};
use sayflow_engine::ports::{Clock, NoModel, Ports, UuidIds};
use sayflow_engine::run::PortsSource;
use sayflow_protocol::Effect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

/// Makes the real ports; what leaves the machine is shared by all runs, as in the server.
pub(crate) struct Outside {
    http: Arc<Egress>,
    mail: Arc<SmtpMailer>,
    clock: Arc<dyn Clock>,
}

impl Outside {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let policy = EgressPolicy::default();
        Self { http: Arc::new(Egress::new(policy.clone())), mail: Arc::new(SmtpMailer::new(Arc::new(policy))), clock }
    }
}

impl PortsSource for Outside {
    fn production(&self, workspace: &Path) -> Result<Ports, StepError> {
        Ok(self.resumed(workspace))
    }

    fn resumed(&self, workspace: &Path) -> Ports {
        Ports {
            http: self.http.clone(),
            mail: self.mail.clone(),
            files: Arc::new(WorkspaceFiles::new(workspace.to_owned())),
            sql: Arc::new(WorkspaceSql::new(workspace)),
            model: Arc::new(NoModel),
            clock: self.clock.clone(),
            ids: Arc::new(UuidIds),
        }
    }

    fn dry_run(&self, workspace: &Path) -> Result<Ports, StepError> {
        Ok(self.resumed(workspace))
    }
}

/// A write that takes no time: what is left is what the engine needs for it.
pub(crate) struct Note;

/// What it takes, and hands back.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Text {
    /// Anything.
    text: Value,
}

#[async_trait]
impl Action for Note {
    type Params = Text;
    type Output = Text;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("bench.note", "Note", "Takes note of a text and does nothing with it.", Effect::Write)
            .idempotent(true)
            .example(json!({ "text": "noted" }))
    }

    async fn run(&self, params: Text, _: &ActionContext<'_>) -> Result<Outcome<Text>, StepError> {
        Ok(params.into())
    }
}
