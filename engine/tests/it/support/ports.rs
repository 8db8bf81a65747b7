//! Ports that lead nowhere: the test actions need only the clock and ids.

use async_trait::async_trait;
use bytes::Bytes;
use sayflow_engine::action::StepError;
use sayflow_engine::ports::{
    Clock, FileEntry, Files, Http, HttpRequest, HttpResponse, Mail, NoModel, OutgoingMail, Ports, Sql, SqlRows, SystemClock, UuidIds,
    WriteMode,
};
use sayflow_engine::run::PortsSource;
use sayflow_engine::vault::Credential;
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;

/// Ports that lead nowhere, with the machine's clock.
pub struct TestPorts;

/// Ports that lead nowhere, with a clock of the test's own.
pub struct TimedPorts(pub Arc<dyn Clock>);

impl PortsSource for TestPorts {
    fn production(&self, _: &Path) -> Result<Ports, StepError> {
        Ok(nowhere(Arc::new(SystemClock)))
    }

    fn resumed(&self, _: &Path) -> Ports {
        nowhere(Arc::new(SystemClock))
    }

    fn dry_run(&self, _: &Path) -> Result<Ports, StepError> {
        Ok(nowhere(Arc::new(SystemClock)))
    }
}

impl PortsSource for TimedPorts {
    fn production(&self, _: &Path) -> Result<Ports, StepError> {
        Ok(nowhere(self.0.clone()))
    }

    fn resumed(&self, _: &Path) -> Ports {
        nowhere(self.0.clone())
    }

    fn dry_run(&self, _: &Path) -> Result<Ports, StepError> {
        Ok(nowhere(self.0.clone()))
    }
}

/// Ports whose every way out is closed.
fn nowhere(clock: Arc<dyn Clock>) -> Ports {
    Ports {
        model: Arc::new(NoModel),
        http: Arc::new(Nowhere),
        mail: Arc::new(Nowhere),
        files: Arc::new(Nowhere),
        sql: Arc::new(Nowhere),
        clock,
        ids: Arc::new(UuidIds),
    }
}

struct Nowhere;

fn closed<T>() -> Result<T, StepError> {
    Err(StepError::new("closed", "this way out is closed in the test"))
}

#[async_trait]
impl Http for Nowhere {
    async fn send(&self, _: HttpRequest<'_>) -> Result<HttpResponse, StepError> {
        closed()
    }
}

#[async_trait]
impl Mail for Nowhere {
    async fn send(&self, _: OutgoingMail, _: &Credential) -> Result<String, StepError> {
        closed()
    }
}

#[async_trait]
impl Files for Nowhere {
    async fn read(&self, _: &str, _: usize) -> Result<Bytes, StepError> {
        closed()
    }
    async fn write(&self, _: &str, _: Bytes, _: WriteMode) -> Result<(), StepError> {
        closed()
    }
    async fn list(&self, _: &str) -> Result<Vec<FileEntry>, StepError> {
        closed()
    }
    async fn rename(&self, _: &str, _: &str) -> Result<(), StepError> {
        closed()
    }
    async fn remove(&self, _: &str) -> Result<(), StepError> {
        closed()
    }
}

#[async_trait]
impl Sql for Nowhere {
    async fn query(&self, _: &str, _: &str, _: &[Value]) -> Result<SqlRows, StepError> {
        closed()
    }
    async fn execute(&self, _: &str, _: &str, _: &[Value]) -> Result<u64, StepError> {
        closed()
    }
}
