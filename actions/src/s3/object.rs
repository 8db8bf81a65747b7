//! One object of a bucket: its address, a request to it, and what a refusal means.

use crate::format::{self, Format};
use crate::limits::{HTTP_TIMEOUT, MAX_BYTES};
use bytes::Bytes;
use rusty_s3::{Bucket, UrlStyle};
use sayflow_engine::action::{ActionContext, StepError};
use sayflow_engine::ports::{HttpAuth, HttpRequest, HttpResponse, Redirects};
use sayflow_engine::vault::Credential;
use serde_json::Value;
use std::time::Duration;
use url::Url;

/// The longest key, in bytes, that S3 takes.
const LONGEST_KEY: usize = 1024;
/// The longest pause that a store may ask for: an hour.
const LONGEST_PAUSE: u64 = 3600;

/// An object.
pub(super) struct Object<'a> {
    bucket: &'a str,
    key: &'a str,
    url: Url,
    credential: &'a Credential,
}

/// What a store says when it refuses: an XML document with a code and a sentence.
#[derive(Debug)]
struct Refusal {
    code: String,
    message: String,
}

impl Refusal {
    /// Empty where the answer says nothing that can be read.
    fn read(body: &[u8]) -> Self {
        let document = format::parse(Format::Xml, body).unwrap_or(Value::Null);
        let part = |name: &str| document["Error"][name].as_str().unwrap_or_default().to_owned();
        Self { code: part("Code"), message: part("Message") }
    }
}

impl<'a> Object<'a> {
    /// The object of a key in a bucket of the step's account.
    ///
    /// # Errors
    /// When there is no account, or no address can be made of these names.
    pub(super) fn new(bucket: &'a str, key: &'a str, cx: &'a ActionContext<'_>) -> Result<Self, StepError> {
        let credential = cx.require_credential()?;
        check_names(bucket, key)?;
        let field = |name: &str| credential.field(name).unwrap_or_default();
        let unfit = |why: String| {
            StepError::new("invalid_credential", format!("the account \"{}\": {why}", credential.name))
                .help(format!("set it again: sayflow credentials set {} --type s3 --field endpoint=https://…", credential.name))
        };
        let endpoint = Url::parse(field("endpoint")).map_err(|why| unfit(format!("its endpoint is no address: {why}")))?;
        let style = if field("path_style") == "false" { UrlStyle::VirtualHost } else { UrlStyle::Path };
        let store = Bucket::new(endpoint, style, bucket.to_owned(), field("region").to_owned())
            .map_err(|why| unfit(format!("no address of the bucket \"{bucket}\" can be made of its endpoint: {why}")))?;
        Ok(Self { bucket, key, url: store.object_url(key), credential })
    }

    /// How messages name it.
    pub(super) fn name(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.key)
    }

    /// Sends a request that the egress client signs.
    ///
    /// # Errors
    /// Those of the port, and `rate_limited`, `service_failed` and `service_refused` for an answer that is no success.
    pub(super) async fn send(
        &self,
        method: &str,
        headers: Vec<(String, String)>,
        body: Option<Bytes>,
        cx: &ActionContext<'_>,
    ) -> Result<HttpResponse, StepError> {
        let request = HttpRequest {
            method: method.to_owned(),
            url: self.url.to_string(),
            headers,
            body,
            auth: Some(HttpAuth::S3(self.credential)),
            timeout: cx.timeout.unwrap_or(HTTP_TIMEOUT),
            max_bytes: MAX_BYTES,
            redirects: Redirects::SameHost,
        };
        let answer = cx.ports.http.send(request).await?;
        if (200..300).contains(&answer.status) { Ok(answer) } else { Err(self.failure(&answer)) }
    }

    /// Both actions may be repeated, so that no failure leaves an outcome that matters.
    fn failure(&self, answer: &HttpResponse) -> StepError {
        let refusal = Refusal::read(&answer.body);
        let said = match (refusal.code.as_str(), refusal.message.as_str()) {
            ("", _) => format!("status {}", answer.status),
            (code, "") => code.to_owned(),
            (code, message) => format!("{code}: {message}"),
        };
        let name = self.name();
        if matches!(answer.status, 429 | 503) || refusal.code == "SlowDown" {
            let error = StepError::new("rate_limited", format!("{name}: the store asks for fewer requests: {said}"));
            let pause = answer.header("retry-after").and_then(|text| text.trim().parse::<u64>().ok());
            return match pause {
                Some(seconds) => error.retry_after(Duration::from_secs(seconds.min(LONGEST_PAUSE))),
                None => error.retryable().help("send less often"),
            };
        }
        if answer.status >= 500 {
            return StepError::new("service_failed", format!("{name}: the store failed: {said}"))
                .help("it is the store's fault; try again later")
                .retryable();
        }
        let error = StepError::new("service_refused", format!("{name}: {said}"));
        match self.remedy(&refusal.code, answer.status) {
            Some(remedy) => error.help(remedy),
            None => error,
        }
    }

    fn remedy(&self, code: &str, status: u16) -> Option<String> {
        let set = |field: &str| format!("sayflow credentials set {} --type s3 --field {field}=…", self.credential.name);
        Some(match code {
            "NoSuchBucket" => format!("check the bucket's name; the account looks for it at {}", self.credential.hosts.join(", ")),
            "NoSuchKey" => "check the key; letters count as they are written".to_owned(),
            "AccessDenied" => format!("give the account's key the right to read or write in the bucket \"{}\"", self.bucket),
            "InvalidAccessKeyId" => format!("the store does not know the key: {}", set("access_key")),
            "SignatureDoesNotMatch" => format!("the secret key is another one: {}", set("secret_key")),
            "ExpiredToken" | "InvalidToken" => format!("the session token has expired: {}", set("session_token")),
            "RequestTimeTooSkewed" => "set this machine's clock".to_owned(),
            "AuthorizationHeaderMalformed" | "AuthorizationQueryParametersError" | "PermanentRedirect" | "TemporaryRedirect" => {
                format!("the bucket is in another region; set the account with its region and endpoint: {}", set("region"))
            }
            "" if (300..400).contains(&status) => {
                format!("the bucket is elsewhere; set the account with its region and endpoint: {}", set("region"))
            }
            "" if status == 404 => "check the bucket and the key".to_owned(),
            "" if status == 403 => "check the account's key and what it may do in the bucket".to_owned(),
            _ => return None,
        })
    }
}

/// Refuses names that an address cannot hold as they are: it would lead to another object than the one that is named.
fn check_names(bucket: &str, key: &str) -> Result<(), StepError> {
    let invalid = |message: String, help: &str| Err(StepError::new("invalid_parameters", message).help(help.to_owned()));
    let plain = bucket.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')) && !bucket.starts_with('.');
    if bucket.is_empty() || !plain {
        return invalid(format!("\"{}\" is no name of a bucket", bucket.escape_debug()), "give its name alone, without s3:// and the key");
    }
    let dots = key.split('/').any(|part| matches!(part, "." | ".."));
    if key.is_empty() || key.len() > LONGEST_KEY || dots || key.trim() != key || key.starts_with('/') || key.chars().any(char::is_control) {
        return invalid(
            format!("\"{}\" cannot be the key of an object", crate::items::excerpt(key)),
            "write it like daily/orders.csv, without \"/\" or space at its ends and without \".\" and \"..\"",
        );
    }
    Ok(())
}
