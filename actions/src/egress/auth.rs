//! Credentials in requests: the only place that opens them, and only towards hosts that they are bound to.

use super::reveal::reveal;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use sayflow_engine::action::StepError;
use sayflow_engine::ports::{HttpAuth, HttpRequest};
use sayflow_engine::vault::Credential;
use url::Url;

/// Where the secret goes in a URL of [`HttpAuth::InUrl`].
const PLACEHOLDER: &str = "{token}";
/// What a URL of [`HttpAuth::Url`] begins with.
const WHOLE: &str = "{url}";
/// Parts of a secret address that are at least so long are secret by themselves; shorter ones are words such as
/// `webhooks`, which answers use too.
const LONG_PART: usize = 16;

pub(super) fn credential<'a>(auth: HttpAuth<'a>) -> &'a Credential {
    match auth {
        HttpAuth::Bearer(credential, _)
        | HttpAuth::Basic(credential)
        | HttpAuth::Header(credential, _)
        | HttpAuth::InUrl(credential, _)
        | HttpAuth::Url(credential, _)
        | HttpAuth::S3(credential) => credential,
    }
}

/// Refuses a host that the credential is not bound to.
pub(super) fn check_host(auth: HttpAuth<'_>, url: &Url) -> Result<(), StepError> {
    if may_go_to(auth, url) {
        return Ok(());
    }
    let credential = credential(auth);
    let place = format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default());
    let bound = if credential.hosts.is_empty() { "no host".to_owned() } else { credential.hosts.join(", ") };
    Err(StepError::new("credential_host", format!("the account \"{}\" is bound to {bound} and is not sent to {place}", credential.name))
        .help(format!("use another account, or bind it to {place} when you set it: sayflow credentials set")))
}

pub(super) fn may_go_to(auth: HttpAuth<'_>, url: &Url) -> bool {
    match (url.host_str(), url.port_or_known_default()) {
        (Some(host), Some(port)) => {
            let account = credential(auth);
            // The bucket's name may stand before the host of an object store.
            let store = host.split_once('.').filter(|_| matches!(auth, HttpAuth::S3(_))).map(|(_, store)| store);
            account.may_go_to(host, port) || store.is_some_and(|store| account.may_go_to(store, port))
        }
        _ => false,
    }
}

/// The URL with the secret in it, where it belongs there.
pub(super) fn fill_url(method: &str, url: &str, auth: Option<HttpAuth<'_>>) -> Result<String, StepError> {
    match auth {
        Some(HttpAuth::InUrl(credential, field)) => Ok(url.replace(PLACEHOLDER, &escaped(reveal(credential, field)?))),
        Some(HttpAuth::Url(credential, field)) => {
            let (address, query) = (reveal(credential, field)?, url.strip_prefix(WHOLE).unwrap_or_default());
            let address = address.split('#').next().unwrap_or_default();
            let query = if address.contains('?') { query.replacen('?', "&", 1) } else { query.to_owned() };
            Ok(format!("{address}{query}"))
        }
        Some(HttpAuth::S3(credential)) => super::signature::sign(method, url, credential),
        _ => Ok(url.to_owned()),
    }
}

/// The place of a request as messages may show it.
pub(super) fn shown_place(request: &HttpRequest<'_>) -> String {
    match request.auth {
        Some(HttpAuth::Url(credential, _)) => credential.hosts.join(", "),
        _ => crate::http::without_query(&request.url).to_owned(),
    }
}

/// A secret as it stands in a path: anything that could end the segment is escaped.
pub(crate) fn escaped(secret: &str) -> String {
    let mut encoded = String::new();
    for byte in secret.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b':' => encoded.push(char::from(byte)),
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}

/// What goes over the wire and must not come back.
pub(super) fn sent_secrets(auth: HttpAuth<'_>) -> Vec<String> {
    let field = match auth {
        HttpAuth::Bearer(_, field) | HttpAuth::Header(_, field) | HttpAuth::InUrl(_, field) | HttpAuth::Url(_, field) => field,
        HttpAuth::Basic(_) => "password",
        HttpAuth::S3(_) => "secret_key",
    };
    let Ok(secret) = reveal(credential(auth), field) else { return Vec::new() };
    match auth {
        HttpAuth::Basic(credential) => vec![secret.to_owned(), user_and_password(credential, secret)],
        HttpAuth::Url(..) => parts_of(secret),
        HttpAuth::S3(credential) => std::iter::once(secret).chain(reveal(credential, "session_token").ok()).map(str::to_owned).collect(),
        _ => vec![secret.to_owned()],
    }
}

/// A secret address whole, without its host, and the long parts of its path and query.
fn parts_of(address: &str) -> Vec<String> {
    let mut parts = vec![address.to_owned()];
    let Ok(url) = Url::parse(address) else { return parts };
    parts.extend([url.path(), &url[url::Position::BeforePath..]].map(str::to_owned));
    let segments = url.path().split('/').map(str::to_owned);
    let values = url.query_pairs().map(|(_, value)| value.into_owned());
    let raw = url.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('=')).map(|(_, value)| value.to_owned());
    parts.extend(segments.chain(values).chain(raw).filter(|part| part.len() >= LONG_PART));
    parts
}

fn user_and_password(credential: &Credential, password: &str) -> String {
    STANDARD.encode(format!("{}:{password}", credential.field("username").unwrap_or_default()))
}

/// A text of the other side with the secret taken out again.
pub(super) fn redact(text: &str, auth: Option<HttpAuth<'_>>) -> String {
    let Some(auth @ HttpAuth::InUrl(..)) = auth else { return text.to_owned() };
    match fill_url("", PLACEHOLDER, Some(auth)) {
        Ok(secret) if !secret.is_empty() => text.replace(&secret, PLACEHOLDER),
        _ => text.to_owned(),
    }
}

/// Puts the credential's header in.
pub(super) fn apply(auth: HttpAuth<'_>, headers: &mut HeaderMap) -> Result<(), StepError> {
    let (name, text) = match auth {
        HttpAuth::InUrl(..) | HttpAuth::Url(..) | HttpAuth::S3(_) => return Ok(()),
        HttpAuth::Bearer(credential, field) => (AUTHORIZATION, format!("Bearer {}", reveal(credential, field)?)),
        HttpAuth::Basic(credential) => (AUTHORIZATION, format!("Basic {}", user_and_password(credential, reveal(credential, "password")?))),
        HttpAuth::Header(credential, field) => {
            let name = credential.field("header").and_then(|name| HeaderName::from_bytes(name.as_bytes()).ok());
            let name = name.ok_or_else(|| unfit(credential, "header"))?;
            (name, reveal(credential, field)?.to_owned())
        }
    };
    let mut value = HeaderValue::from_str(&text).map_err(|_| unfit(credential(auth), "secret"))?;
    value.set_sensitive(true);
    headers.insert(name, value);
    Ok(())
}

fn unfit(credential: &Credential, field: &str) -> StepError {
    StepError::new("invalid_credential", format!("the {field} of the account \"{}\" cannot be put into a header", credential.name))
        .help("set the account again; a line break at the end of a secret is a common cause")
}
