//! How models are reached: endpoints by role, limits in time, prices.

use super::{ApiKey, Role};
use sayflow_engine::ports::{Clock, SystemClock};
use sayflow_engine::vault::Credential;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Where OpenAI's own API is.
pub const OPENAI_BASE_URL: &str = "https://api.openai.com/v1";

/// The model that is asked where none is named.
pub const DEFAULT_MODEL: &str = "gpt-5.4-mini";

/// Everything that the client has to know.
#[derive(Clone)]
pub struct ModelConfig {
    /// The endpoint of the roles that have none of their own.
    pub default: Endpoint,
    /// Endpoints of single roles.
    pub roles: BTreeMap<Role, Endpoint>,
    /// Limits in time.
    pub timeouts: Timeouts,
    /// How failures that may pass are tried again.
    pub retries: Retries,
    /// What models cost.
    pub prices: Prices,
    /// Tells the time and waits between attempts.
    pub clock: Arc<dyn Clock>,
}

impl ModelConfig {
    /// One endpoint for everything, with the usual limits.
    pub fn new(default: Endpoint) -> Self {
        Self {
            default,
            roles: BTreeMap::new(),
            timeouts: Timeouts::default(),
            retries: Retries::default(),
            prices: Prices::default(),
            clock: Arc::new(SystemClock),
        }
    }

    /// The endpoint of a role.
    pub fn endpoint(&self, role: Role) -> &Endpoint {
        self.roles.get(&role).unwrap_or(&self.default)
    }

    /// The endpoints, that of all others first.
    pub(super) fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        std::iter::once(&self.default).chain(self.roles.values())
    }
}

impl fmt::Debug for ModelConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelConfig").field("default", &self.default).field("roles", &self.roles).finish_non_exhaustive()
    }
}

/// One model at one address.
#[derive(Debug, Clone, PartialEq)]
pub struct Endpoint {
    base_url: Url,
    key: Option<ApiKey>,
    /// Its name; [`DEFAULT_MODEL`] when left out.
    pub model: Option<String>,
    /// How freely it answers.
    pub temperature: Temperature,
}

/// An endpoint that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}; {help}")]
pub struct EndpointError {
    /// What is wrong, without secrets.
    pub message: String,
    /// The way out.
    pub help: String,
}

impl EndpointError {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into() }
    }
}

impl Endpoint {
    /// An endpoint at an address such as `http://127.0.0.1:11434/v1`.
    ///
    /// # Errors
    /// When the address is none of a server, or the key cannot be sent.
    pub fn new(base_url: &str, key: Option<ApiKey>) -> Result<Self, EndpointError> {
        let url = read_base_url(base_url)?;
        let key = key.filter(|key| !key.is_empty());
        if key.as_ref().is_some_and(|key| key.bearer().is_none()) {
            return Err(EndpointError::new("the API key holds characters that cannot be sent", "copy it again, without line breaks"));
        }
        Ok(Self { base_url: url, key, model: None, temperature: Temperature::default() })
    }

    /// The endpoint of an account of the type `openai`; at another address only when the account is bound to that
    /// address's host.
    ///
    /// # Errors
    /// Those of [`Self::new`], and when the account must not be sent there.
    pub fn of_account(account: &Credential, base_url: Option<&str>) -> Result<Self, EndpointError> {
        let own = account.field("base_url").unwrap_or(OPENAI_BASE_URL);
        let endpoint = Self::new(base_url.unwrap_or(own), ApiKey::of_account(account))?;
        let (host, port) = endpoint.place();
        if account.may_go_to(&host, port) {
            return Ok(endpoint);
        }
        Err(EndpointError::new(
            format!("the account \"{}\" is bound to {} and is not sent to {host}:{port}", account.name, account.hosts.join(", ")),
            format!(
                "set it for that address: sayflow credentials set {} --type openai --field base_url={}",
                account.name,
                endpoint.base_url()
            ),
        ))
    }

    /// The same at another address. The key goes along only where host and port are the same.
    ///
    /// # Errors
    /// Those of [`Self::new`].
    pub fn moved_to(&self, base_url: &str) -> Result<Self, EndpointError> {
        let key = self.key.clone().filter(|_| self.is_at(base_url));
        let model = self.model.clone().filter(|_| self.is_at(base_url));
        Ok(Self::new(base_url, key)?.with_model(model).with_temperature(self.temperature))
    }

    /// With this model; a name without a character counts as none.
    #[must_use]
    pub fn with_model(mut self, model: Option<String>) -> Self {
        self.model = model.filter(|name| !name.trim().is_empty());
        self
    }

    /// With this temperature.
    #[must_use]
    pub fn with_temperature(mut self, temperature: Temperature) -> Self {
        self.temperature = temperature;
        self
    }

    /// The address, without a slash at its end.
    pub fn base_url(&self) -> &str {
        self.base_url.as_str().trim_end_matches('/')
    }

    /// The model's name.
    pub fn model_name(&self) -> &str {
        self.model.as_deref().unwrap_or(DEFAULT_MODEL)
    }

    /// Whether a key is sent.
    pub fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// Whether it is OpenAI's own.
    pub fn is_openai(&self) -> bool {
        self.base_url.host_str() == Some("api.openai.com")
    }

    /// Whether it is on this machine.
    pub(super) fn is_local(&self) -> bool {
        match self.base_url.host() {
            Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    }

    pub(super) fn key(&self) -> Option<&ApiKey> {
        self.key.as_ref()
    }

    /// Host and port.
    fn place(&self) -> (String, u16) {
        (self.base_url.host_str().unwrap_or_default().to_ascii_lowercase(), self.base_url.port_or_known_default().unwrap_or_default())
    }

    /// Whether another address is on the same host and port, so that a key for one may go to the other.
    pub fn is_at(&self, base_url: &str) -> bool {
        Self::new(base_url, None).is_ok_and(|other| other.place() == self.place())
    }
}

fn read_base_url(text: &str) -> Result<Url, EndpointError> {
    let bad = |why: &str| {
        // A password may stand in an address that cannot be read.
        let shown = if text.contains('@') { "the address".to_owned() } else { format!("\"{text}\"") };
        EndpointError::new(
            format!("{shown} is no address of a model server: {why}"),
            format!("write it like {OPENAI_BASE_URL} or http://127.0.0.1:11434/v1"),
        )
    };
    let mut url = Url::parse(text.trim()).map_err(|why| bad(&why.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(bad("it must begin with http:// or https://"));
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err(bad("it must have no password, query or fragment"));
    }
    // People copy the whole address of a request.
    let path = url.path().trim_end_matches('/').trim_end_matches("/chat/completions").to_owned();
    url.set_path(&path);
    Ok(url)
}

/// How freely a model answers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Temperature {
    /// From 0, always the likeliest word, to 2.
    Set(f32),
    /// Whatever is usual for the model.
    OfModel,
}

impl Default for Temperature {
    /// Low, and not 0: local reasoning models repeat themselves without end at 0.
    fn default() -> Self {
        Self::Set(0.2)
    }
}

/// Limits in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection.
    pub connect: Duration,
    /// For the first word of an answer. A local model may have to be loaded first.
    pub first_token: Duration,
    /// Between two words.
    pub stall: Duration,
    /// For a call, all its attempts together.
    pub call: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { connect: seconds(10), first_token: seconds(240), stall: seconds(60), call: seconds(420) }
    }
}

/// How failures that may pass are tried again: pauses are chosen at random up to a bound that doubles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retries {
    /// How often a request is made again.
    pub most: u32,
    /// The bound of the first pause.
    pub base: Duration,
    /// The largest bound.
    pub longest: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self { most: 3, base: Duration::from_millis(500), longest: Duration::from_secs(20) }
    }
}

/// What models cost, by name.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Prices(pub BTreeMap<String, Price>);

/// What a model costs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// US dollars for a million tokens that are sent.
    pub input: f64,
    /// US dollars for a million tokens that are received.
    pub output: f64,
}

impl Prices {
    /// The price of a model.
    pub fn of(&self, model: &str) -> Option<Price> {
        self.0.get(model).copied()
    }
}

impl Price {
    /// What so many tokens cost, in US dollars.
    #[allow(clippy::cast_precision_loss, reason = "token counts are far below 2^52")]
    pub fn of_tokens(self, input: u64, output: u64) -> f64 {
        (input as f64 * self.input + output as f64 * self.output) / 1_000_000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_people_write_them() {
        for (written, read) in [
            ("https://api.openai.com/v1", "https://api.openai.com/v1"),
            (" http://127.0.0.1:11434/v1/ ", "http://127.0.0.1:11434/v1"),
            ("http://localhost:1234/v1/chat/completions", "http://localhost:1234/v1"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ] {
            assert_eq!(Endpoint::new(written, None).unwrap().base_url(), read);
        }
        for wrong in ["", "api.openai.com", "ftp://host/v1", "https://user:s3cret@host/v1", "https://host/v1?key=x"] {
            let refused = Endpoint::new(wrong, None).unwrap_err().to_string();
            assert!(refused.contains("no address of a model server") && !refused.contains("s3cret"), "{refused}");
        }
    }

    #[test]
    fn a_key_for_one_place_is_not_one_for_another() {
        let endpoint = Endpoint::new("https://models.example/v1", None).unwrap();
        assert!(endpoint.is_at("https://MODELS.example:443/other"));
        assert!(!endpoint.is_at("https://models.example.evil/v1") && !endpoint.is_at("http://models.example/v1"));
    }

    #[test]
    fn prices_are_for_a_million_tokens() {
        assert!((Price { input: 2.0, output: 8.0 }.of_tokens(500_000, 250_000) - 3.0).abs() < 1e-9);
    }
}
