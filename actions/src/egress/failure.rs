//! The client's errors as errors of a step. They name the place without its query, and never the client's own text,
//! which may have the whole address in it.

use super::no_address::{DnsFailed, Refused};
use super::policy::SETTING;
use sayflow_engine::action::StepError;
use std::error::Error;
use std::io;

/// A place that is not public and not listed.
pub(super) fn refused(why: &Refused) -> StepError {
    let host = if why.host.contains(':') && !why.host.starts_with('[') { format!("[{}]", why.host) } else { why.host.clone() };
    let message = match why.host.trim_matches(['[', ']']) == why.address.to_string() {
        true => format!("{host}:{} is not a public address, and steps do not connect to others", why.port),
        false => format!("{host}:{} is {}, which is not a public address, and steps do not connect to others", why.port, why.address),
    };
    StepError::new("egress_refused", message)
        .help(format!("if it is meant, allow it: {SETTING}={host}:{} or egress.allow in config.toml", why.port))
}

/// A name that has no address.
pub(super) fn dns_failed(shown: &str, why: &DnsFailed) -> StepError {
    StepError::new("dns_failed", format!("{shown}: {why}")).help("check the host's name and this machine's network").retryable()
}

/// Why a request got no answer. `shown` is the place for messages.
pub(super) fn no_answer(why: &reqwest::Error, shown: &str) -> StepError {
    if let Some(refusal) = find::<Refused>(why) {
        return refused(refusal);
    }
    if let Some(dns) = find::<DnsFailed>(why) {
        return dns_failed(shown, dns);
    }
    if why.is_connect() {
        return no_connection(why, shown);
    }
    if why.is_timeout() {
        return StepError::new("timeout", format!("{shown} did not answer in time")).retryable();
    }
    // A broken connection in the middle of a body is reported as a failure to decode it, too.
    let decoder = why.source().and_then(|inner| inner.downcast_ref::<io::Error>());
    if why.is_decode() && decoder.is_some_and(|inner| matches!(inner.kind(), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput)) {
        return StepError::new("malformed_answer", format!("{shown} sent an answer that cannot be decompressed"));
    }
    if why.is_builder() {
        return StepError::new("invalid_request", format!("{shown}: the request cannot be made from these parameters"));
    }
    StepError::new("connection_lost", format!("{shown}: the connection broke before the answer was whole{}", cause(why))).retryable()
}

fn no_connection(why: &reqwest::Error, shown: &str) -> StepError {
    if why.is_timeout() {
        return StepError::new("timeout", format!("{shown}: no connection within 10 s"))
            .help("check that the server runs and is reachable")
            .retryable();
    }
    // The TLS library reports a certificate or handshake that it does not accept as invalid data.
    if let Some(why) = find::<io::Error>(why)
        && matches!(why.kind(), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof)
    {
        return StepError::new("tls_failed", format!("{shown}: no secure connection: {why}"))
            .help("the server's certificate must be valid for its name; for a server of your own, add its authority to this machine's trusted ones");
    }
    StepError::new("host_unreachable", format!("{shown}: no connection{}", cause(why)))
        .help("check that the server runs and that the address and port are right")
        .retryable()
}

/// The operating system's word, where there is one.
fn cause(why: &reqwest::Error) -> String {
    find::<io::Error>(why).map(|why| format!(": {why}")).unwrap_or_default()
}

/// The innermost error of a type in the chain of causes.
fn find<'e, E: Error + 'static>(why: &'e (dyn Error + 'static)) -> Option<&'e E> {
    let mut found = None;
    let mut at = Some(why);
    while let Some(error) = at {
        // An io::Error may hold another error that `source` passes over.
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref).map(|inner| inner as &(dyn Error + 'static));
        found = error.downcast_ref::<E>().or(found);
        at = inner.or_else(|| error.source());
    }
    found
}
