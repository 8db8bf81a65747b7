//! What is said to an SMTP server, step by step, so that a failure names the step and the recipient.

use lettre::Message;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use sayflow_engine::action::StepError;
use std::error::Error as _;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use zeroize::Zeroizing;

/// How the connection is encrypted.
pub(super) enum Security {
    /// After the greeting, before anything of the mail is said.
    Upgrade(TlsParameters),
    /// Before the greeting.
    FromTheStart(TlsParameters),
}

/// A name and password for the server.
pub(super) struct Login {
    credentials: Credentials,
    password: Zeroizing<String>,
}

impl Login {
    /// A login.
    pub(super) fn new(username: &str, password: &str) -> Self {
        let credentials = Credentials::new(username.to_owned(), password.to_owned());
        Self { credentials, password: Zeroizing::new(password.to_owned()) }
    }
}

/// Connects to the first address that answers, and encrypts.
///
/// # Errors
/// `connection_failed`, `tls_failed`, `tls_unavailable`, `mail_server`: nothing was sent in any case.
pub(super) async fn connect(
    place: &str,
    addresses: &[SocketAddr],
    security: Option<Security>,
    timeout: Duration,
) -> Result<AsyncSmtpConnection, StepError> {
    let name = ClientId::default();
    let (from_the_start, upgrade) = match security {
        None => (None, None),
        Some(Security::FromTheStart(tls)) => (Some(tls), None),
        Some(Security::Upgrade(tls)) => (None, Some(tls)),
    };
    let mut last = StepError::new("connection_failed", format!("the mail server {place} has no address"));
    for address in addresses {
        match AsyncSmtpConnection::connect_tokio1(*address, Some(timeout), &name, from_the_start.clone(), None).await {
            Ok(mut connection) => {
                if let Some(tls) = upgrade {
                    start_tls(&mut connection, place, tls, &name).await?;
                }
                return Ok(connection);
            }
            Err(why) => last = unreachable(place, &why),
        }
    }
    Err(last)
}

async fn start_tls(connection: &mut AsyncSmtpConnection, place: &str, tls: TlsParameters, name: &ClientId) -> Result<(), StepError> {
    if !connection.can_starttls() {
        return Err(StepError::new("tls_unavailable", format!("the mail server {place} does not offer STARTTLS, so nothing was sent"))
            .help("set the credential's tls to tls if the port speaks TLS from the start, or to none if the way there is safe"));
    }
    connection.starttls(tls, name).await.map_err(|why| unreachable(place, &why))
}

/// Hands a mail over; `handed_over` turns true when its text goes out.
///
/// # Errors
/// `auth_failed`, `recipient_refused`, `mail_refused`, `mail_server`; with an unknown outcome when the server was
/// told everything and did not answer.
pub(super) async fn hand_over(
    connection: &mut AsyncSmtpConnection,
    place: &str,
    login: Option<&Login>,
    message: &Message,
    handed_over: &AtomicBool,
) -> Result<(), StepError> {
    if let Some(login) = login {
        let answer = connection.auth(&[Mechanism::Plain, Mechanism::Login], &login.credentials).await;
        answer.map_err(|why| login_failed(place, &why, &login.password))?;
    }
    let text = message.formatted();
    let envelope = message.envelope();
    let parameters = parameters(connection, place, message, &text)?;
    let said = connection.command(Mail::new(envelope.from().cloned(), parameters)).await;
    said.map_err(|why| refused("mail_refused", format!("the mail server {place} does not take mail from this sender"), &why))?;
    for recipient in envelope.to() {
        let said = connection.command(Rcpt::new(recipient.clone(), Vec::new())).await;
        said.map_err(|why| refused("recipient_refused", format!("the mail server {place} refused the recipient {recipient}"), &why))?;
    }
    connection.command(Data).await.map_err(|why| refused("mail_refused", format!("the mail server {place} refused the mail"), &why))?;
    handed_over.store(true, Ordering::Relaxed);
    match connection.message(&text).await {
        Ok(_) => Ok(()),
        Err(why) if why.is_permanent() || why.is_transient() => {
            Err(refused("mail_refused", format!("the mail server {place} refused the mail"), &why))
        }
        Err(why) => Err(StepError::new(
            "mail_unconfirmed",
            format!("the mail went out to {place}, but the server did not confirm that it took it: {}", chain(&why)),
        )
        .help("look into the recipient's inbox before sending it again")
        .unknown()),
    }
}

/// What MAIL FROM has to announce: addresses outside ASCII (RFC 6531) and eight-bit text (RFC 6152).
fn parameters(connection: &AsyncSmtpConnection, place: &str, message: &Message, text: &[u8]) -> Result<Vec<MailParameter>, StepError> {
    let server = connection.server_info();
    let mut parameters = Vec::new();
    let addresses = message.envelope();
    if addresses.from().into_iter().chain(addresses.to()).any(|address| !AsRef::<str>::as_ref(address).is_ascii()) {
        if !server.supports_feature(Extension::SmtpUtfEight) {
            return Err(StepError::new("mail_refused", format!("the mail server {place} takes no addresses beyond ASCII"))
                .help("use an address in ASCII letters"));
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if !text.is_ascii() && server.supports_feature(Extension::EightBitMime) {
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    Ok(parameters)
}

fn unreachable(place: &str, why: &Error) -> StepError {
    if why.is_permanent() || why.is_transient() {
        return refused("mail_server", format!("the mail server {place} turned the connection away"), why);
    }
    // Rustls reports what is wrong with a certificate or handshake as invalid data.
    if io_kind(why) == Some(io::ErrorKind::InvalidData) || why.is_tls() {
        return StepError::new("tls_failed", format!("no safe connection to the mail server {place}: {}", chain(why)))
            .help("check the credential's host, port and tls: the certificate must be valid for that host");
    }
    StepError::new("connection_failed", format!("the mail server {place} cannot be reached: {}", chain(why)))
        .help("check the credential's host, port and tls, and the network")
        .retryable()
}

fn login_failed(place: &str, why: &Error, password: &str) -> StepError {
    let said = chain(why).replace(password, "••••");
    let error = StepError::new("auth_failed", format!("the mail server {place} did not accept the login: {said}"))
        .help("check the credential's username and password; many providers want an app password");
    if why.is_permanent() || why.is_client() { error } else { error.retryable() }
}

/// A definite no: nothing was delivered, and a temporary one may turn.
fn refused(code: &str, what: String, why: &Error) -> StepError {
    let error = StepError::new(code, format!("{what}: {}", chain(why)));
    if why.is_permanent() { error } else { error.retryable() }
}

fn io_kind(why: &Error) -> Option<io::ErrorKind> {
    let mut source = why.source();
    while let Some(inner) = source {
        if let Some(failed) = inner.downcast_ref::<io::Error>() {
            return Some(failed.kind());
        }
        source = inner.source();
    }
    None
}

/// The error with its causes on one line; lettre's own text leaves some of them out.
fn chain(why: &Error) -> String {
    let mut text = why.to_string();
    let mut source = why.source();
    while let Some(inner) = source {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        source = inner.source();
    }
    text
}
