//! From parameters to the HTTP request of an operation.

use super::manifest::{AuthKind, IdempotencySection, Manifest, OperationSection, TextSection};
use super::readable::readable;
use sayflow_engine::action::StepError;
use sayflow_engine::ports::{HttpAuth, HttpRequest, Redirects};
use sayflow_engine::vault::Credential;
use serde_json::{Map, Value};
use std::time::Duration;

/// The longest wait for an answer.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The largest answer that is read.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// The request.
///
/// # Errors
/// When the credential lacks a base URL.
pub(super) fn build<'a>(
    manifest: &'a Manifest,
    section: &'a OperationSection,
    params: &Map<String, Value>,
    credential: &'a Credential,
    idempotency_key: &str,
) -> Result<HttpRequest<'a>, StepError> {
    let base = credential.field(&manifest.base_url_field).ok_or_else(|| {
        StepError::new("invalid_credential", format!("the credential \"{}\" has no {}", credential.name, manifest.base_url_field))
            .help(format!("set it: sayflow credentials set {} --field {}=https://…", credential.name, manifest.base_url_field))
    })?;
    let url = format!("{}{}{}", base.trim_end_matches('/'), section.path, query(section, params));
    let mut body: Map<String, Value> = section.body.iter().filter_map(|name| Some((name.clone(), params.get(name)?.clone()))).collect();
    let mut headers = vec![("accept".to_owned(), "application/json".to_owned())];
    match &section.idempotency {
        None => {}
        Some(IdempotencySection::Header(name)) => headers.push((name.to_lowercase(), idempotency_key.to_owned())),
        Some(IdempotencySection::Field(name)) => {
            body.insert(name.clone(), idempotency_key.into());
        }
    }
    let body = (!section.body.is_empty() || !body.is_empty()).then(|| {
        headers.push(("content-type".to_owned(), "application/json; charset=utf-8".to_owned()));
        Value::Object(body).to_string().into()
    });
    let auth = match manifest.auth.kind {
        AuthKind::Bearer => HttpAuth::Bearer(credential, &manifest.auth.field),
        AuthKind::InUrl => HttpAuth::InUrl(credential, &manifest.auth.field),
    };
    Ok(HttpRequest {
        method: section.method.clone(),
        url,
        headers,
        body,
        auth: Some(auth),
        timeout: TIMEOUT,
        max_bytes: MAX_ANSWER_BYTES,
        redirects: Redirects::SameHost,
    })
}

/// The query with its `?`, or nothing. Lists are written as repeated names.
fn query(section: &OperationSection, params: &Map<String, Value>) -> String {
    let mut pairs = url::form_urlencoded::Serializer::new(String::new());
    for name in &section.query {
        match params.get(name) {
            None => {}
            Some(Value::Array(items)) => {
                for item in items {
                    pairs.append_pair(name, &readable(item));
                }
            }
            Some(value) => {
                pairs.append_pair(name, &readable(value));
            }
        }
    }
    match pairs.finish() {
        empty if empty.is_empty() => empty,
        pairs => format!("?{pairs}"),
    }
}

/// A parameter that is text for people, written out and within the service's limit.
///
/// # Errors
/// `text_empty` and `text_too_long`, before anything is sent.
pub(super) fn text(manifest: &Manifest, name: &str, section: &TextSection, value: &Value) -> Result<String, StepError> {
    let text = readable(value);
    if text.trim().is_empty() {
        return Err(StepError::new("text_empty", format!("\"{name}\" is empty, and {} takes no empty message", manifest.title))
            .help("give the step an `if` that skips it when there is nothing to say"));
    }
    let chars = text.encode_utf16().count();
    if chars > section.max_chars {
        return Err(StepError::new(
            "text_too_long",
            format!("\"{name}\" has {chars} characters; {} takes at most {}", manifest.title, section.max_chars),
        )
        .help("shorten it, limit the list it comes from with data.limit, or send several messages with for_each"));
    }
    Ok(text)
}
