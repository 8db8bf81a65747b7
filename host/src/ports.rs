//! The production ways out, one set for each workspace folder; and the vault as the engine asks it.

use crate::settings::EgressSettings;
use async_trait::async_trait;
use sayflow_actions::egress::{AllowListError, Egress, EgressPolicy};
use sayflow_actions::files::{OverlayFiles, PrivateFiles, WorkspaceFiles};
use sayflow_actions::mail::SmtpMailer;
use sayflow_actions::sql::WorkspaceSql;
use sayflow_engine::action::StepError;
use sayflow_engine::ports::{Clock, Files, Http, Ids, Mail, Model, Ports, SystemClock, UuidIds};
use sayflow_engine::run::PortsSource;
use sayflow_engine::vault::CredentialSource;
use sayflow_engine::vault::{Credential, Vault};
use std::path::Path;
use std::sync::Arc;

/// An entry of the egress list that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("egress.allow: {0}")]
pub struct EgressSetting(#[from] AllowListError);

/// Gives the ways out for a workspace folder. What leaves the machine is shared by all folders.
pub(crate) struct WorkspacePorts {
    http: Arc<dyn Http>,
    mail: Arc<dyn Mail>,
    model: Arc<dyn Model>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    private: PrivateFiles,
}

impl WorkspacePorts {
    /// Ways out that leave Sayflow's own files alone.
    ///
    /// # Errors
    /// When an entry of the list is no `host:port`.
    pub(crate) fn new(egress: &EgressSettings, private: PrivateFiles, model: Arc<dyn Model>) -> Result<Self, EgressSetting> {
        let policy = EgressPolicy::from_allow_list(&egress.allow.join(","))?;
        Ok(Self {
            http: Arc::new(Egress::new(policy.clone())),
            mail: Arc::new(SmtpMailer::new(Arc::new(policy))),
            model,
            clock: Arc::new(SystemClock),
            ids: Arc::new(UuidIds),
            private,
        })
    }

    fn with_files(&self, workspace: &Path, files: Arc<dyn Files>) -> Ports {
        Ports {
            http: Arc::clone(&self.http),
            mail: Arc::clone(&self.mail),
            files,
            sql: Arc::new(WorkspaceSql::new(workspace).without(self.private.clone())),
            model: Arc::clone(&self.model),
            clock: Arc::clone(&self.clock),
            ids: Arc::clone(&self.ids),
        }
    }
}

impl WorkspacePorts {
    /// The files of a folder that is there.
    fn confined(&self, workspace: &Path) -> Result<WorkspaceFiles, StepError> {
        if workspace.is_dir() {
            return Ok(WorkspaceFiles::new(workspace.to_owned()).without(self.private.clone()));
        }
        Err(StepError::new("folder_not_found", format!("the workspace folder {} does not exist", workspace.display()))
            .help("run Sayflow in a folder that exists"))
    }
}

impl PortsSource for WorkspacePorts {
    fn production(&self, workspace: &Path) -> Result<Ports, StepError> {
        Ok(self.with_files(workspace, Arc::new(self.confined(workspace)?)))
    }

    fn resumed(&self, workspace: &Path) -> Ports {
        self.with_files(workspace, Arc::new(WorkspaceFiles::new(workspace.to_owned()).without(self.private.clone())))
    }

    fn dry_run(&self, workspace: &Path) -> Result<Ports, StepError> {
        let overlay = OverlayFiles::new(Arc::new(self.confined(workspace)?), Arc::clone(&self.clock));
        Ok(self.with_files(workspace, Arc::new(overlay)))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let ports =
            WorkspacePorts::new(&EgressSettings::default(), PrivateFiles::default(), Arc::new(sayflow_engine::ports::NoModel)).unwrap();
        let refused = ports.production(Path::new("/nowhere/at/all")).err().unwrap();
        assert!(refused.message.contains("/nowhere/at/all"));
    }
}
