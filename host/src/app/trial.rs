//! Trying a workflow: real computing, simulated writes, nothing kept.

use super::{App, runs, shorten};
use sayflow_engine::run::{DryRun, EngineError, StartRequest};
use sayflow_protocol::Workflow;
use sayflow_protocol::api::DryRunReport;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// How a workflow is tried.
pub(super) struct Trial {
    /// The folder that it works on.
    pub(super) folder: PathBuf,
    /// What its trigger would bring.
    pub(super) payload: Option<Value>,
    /// Whether network reads are tried too.
    pub(super) network_reads: bool,
    /// Steps whose reads of other machines nobody has named or approved.
    pub(super) withheld: BTreeSet<String>,
}

impl App {
    /// Tries a workflow; the report is short enough to be kept.
    ///
    /// # Errors
    /// When it cannot be compiled, or an input or the folder does not do.
    pub(super) async fn try_out(&self, workflow: &Workflow, trial: Trial) -> Result<DryRunReport, EngineError> {
        let compiled = self.parts.engine.compile(workflow)?;
        let trigger = trial.payload.map(|payload| runs::brought(payload, self.parts.clock.now()));
        let request = StartRequest { trigger, ..StartRequest::by_hand(compiled, trial.folder) };
        let rules = DryRun { network: runs::network(trial.network_reads), withheld: trial.withheld, ..DryRun::default() };
        Ok(shorten::report(self.parts.engine.dry_run(request, rules).await?))
    }
}
