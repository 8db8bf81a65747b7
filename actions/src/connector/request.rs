//! From parameters to the HTTP request of an operation.

use super::manifest::{AuthKind, IdempotencySection, ListForm, Manifest, OperationSection, TextSection};
use super::readable::readable;
use crate::egress::escaped;
use crate::items::excerpt;
use sayflow_engine::action::{ActionContext, StepError};
use sayflow_engine::ports::{HttpAuth, HttpRequest, Redirects};
use sayflow_engine::vault::Credential;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// The longest wait for an answer.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The largest answer that is read.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// What one request is made of.
pub(super) struct Call<'a> {
    pub(super) manifest: &'a Manifest,
    pub(super) section: &'a OperationSection,
    pub(super) params: &'a Map<String, Value>,
    pub(super) credential: &'a Credential,
}

/// The script that makes the JSON body, where the service's form is not that of the parameters.
pub(super) fn body_script(section: &OperationSection) -> Option<String> {
    section.body_form.as_ref().map(|form| format!("const {{ params }} = input;\nreturn ({form});"))
}

impl<'a> Call<'a> {
    /// The request.
    ///
    /// # Errors
    /// When the credential lacks a base URL, or a parameter in the path has another number of parts.
    pub(super) fn build(&self, query: &str, body: Option<Value>, idempotency_key: &str) -> Result<HttpRequest<'a>, StepError> {
        let Self { manifest, section, credential, .. } = *self;
        let url = format!("{}{}{query}", self.base()?, self.path()?);
        let mut headers = vec![("accept".to_owned(), "application/json".to_owned())];
        for (name, value) in &manifest.headers {
            headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            headers.push((name.to_lowercase(), value.clone()));
        }
        let mut body = body;
        match &section.idempotency {
            None => {}
            Some(IdempotencySection::Header(name)) => headers.push((name.to_lowercase(), idempotency_key.to_owned())),
            Some(IdempotencySection::Field(name)) => {
                body.get_or_insert_with(|| json!({}))[name] = idempotency_key.into();
            }
        }
        let body = body.map(|body| {
            headers.push(("content-type".to_owned(), "application/json; charset=utf-8".to_owned()));
            body.to_string().into()
        });
        let auth = match manifest.auth.kind {
            AuthKind::Bearer => HttpAuth::Bearer(credential, &manifest.auth.field),
            AuthKind::InUrl => HttpAuth::InUrl(credential, &manifest.auth.field),
            AuthKind::Url => HttpAuth::Url(credential, &manifest.auth.field),
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

    /// What the URL begins with; where the whole address is secret, its place.
    fn base(&self) -> Result<&'a str, StepError> {
        let Some(field) = &self.manifest.base_url_field else { return Ok("{url}") };
        let name = &self.credential.name;
        self.credential.field(field).map(|base| base.trim_end_matches('/')).ok_or_else(|| {
            StepError::new("invalid_credential", format!("the credential \"{name}\" has no {field}"))
                .help(format!("set it: sayflow credentials set {name} --field {field}=https://…"))
        })
    }

    /// The path, with its parameters in it. A parameter cannot add segments, nor go up.
    fn path(&self) -> Result<String, StepError> {
        let mut path = self.section.path.clone();
        for (name, section) in &self.section.path_params {
            let text = self.params.get(name).map(readable).unwrap_or_default();
            let parts: Vec<&str> = text.split('/').collect();
            let plain = |part: &&str| !part.trim().is_empty() && !matches!(*part, "." | "..") && !part.chars().any(char::is_whitespace);
            if parts.len() != section.segments || !parts.iter().all(plain) {
                let form = ["name", "owner/name"].get(section.segments - 1).copied().unwrap_or("its full name");
                return Err(StepError::new("invalid_parameters", format!("{}: \"{name}\" is \"{}\"", self.section.id, excerpt(&text)))
                    .help(format!("write it as {form}, without an address around it")));
            }
            let escaped: Vec<String> = parts.into_iter().map(escaped).collect();
            path = path.replace(&format!("{{{name}}}"), &escaped.join("/"));
        }
        Ok(path)
    }

    /// The JSON body, where there is one.
    ///
    /// # Errors
    /// When the manifest's form of the body cannot be made of these parameters.
    pub(super) async fn body(&self, script: Option<&str>, cx: &ActionContext<'_>) -> Result<Option<Value>, StepError> {
        let given = self.section.body.iter().filter_map(|name| Some((name.clone(), self.params.get(name)?.clone())));
        let params = Value::Object(given.collect());
        match script {
            Some(script) => cx.evaluator.script(script, json!({ "params": params })).await.map(Some).map_err(|why| {
                let id = &self.section.id;
                StepError::new("invalid_parameters", format!("{id}: no request can be made of these parameters: {}", why.message))
            }),
            None if self.section.body.is_empty() => Ok(None),
            None => Ok(Some(params)),
        }
    }

    /// The query with its `?`, or nothing.
    pub(super) fn query(&self) -> String {
        let mut pairs = url::form_urlencoded::Serializer::new(String::new());
        pairs.extend_pairs(&self.section.fixed_query);
        for name in &self.section.query {
            match (self.params.get(name), self.section.lists) {
                (None, _) => {}
                (Some(Value::Array(items)), ListForm::Repeated) => {
                    pairs.extend_pairs(items.iter().map(|item| (name, readable(item))));
                }
                (Some(Value::Array(items)), ListForm::Commas) => {
                    pairs.append_pair(name, &items.iter().map(readable).collect::<Vec<_>>().join(","));
                }
                (Some(value), _) => {
                    pairs.append_pair(name, &readable(value));
                }
            }
        }
        match pairs.finish() {
            empty if empty.is_empty() => empty,
            pairs => format!("?{pairs}"),
        }
    }
}

/// A parameter that is text for people, written out and within the service's limit.
///
/// # Errors
/// `text_empty` and `text_too_long`, before anything is sent.
pub(super) fn text(manifest: &Manifest, name: &str, section: &TextSection, value: &Value) -> Result<String, StepError> {
    let text = readable(value);
    if text.trim().is_empty() && !section.may_be_empty {
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
