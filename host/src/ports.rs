//! The production ways out, one set for each workspace folder.

use crate::settings::EgressSettings;
use async_trait::async_trait;
use sayflow_engine::action::StepError;
use sayflow_engine::ports::Ports;
use sayflow_engine::run::{CredentialSource, PortsSource};
use sayflow_engine::vault::{Credential, Vault};
use std::path::Path;

/// An entry of the egress list that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("egress.allow: {0}")]
pub struct EgressSetting(String);

/// Gives the ways out for a workspace folder.
pub(crate) struct WorkspacePorts {}

impl WorkspacePorts {
    pub(crate) fn new(_: &EgressSettings) -> Result<Self, EgressSetting> {
        Ok(Self {})
    }
}

impl PortsSource for WorkspacePorts {
    fn production(&self, workspace: &Path) -> Result<Ports, StepError> {
        Err(StepError::new("workspace_unavailable", format!("the folder {} cannot be opened", workspace.display())))
    }

    fn dry_run(&self, workspace: &Path) -> Result<Ports, StepError> {
        self.production(workspace)
    }
}

/// The vault as the engine asks it.
pub(crate) struct VaultCredentials(pub(crate) Vault);

#[async_trait]
impl CredentialSource for VaultCredentials {
    async fn resolve(&self, kind: &str, named: Option<&str>) -> Result<Credential, StepError> {
        Ok(self.0.resolve(kind, named).await?)
    }
}
