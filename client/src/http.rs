//! Requests and answers: addresses, the token, and what a refusal looks like.

use crate::ClientError;
use reqwest::{Method, RequestBuilder, Response};
use sayflow_protocol::api::Problem;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;
use url::Url;

/// How long the server may take to accept a connection. It is on this machine or near it.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A server that is spoken to. A cheap handle; as long as one lives, its connection stays open and the server knows
/// that it has a client.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    token: String,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

impl Client {
    /// A client of the server at an address such as `http://127.0.0.1:8787`. Nothing is sent yet.
    ///
    /// # Errors
    /// When the address is no `http` or `https` URL.
    pub fn new(address: &str, token: &str) -> Result<Self, ClientError> {
        let unusable = |why: String| ClientError::Unreachable { address: address.to_owned(), why };
        let base = Url::parse(address).map_err(|why| unusable(why.to_string()))?;
        if !matches!(base.scheme(), "http" | "https") || base.host().is_none() {
            return Err(unusable("it is no http or https address".into()));
        }
        #[allow(clippy::disallowed_methods, reason = "this is the API client; it speaks to our own server only")]
        let mut builder = reqwest::Client::builder()
            .http1_only()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(None)
            .tcp_nodelay(true);
        if base.scheme() == "http" {
            // Reading the system's certificates takes longer than everything else at start-up.
            builder = builder.tls_certs_only([]);
        }
        let http = builder.build().map_err(|why| unusable(why.to_string()))?;
        Ok(Self { http, base, token: token.to_owned() })
    }

    /// The server's address.
    pub fn address(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// A request to a path below the server's address, given by its segments.
    pub(crate) fn request(&self, method: Method, segments: &[&str]) -> RequestBuilder {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        self.http.request(method, url).bearer_auth(&self.token)
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, segments: &[&str]) -> Result<T, ClientError> {
        self.fetch(self.request(Method::GET, segments)).await
    }

    pub(crate) async fn get_with<T: DeserializeOwned>(&self, segments: &[&str], query: &impl Serialize) -> Result<T, ClientError> {
        self.fetch(self.request(Method::GET, segments).query(query)).await
    }

    pub(crate) async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        segments: &[&str],
        body: &impl Serialize,
    ) -> Result<T, ClientError> {
        self.fetch(self.request(method, segments).json(body)).await
    }

    pub(crate) async fn delete(&self, segments: &[&str]) -> Result<(), ClientError> {
        self.answer(self.request(Method::DELETE, segments)).await?;
        Ok(())
    }

    async fn fetch<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, ClientError> {
        let answer = self.answer(request).await?;
        self.read(answer).await
    }

    /// Reads a JSON answer.
    pub(crate) async fn read<T: DeserializeOwned>(&self, answer: Response) -> Result<T, ClientError> {
        let body = answer.bytes().await.map_err(|why| self.unreachable(&why))?;
        serde_json::from_slice(&body).map_err(|why| self.unexpected(why.to_string()))
    }

    /// Sends, and turns every status that is no success into an error.
    pub(crate) async fn answer(&self, request: RequestBuilder) -> Result<Response, ClientError> {
        let answer = request.send().await.map_err(|why| self.unreachable(&why))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let body = answer.bytes().await.map_err(|why| self.unreachable(&why))?;
        match serde_json::from_slice::<Problem>(&body) {
            Ok(problem) => Err(ClientError::Problem(Box::new(problem))),
            Err(_) => Err(self.unexpected(format!("HTTP status {status} without a problem report"))),
        }
    }

    pub(crate) fn unexpected(&self, why: String) -> ClientError {
        ClientError::Unexpected { address: self.address().to_owned(), why }
    }

    /// An answer that stopped in its middle.
    pub(crate) fn broken(&self, why: &str) -> ClientError {
        ClientError::Unreachable { address: self.address().to_owned(), why: why.to_owned() }
    }

    fn unreachable(&self, why: &reqwest::Error) -> ClientError {
        // reqwest's own text stops at "error sending request"; the reason lies at the end of the chain.
        let mut source: &dyn std::error::Error = why;
        while let Some(inner) = source.source() {
            source = inner;
        }
        ClientError::Unreachable { address: self.address().to_owned(), why: source.to_string() }
    }
}
