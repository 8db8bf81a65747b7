//! The connections: one HTTP client for endpoints on this machine and one for all others, and async-openai's client on
//! top of them.

use super::ApiKey;
use super::config::Endpoint;
use async_openai::config::Config;
use reqwest::header::{AUTHORIZATION, HeaderMap};
use secrecy::SecretString;
use serde_json::Value;
use std::sync::{LazyLock, OnceLock};
use std::time::Duration;

/// The longest wait for the list of models.
const LIST_PATIENCE: Duration = Duration::from_secs(15);
/// The largest list of models, in bytes.
const LARGEST_LIST: usize = 2 * 1024 * 1024;

/// Makes clients when they are first needed: reading the certificates of the machine takes a while.
pub(super) struct Wire {
    connect: Duration,
    local: OnceLock<reqwest::Client>,
    remote: OnceLock<reqwest::Client>,
}

/// Why there is no list of models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WireError {
    /// There is none at the address.
    NotThere,
    /// It cannot be had.
    Failed,
}

impl Wire {
    pub(super) fn new(connect: Duration) -> Self {
        Self { connect, local: OnceLock::new(), remote: OnceLock::new() }
    }

    /// The HTTP client of an endpoint. It follows no redirect: the key is for one address.
    pub(super) fn http(&self, endpoint: &Endpoint) -> reqwest::Client {
        let slot = if endpoint.is_local() { &self.local } else { &self.remote };
        slot.get_or_init(|| build(self.connect, endpoint.is_local())).clone()
    }

    /// async-openai's client of an endpoint, not yet bound to our transport.
    pub(super) fn client(&self, endpoint: &Endpoint) -> async_openai::Client<Address> {
        async_openai::Client::build(self.http(endpoint), Address(endpoint.clone()))
    }

    /// The names of the models that an endpoint lists, sorted.
    pub(super) async fn models(&self, endpoint: &Endpoint) -> Result<Vec<String>, WireError> {
        let address = Address(endpoint.clone());
        let request = self.http(endpoint).get(address.url("/models")).headers(address.headers());
        let listed = tokio::time::timeout(LIST_PATIENCE, async {
            let mut response = request.send().await.map_err(|_| WireError::Failed)?;
            match response.status().as_u16() {
                200..=299 => {}
                404 | 405 => return Err(WireError::NotThere),
                _ => return Err(WireError::Failed),
            }
            let mut body = Vec::new();
            while let Some(piece) = response.chunk().await.map_err(|_| WireError::Failed)? {
                body.extend_from_slice(&piece);
                if body.len() > LARGEST_LIST {
                    return Err(WireError::Failed);
                }
            }
            serde_json::from_slice::<Value>(&body).map_err(|_| WireError::NotThere)
        });
        let list = listed.await.map_err(|_| WireError::Failed)??;
        let entries = list["data"].as_array().or(list["models"].as_array()).ok_or(WireError::NotThere)?;
        let name = |entry: &Value| entry.as_str().or(entry["id"].as_str()).or(entry["name"].as_str()).map(str::to_owned);
        let mut names: Vec<String> = entries.iter().filter_map(name).collect();
        names.sort();
        Ok(names)
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the client of the models: it connects only to the endpoints of the settings")]
fn build(connect: Duration, local: bool) -> reqwest::Client {
    let builder = reqwest::Client::builder()
        .user_agent(concat!("sayflow/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(connect)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never());
    // A proxy cannot reach this machine's own servers.
    let builder = if local { builder.no_proxy() } else { builder };
    builder.build().unwrap_or_else(|why| {
        tracing::error!(%why, "the HTTP client cannot be set up as it should be");
        reqwest::Client::default()
    })
}

/// An endpoint as async-openai wants to know it. Nothing comes from the environment.
#[derive(Clone)]
pub(super) struct Address(Endpoint);

static NO_KEY: LazyLock<SecretString> = LazyLock::new(SecretString::default);

impl Config for Address {
    fn headers(&self) -> HeaderMap {
        let bearer = self.0.key().and_then(ApiKey::bearer);
        bearer.map(|bearer| (AUTHORIZATION, bearer)).into_iter().collect()
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.0.base_url())
    }

    fn query(&self) -> Vec<(&str, &str)> {
        Vec::new()
    }

    fn api_base(&self) -> &str {
        self.0.base_url()
    }

    fn api_key(&self) -> &SecretString {
        self.0.key().map_or(&NO_KEY, ApiKey::secret)
    }
}
