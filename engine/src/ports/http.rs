//! Outgoing HTTP.

use crate::action::StepError;
use crate::vault::Credential;
use async_trait::async_trait;
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;

/// Makes requests. The production client checks every resolved address and every redirect against the egress rules,
/// and every credential against the hosts that it is bound to.
#[async_trait]
pub trait Http: Send + Sync {
    /// Sends a request and reads the answer whole. Any status counts as an answer.
    ///
    /// # Errors
    /// With `outcome_unknown` when the request may have arrived but no answer did.
    async fn send(&self, request: HttpRequest<'_>) -> Result<HttpResponse, StepError>;
}

/// A request.
#[derive(Debug, Clone)]
pub struct HttpRequest<'a> {
    /// Upper case.
    pub method: String,
    /// Absolute URL, `http` or `https`. With [`HttpAuth::InUrl`] it holds `{token}` where the secret belongs, with
    /// [`HttpAuth::Url`] it begins with `{url}`.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<Bytes>,
    /// How the credential is put into the request.
    pub auth: Option<HttpAuth<'a>>,
    /// The longest wait for the whole answer.
    pub timeout: Duration,
    /// The largest body that is read, in bytes.
    pub max_bytes: usize,
    /// Where a read may be redirected. A write is never sent on to another host.
    pub redirects: Redirects,
}

/// Where a read may be redirected. The same host over https, and with or without `www.`, is always fine; in every case
/// the egress rules hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Redirects {
    /// Nowhere else.
    #[default]
    SameHost,
    /// To these hosts too, each as `host:port`.
    To(Arc<[String]>),
    /// To any host: the address came from data that may name any.
    Anywhere,
}

/// How a credential is put into a request.
#[derive(Debug, Clone, Copy)]
pub enum HttpAuth<'a> {
    /// `Authorization: Bearer` with the secret of a field.
    Bearer(&'a Credential, &'a str),
    /// `Authorization: Basic` with the fields `username` and `password`.
    Basic(&'a Credential),
    /// A header of its own (the plain field `header` names it) with the secret of a field.
    Header(&'a Credential, &'a str),
    /// In the place of `{token}` in the URL, with the secret of a field.
    InUrl(&'a Credential, &'a str),
    /// The whole address is the secret of a field, as with incoming webhooks: the request's URL is `{url}`, and a query
    /// behind it is added to the address's own.
    Url(&'a Credential, &'a str),
    /// An AWS signature in the query (Signature Version 4), with the fields `region` and `access_key`, the secret
    /// `secret_key` and, for keys that expire, the secret `session_token`. A bucket's name may stand before the host that
    /// the account is bound to.
    S3(&'a Credential),
}

/// An answer.
#[derive(Debug, Clone)]
pub struct HttpResponse {
    /// Such as 200.
    pub status: u16,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body, decompressed.
    pub body: Bytes,
}

impl HttpResponse {
    /// A header's first value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}
