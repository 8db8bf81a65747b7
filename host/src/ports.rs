//! The production ways out, one set for each workspace folder; and the vault as the engine asks it.

use crate::settings::EgressSettings;
use async_trait::async_trait;
use sayflow_actions::egress::{AllowListError, Egress, EgressPolicy};
use sayflow_actions::files::{OverlayFiles, WorkspaceFiles};
use sayflow_actions::mail::{Gate, SmtpMailer};
use sayflow_actions::sql::WorkspaceSql;
use sayflow_engine::action::StepError;
use sayflow_engine::ports::{Clock, Files, Http, Ids, Mail, Ports, SystemClock, UuidIds};
use sayflow_engine::run::{CredentialSource, PortsSource};
use sayflow_engine::vault::{Credential, Vault};
use std::net::SocketAddr;
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
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
}

impl WorkspacePorts {
    /// # Errors
    /// When an entry of the list is no `host:port`.
    pub(crate) fn new(egress: &EgressSettings) -> Result<Self, EgressSetting> {
        let policy = EgressPolicy::from_allow_list(&egress.allow.join(","))?;
        Ok(Self {
            http: Arc::new(Egress::new(policy.clone())),
            mail: Arc::new(SmtpMailer::new(Arc::new(MailGate(policy)))),
            clock: Arc::new(SystemClock),
            ids: Arc::new(UuidIds),
        })
    }

    fn with_files(&self, workspace: &Path, files: Arc<dyn Files>) -> Ports {
        Ports {
            http: Arc::clone(&self.http),
            mail: Arc::clone(&self.mail),
            files,
            sql: Arc::new(WorkspaceSql::new(workspace)),
            clock: Arc::clone(&self.clock),
            ids: Arc::clone(&self.ids),
        }
    }
}

impl PortsSource for WorkspacePorts {
    fn production(&self, workspace: &Path) -> Result<Ports, StepError> {
        Ok(self.with_files(workspace, Arc::new(confined(workspace)?)))
    }

    fn dry_run(&self, workspace: &Path) -> Result<Ports, StepError> {
        let overlay = OverlayFiles::new(Arc::new(confined(workspace)?), Arc::clone(&self.clock));
        Ok(self.with_files(workspace, Arc::new(overlay)))
    }
}

/// The files of a folder that is there.
fn confined(workspace: &Path) -> Result<WorkspaceFiles, StepError> {
    if workspace.is_dir() {
        return Ok(WorkspaceFiles::new(workspace.to_owned()));
    }
    Err(StepError::new("folder_not_found", format!("the workspace folder {} does not exist", workspace.display()))
        .help("run Sayflow in a folder that exists"))
}

/// Mail goes to the same addresses as everything else.
struct MailGate(EgressPolicy);

#[async_trait]
impl Gate for MailGate {
    async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, StepError> {
        let unknown = |why: String| {
            StepError::new("dns_failed", format!("the mail server {host} has no address: {why}"))
                .help("check the field `host` of the smtp account")
                .retryable()
        };
        let found: Vec<SocketAddr> = tokio::net::lookup_host((host, port)).await.map_err(|why| unknown(why.to_string()))?.collect();
        let permitted: Vec<SocketAddr> = found.iter().copied().filter(|at| self.0.permits(host, at.ip(), port)).collect();
        match (permitted.is_empty(), found.first()) {
            (false, _) => Ok(permitted),
            (true, None) => Err(unknown("the answer is empty".to_owned())),
            (true, Some(first)) => {
                Err(StepError::new("egress_refused", format!("the mail server {host} is at {}, which is not a public address", first.ip()))
                    .help(format!("if it is meant, add {host}:{port} to SAYFLOW_EGRESS_ALLOW or to egress.allow in config.toml")))
            }
        }
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

    fn gate(list: &str) -> MailGate {
        MailGate(EgressPolicy::from_allow_list(list).unwrap())
    }

    #[tokio::test]
    async fn mail_goes_to_a_private_address_only_when_it_is_listed() {
        let refused = gate("").addresses("127.0.0.1", 2525).await.unwrap_err();
        assert_eq!(refused.code, "egress_refused");
        assert!(refused.help.unwrap().contains("127.0.0.1:2525"));
        assert_eq!(gate("127.0.0.1:2525").addresses("127.0.0.1", 2525).await.unwrap(), ["127.0.0.1:2525".parse().unwrap()]);
        assert!(gate("127.0.0.1:2525").addresses("127.0.0.1", 25).await.is_err());
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let ports = WorkspacePorts::new(&EgressSettings::default()).unwrap();
        let refused = ports.production(Path::new("/nowhere/at/all")).err().unwrap();
        assert!(refused.message.contains("/nowhere/at/all"));
    }
}
