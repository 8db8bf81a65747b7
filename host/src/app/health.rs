//! How the server is.

use super::App;
use crate::error::AppError;
use crate::principal::{Command, Principal};
use sayflow_protocol::api::server::Health;
use std::fmt::Write;

#[allow(clippy::missing_errors_doc, reason = "see AppError")]
impl App {
    /// The process is alive.
    pub fn health(&self, principal: &Principal) -> Result<Health, AppError> {
        self.allow(principal, Command::AskHealth)?;
        Ok(healthy())
    }

    /// The store answers.
    pub async fn readiness(&self, principal: &Principal) -> Result<Health, AppError> {
        self.allow(principal, Command::ReadMetrics)?;
        self.parts.store.meta("ready").await?;
        Ok(healthy())
    }

    /// Counters in Prometheus' text format.
    pub fn metrics(&self, principal: &Principal) -> Result<String, AppError> {
        self.allow(principal, Command::ReadMetrics)?;
        let mut text = String::new();
        let active = self.parts.engine.active_runs().len();
        // Writing into a String cannot fail.
        let _ = write!(
            text,
            "# HELP sayflow_build_info The running version.\n# TYPE sayflow_build_info gauge\nsayflow_build_info{{version=\"{}\"}} 1\n\
             # HELP sayflow_active_runs Runs that have not ended.\n# TYPE sayflow_active_runs gauge\nsayflow_active_runs {active}\n",
            crate::VERSION
        );
        Ok(text)
    }
}

fn healthy() -> Health {
    Health { status: "ok".into(), version: crate::VERSION.to_owned() }
}
