//! The production port: hands mails to the SMTP server of a credential (RFC 5321), over TLS as the credential says.

use super::dialogue::{self, Login, Security};
use super::gate::Gate;
use super::message::{self, Composed};
use async_trait::async_trait;
use lettre::transport::smtp::client::{Certificate, TlsParameters};
use sayflow_engine::action::StepError;
use sayflow_engine::ports::{Mail, OutgoingMail};
use sayflow_engine::vault::Credential;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The longest that handing over a mail may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Sends mails, one connection for each.
pub struct SmtpMailer {
    gate: Arc<dyn Gate>,
    roots: Vec<Certificate>,
    timeout: Duration,
}

/// Where and how the credential says that mail is handed over.
struct Server {
    host: String,
    port: u16,
    security: Option<Security>,
    login: Option<Login>,
}

impl SmtpMailer {
    /// A mailer that connects where the gate lets it.
    pub fn new(gate: Arc<dyn Gate>) -> Self {
        Self { gate, roots: Vec::new(), timeout: TIMEOUT }
    }

    /// Trusts a certificate authority besides those of the system.
    #[must_use]
    pub fn trusting(mut self, root: Certificate) -> Self {
        self.roots.push(root);
        self
    }

    /// Gives up after this long instead of thirty seconds.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    fn server(&self, credential: &Credential) -> Result<Server, StepError> {
        let invalid = |what: &str| {
            StepError::new("invalid_credential", format!("the credential \"{}\" {what}", credential.name))
                .help(format!("set it again: sayflow credentials set {} --type smtp --field …", credential.name))
        };
        let host = credential.field("host").ok_or_else(|| invalid("names no host"))?.to_owned();
        let port = credential.field("port").and_then(|port| port.parse().ok()).ok_or_else(|| invalid("names no port"))?;
        if !credential.may_go_to(&host, port) {
            return Err(invalid(&format!("may not be sent to {host}:{port}")));
        }
        let tls = || {
            let mut parameters = TlsParameters::builder(host.clone());
            for root in &self.roots {
                parameters = parameters.add_root_certificate(root.clone());
            }
            parameters.build().map_err(|why| StepError::new("tls_failed", format!("TLS cannot be set up: {why}")))
        };
        let security = match credential.field("tls").unwrap_or("starttls") {
            "none" => None,
            "starttls" => Some(Security::Upgrade(tls()?)),
            "tls" => Some(Security::FromTheStart(tls()?)),
            other => return Err(invalid(&format!("has \"{other}\" in its field tls, which must be none, starttls or tls"))),
        };
        let login = match (credential.field("username"), credential.secret("password")) {
            (None, _) => None,
            (Some(_), None) => return Err(invalid("has a username but no password")),
            #[allow(clippy::disallowed_methods, reason = "this is the mail dialer: it puts the password on the wire")]
            (Some(username), Some(password)) => Some(Login::new(username, password.reveal())),
        };
        Ok(Server { host, port, security, login })
    }
}

#[async_trait]
impl Mail for SmtpMailer {
    async fn send(&self, mail: OutgoingMail, credential: &Credential) -> Result<String, StepError> {
        let Composed { message, id } = message::compose(mail, credential)?;
        let Server { host, port, security, login } = self.server(credential)?;
        // Once the text of the mail is on its way, only the server knows whether it has taken it.
        let handed_over = AtomicBool::new(false);
        let place = format!("{host}:{port}");
        let deliver = async {
            let addresses = self.gate.addresses(&host, port).await?;
            let mut connection = dialogue::connect(&place, &addresses, security, self.timeout).await?;
            dialogue::hand_over(&mut connection, &place, login.as_ref(), &message, &handed_over).await?;
            Ok(connection)
        };
        let late = || {
            let error = StepError::new("timeout", format!("the mail server {place} took longer than {} s", self.timeout.as_secs_f32()));
            if handed_over.load(Ordering::Relaxed) { error.unknown() } else { error.retryable() }
        };
        let mut connection = tokio::time::timeout(self.timeout, deliver).await.unwrap_or_else(|_| Err(late()))?;
        // The mail is taken; whether the goodbye is heard changes nothing.
        let _ = tokio::time::timeout(Duration::from_secs(1), connection.quit()).await;
        Ok(id)
    }
}
