//! `http.request`: any request to any server.

use super::account::{Auth, account_for};
use super::answer::{Body, parse_body};
use super::call::{Call, add_key, call, is_idempotent};
use crate::items::{describe, plain_text};
use async_trait::async_trait;
use bytes::Bytes;
use indexmap::IndexMap;
use sayflow_engine::action::{Action, ActionContext, KeyUse, Outcome, SpecBuilder, StepError, role};
use sayflow_engine::footprint::place_name;
use sayflow_engine::ports::{HttpResponse, Redirects};
use sayflow_protocol::{DestinationKind, Effect};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use url::Url;

/// `http.request`.
pub struct Request;

/// One status or several.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Statuses {
    /// One.
    One(#[schemars(range(min = 100, max = 599))] u16),
    /// Several.
    Several(Vec<u16>),
}

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The method: `GET` reads; `POST`, `PUT`, `PATCH` and `DELETE` change something.
    #[serde(default = "default_method")]
    #[schemars(extend("x-role" = role::METHOD, "examples" = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]))]
    method: String,
    /// The absolute address, `http` or `https`.
    #[schemars(extend("x-role" = role::URL))]
    url: String,
    /// Header lines by name.
    #[serde(default)]
    #[schemars(extend("x-role" = role::HEADERS))]
    headers: IndexMap<String, Value>,
    /// What is added to the address behind `?`, by name; a list repeats the name.
    #[serde(default)]
    query: IndexMap<String, Value>,
    /// What is sent. Lists and objects go as JSON, unless the header `content-type` asks for a form; text goes as it
    /// is.
    #[serde(default)]
    #[schemars(extend("x-role" = role::VALUE))]
    body: Value,
    /// How the step's credential is put in; its type says if left out.
    #[serde(default)]
    auth: Option<Auth>,
    /// The statuses that do not fail the step, such as 404 or `[200, 404]`; all below 400 if left out.
    #[serde(default)]
    expect_status: Option<Statuses>,
    /// Other hosts to which a read may be redirected, such as `https://files.example`. Without them a redirect is
    /// followed only to the same host, with or without `www.`, and to hosts that other steps read.
    #[serde(default)]
    redirect_hosts: Vec<String>,
}

fn default_method() -> String {
    "GET".to_owned()
}

/// What it hands back.
#[derive(Serialize, JsonSchema)]
pub struct Output {
    /// The status, such as 200.
    status: u16,
    /// The header lines by lower-case name; repeated ones are put together with `, `.
    headers: IndexMap<String, String>,
    /// The body: JSON parsed, text as it is, bytes as Base64, null if there is none.
    body: Value,
    /// What the body was.
    body_kind: Body,
}

#[async_trait]
impl Action for Request {
    type Params = Params;
    type Output = Output;

    fn spec(&self) -> SpecBuilder {
        SpecBuilder::new("http.request", "HTTP request", "Gets from or sends to a web address or an API.", Effect::Write)
            .reads_when("method", &["GET", "HEAD", "OPTIONS"])
            .utterances(&[
                "get the JSON from https://api.example/orders",
                "fetch the page at a web address",
                "call the API",
                "download the list from the URL",
                "post the result to a webhook",
                "send the data to an endpoint with PUT",
                "check whether the website answers",
                "query the REST service",
            ])
            .keywords(&[
                "http", "https", "url", "get", "fetch", "download", "api", "request", "post", "put", "patch", "webhook", "endpoint",
                "rest", "web", "call", "send",
            ])
            .destination("url", DestinationKind::Host)
            .destination_with("redirect_hosts", DestinationKind::Host, Effect::Read)
            .idempotent_when("method", &["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
            .key_use(KeyUse::WhenStepSetsIt { headers: "headers" })
            .optional_credential("http-*")
            .example(
                json!({ "status": 200, "headers": { "content-type": "application/json" }, "body": { "ok": true }, "body_kind": "json" }),
            )
    }

    async fn run(&self, params: Params, cx: &ActionContext<'_>) -> Result<Outcome<Output>, StepError> {
        let method = method(&params.method)?;
        let url = with_query(&params.url, &params.query)?;
        let mut headers = header_list(&params.headers)?;
        let body = body(&params.body, &mut headers)?;
        if !is_idempotent(&method) {
            add_key(&mut headers, cx);
        }
        let expect = match params.expect_status {
            None => Vec::new(),
            Some(Statuses::One(status)) => vec![status],
            Some(Statuses::Several(statuses)) => statuses,
        };
        let auth = account_for(params.auth, &url, cx)?;
        let redirects = Some(redirects(&params.redirect_hosts, &cx.redirects));
        let answer = call(Call { method, url: url.clone(), headers, body, auth, expect, redirects }, cx).await?;
        let (body, body_kind) = parse_body(&answer, &url)?;
        Ok(Output { status: answer.status, headers: header_map(&answer), body, body_kind }.into())
    }
}

/// The hosts that the step names, besides those that are permitted anyway.
fn redirects(named: &[String], permitted: &Redirects) -> Redirects {
    let hosts: &[String] = match permitted {
        Redirects::Anywhere => return Redirects::Anywhere,
        Redirects::To(hosts) => hosts,
        Redirects::SameHost => &[],
    };
    Redirects::To(hosts.iter().cloned().chain(named.iter().map(|host| place_name(DestinationKind::Host, host))).collect())
}

fn method(written: &str) -> Result<String, StepError> {
    let method = written.trim().to_ascii_uppercase();
    match method.as_str() {
        "GET" | "HEAD" | "OPTIONS" | "POST" | "PUT" | "PATCH" | "DELETE" => Ok(method),
        _ => Err(StepError::new("invalid_parameters", format!("http.request: \"{written}\" is no method"))
            .help("use GET, HEAD, OPTIONS, POST, PUT, PATCH or DELETE")),
    }
}

fn with_query(url: &str, query: &IndexMap<String, Value>) -> Result<String, StepError> {
    if query.is_empty() {
        return Ok(url.to_owned());
    }
    let mut parsed = Url::parse(url).map_err(|why| {
        StepError::new("invalid_url", format!("\"{}\" is no address: {why}", super::place::without_query(url)))
            .help("write it in full, such as https://api.example/orders")
    })?;
    {
        let mut pairs = parsed.query_pairs_mut();
        for (name, value) in query {
            let one = std::slice::from_ref(value);
            for value in value.as_array().map_or(one, Vec::as_slice).iter().filter(|value| !value.is_null()) {
                pairs.append_pair(name, &plain_text(value));
            }
        }
    }
    Ok(parsed.into())
}

fn header_list(headers: &IndexMap<String, Value>) -> Result<Vec<(String, String)>, StepError> {
    headers
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| match value {
            Value::Array(_) | Value::Object(_) => {
                Err(StepError::new("invalid_header", format!("the header \"{name}\" must be text, but it is {}", describe(value))))
            }
            plain => Ok((name.clone(), plain_text(plain))),
        })
        .collect()
}

/// The body's bytes; a content type is added where none is given.
fn body(body: &Value, headers: &mut Vec<(String, String)>) -> Result<Option<Bytes>, StepError> {
    let declared = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type")).map(|(_, value)| value.to_ascii_lowercase());
    let form = declared.as_deref().is_some_and(|media| media.starts_with("application/x-www-form-urlencoded"));
    let (bytes, media) = match body {
        Value::Null => return Ok(None),
        Value::String(text) => (text.clone(), "text/plain; charset=utf-8"),
        Value::Object(fields) if form => (form_body(fields), "application/x-www-form-urlencoded"),
        other => (other.to_string(), "application/json"),
    };
    if declared.is_none() {
        headers.push(("content-type".to_owned(), media.to_owned()));
    }
    Ok(Some(Bytes::from(bytes)))
}

fn form_body(fields: &Map<String, Value>) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields {
        let one = std::slice::from_ref(value);
        for value in value.as_array().map_or(one, Vec::as_slice) {
            form.append_pair(name, &plain_text(value));
        }
    }
    form.finish()
}

fn header_map(answer: &HttpResponse) -> IndexMap<String, String> {
    let mut map: IndexMap<String, String> = IndexMap::new();
    for (name, value) in &answer.headers {
        map.entry(name.to_ascii_lowercase())
            .and_modify(|all| {
                all.push_str(", ");
                all.push_str(value);
            })
            .or_insert_with(|| value.clone());
    }
    map
}
