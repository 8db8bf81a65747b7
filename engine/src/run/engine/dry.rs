//! Dry runs: real computing and permitted reads, simulated writes, nothing kept.

use super::start::manual_trigger;
use super::{Engine, EngineError, StartRequest, broken};
use crate::limits::Meter;
use crate::run::driver::Stopped;
use crate::run::dry::DryRun;
use crate::run::journal::Journal;
use crate::run::prepare;
use crate::run::state::RunState;
use sayflow_protocol::api::DryRunReport;
use sayflow_protocol::{Event, RunId};
use std::sync::Arc;
use tokio::sync::mpsc;

impl Engine {
    /// Runs a document without changing anything and without keeping it.
    ///
    /// # Errors
    /// When an input or the folder does not do.
    pub async fn dry_run(&self, request: StartRequest, rules: DryRun) -> Result<DryRunReport, EngineError> {
        let plan = request.workflow.plan.clone();
        let inputs = prepare::inputs(&plan.workflow, &request.inputs).map_err(EngineError::Inputs)?;
        let ports = self.parts().ports.dry_run(&request.workspace).map_err(EngineError::Workspace)?;
        let id = RunId(self.parts().ids.new_id());
        let now = self.parts().clock.now();
        let meter = Arc::new(Meter::new(&plan.workflow.limits.unwrap_or_default(), 0));
        let name = plan.workflow.name.clone();
        let mut driver = self.driver(id.clone(), RunState::new(plan), Journal::discarding(id.clone()), ports, meter, Some(rules));
        let created = Event::RunCreated {
            workflow: name,
            version: request.version,
            dry_run: true,
            inputs,
            trigger: request.trigger.unwrap_or_else(|| manual_trigger(now)),
            lineage: request.lineage,
            stepwise: false,
        };
        let recorded = driver.journal.add(now, created);
        driver.state.apply(recorded).map_err(|why| broken(&id, &why))?;
        let (_keep_open, control) = mpsc::channel(1);
        let (driver, _) = driver.drive(control, |_| false).await.map_err(|why| stopped(&id, why))?;
        let rules = driver.dry.unwrap_or_default();
        let run = crate::run::view(&id, request.version, &driver.state);
        Ok(DryRunReport { run, suppressed: rules.suppressed, not_tried: rules.not_tried, files: rules.files, payload: None })
    }
}

fn stopped(run: &RunId, why: Stopped) -> EngineError {
    match why {
        Stopped::Store(why) => EngineError::Store(why),
        Stopped::Broken(why) => EngineError::Broken { run: run.clone(), why },
        Stopped::Duplicate(first) => EngineError::Broken { run: run.clone(), why: format!("it was started before as {first}") },
    }
}
