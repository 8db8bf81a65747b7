//! The one client that makes outgoing HTTP connections for steps.
//!
//! Promises: every address is checked at the moment of connecting, redirects hop by hop; a redirect leads to another
//! host only where the request says so, and a write never; an account goes only to the hosts that it is bound to; no
//! answer and no error holds a secret that was sent; a body is never read beyond its limit. TLS roots are loaded
//! with the first `https` request and not before, because start-up time counts. No proxy is taken from the
//! environment: behind one, addresses could not be checked.

mod auth;
mod failure;
mod hop;
mod no_address;
mod policy;
mod resolver;
mod reveal;
mod scrub;
mod signature;

pub(crate) use auth::escaped;
pub use policy::{AllowListError, EgressPolicy, is_public};

use async_trait::async_trait;
use bytes::BytesMut;
use hop::{Hop, Next};
use no_address::Refused;
use reqwest::header::{HeaderMap, LOCATION};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use resolver::CheckedResolver;
use sayflow_engine::action::StepError;
use sayflow_engine::ports::{Http, HttpRequest, HttpResponse};
use scrub::Scrubber;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use url::Host;

/// The longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest chain of redirects.
const MAX_REDIRECTS: usize = 10;
/// Clients kept, one for each scheme and port; more than this many ports means that they come from data.
const MAX_CLIENTS: usize = 32;

/// Production's [`Http`].
pub struct Egress {
    policy: Arc<EgressPolicy>,
    clients: Mutex<HashMap<(Security, u16), Client>>,
}

/// Whether a connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Security {
    Plain,
    Tls,
}

impl Egress {
    /// A client under a policy. Nothing is built before the first request.
    pub fn new(policy: EgressPolicy) -> Self {
        Self { policy: Arc::new(policy), clients: Mutex::default() }
    }

    /// The client for a scheme and port. The port is part of what the resolver checks, so that each has its own.
    fn client(&self, security: Security, port: u16) -> Result<Client, StepError> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&(security, port)) {
            return Ok(client.clone());
        }
        let client = build(CheckedResolver { policy: self.policy.clone(), port }, security)?;
        if clients.len() >= MAX_CLIENTS {
            clients.clear();
        }
        clients.insert((security, port), client.clone());
        Ok(client)
    }

    /// Refuses an address that is written as such; names are checked when they are resolved.
    fn check_literal(&self, host: &Host<&str>, port: u16) -> Result<(), StepError> {
        let address = match host {
            Host::Ipv4(v4) => IpAddr::V4(*v4),
            Host::Ipv6(v6) => IpAddr::V6(*v6),
            Host::Domain(_) => return Ok(()),
        };
        if self.policy.permits(&host.to_string(), address, port) {
            return Ok(());
        }
        Err(failure::refused(&Refused { host: host.to_string(), address, port }))
    }

    async fn follow(&self, request: &HttpRequest<'_>) -> Result<HttpResponse, StepError> {
        let mut wrote = false;
        let answer = self.follow_hops(request, &mut wrote).await;
        // The write was answered by a redirect, so that it may be done however the way ends that the redirect opened.
        answer.map_err(|why| if wrote { why.unknown() } else { why })
    }

    async fn follow_hops(&self, request: &HttpRequest<'_>, wrote: &mut bool) -> Result<HttpResponse, StepError> {
        let mut hop = Hop::first(request)?;
        for _ in 0..=MAX_REDIRECTS {
            let answer = self.send_hop(&hop).await?;
            match location(&answer) {
                None => return whole(answer, &hop, request.max_bytes).await,
                Some(location) => match hop.redirected(answer.status().as_u16(), &location)? {
                    Next::Follow(next) => {
                        hop = *next;
                        *wrote = hop.wrote;
                    }
                    Next::HandBack(hop) => return whole(answer, &hop, request.max_bytes).await,
                },
            }
        }
        Err(StepError::new("too_many_redirects", format!("{} redirects more than {MAX_REDIRECTS} times", hop.shown))
            .help("check the address"))
    }

    async fn send_hop(&self, hop: &Hop<'_>) -> Result<Response, StepError> {
        let (host, port) = hop.place()?;
        self.check_literal(&host, port)?;
        let security = if hop.url.scheme() == "https" { Security::Tls } else { Security::Plain };
        let mut headers = hop.headers.clone();
        if let Some(auth) = hop.auth {
            auth::apply(auth, &mut headers)?;
        }
        let mut request = self.client(security, port)?.request(hop.method.clone(), hop.url.clone()).headers(headers);
        if let Some(body) = &hop.body {
            request = request.body(body.clone());
        }
        request.send().await.map_err(|why| {
            let error = failure::no_answer(&why, &hop.shown);
            let sent = !why.is_connect() && !why.is_builder() && error.code != "egress_refused" && error.code != "dns_failed";
            if sent && hop.may_not_repeat() { error.unknown() } else { error }
        })
    }
}

#[async_trait]
impl Http for Egress {
    async fn send(&self, request: HttpRequest<'_>) -> Result<HttpResponse, StepError> {
        let scrubber = Scrubber::of(request.auth);
        match tokio::time::timeout(request.timeout, self.follow(&request)).await {
            Ok(Ok(answer)) => Ok(scrubber.answer(answer)),
            Ok(Err(why)) => Err(scrubber.error(why)),
            Err(_) => {
                let place = auth::shown_place(&request);
                let late = StepError::new("timeout", format!("{place} did not answer within {:?}", request.timeout)).retryable();
                // It may have arrived: how far it came is not known.
                Err(if crate::http::is_idempotent(&request.method) { late } else { late.unknown() })
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the egress client")]
fn build(resolver: CheckedResolver, security: Security) -> Result<Client, StepError> {
    let builder = Client::builder()
        .dns_resolver(Arc::new(resolver))
        .redirect(Policy::none())
        .no_proxy()
        .referer(false)
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_max_idle_per_host(4)
        .user_agent(concat!("sayflow/", env!("CARGO_PKG_VERSION")));
    let builder = match security {
        // Without roots nothing is loaded from disk.
        Security::Plain => builder.tls_certs_only([]),
        Security::Tls => builder,
    };
    builder.build().map_err(|why| {
        let why = why.without_url();
        StepError::new("tls_failed", format!("secure connections cannot be set up: {why}"))
            .help("install this machine's certificate authorities (ca-certificates)")
    })
}

fn location(answer: &Response) -> Option<String> {
    let redirects = matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    let location = answer.headers().get(LOCATION).filter(|_| redirects)?;
    Some(String::from_utf8_lossy(location.as_bytes()).into_owned())
}

/// Reads the body, up to the limit.
async fn whole(mut answer: Response, hop: &Hop<'_>, max_bytes: usize) -> Result<HttpResponse, StepError> {
    let too_large = || {
        StepError::new("response_too_large", format!("{}: the answer is larger than {max_bytes} bytes", hop.shown))
            .help("ask for less, such as one page or fewer fields")
    };
    if answer.content_length().is_some_and(|length| usize::try_from(length).is_ok_and(|length| length > max_bytes)) {
        return Err(too_large());
    }
    let status = answer.status().as_u16();
    let headers = header_list(answer.headers());
    let mut body = BytesMut::new();
    loop {
        match answer.chunk().await {
            Ok(None) => return Ok(HttpResponse { status, headers, body: body.freeze() }),
            Ok(Some(chunk)) if body.len() + chunk.len() > max_bytes => return Err(too_large()),
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Err(why) => {
                let error = failure::no_answer(&why, &hop.shown);
                return Err(if hop.may_not_repeat() { error.unknown() } else { error });
            }
        }
    }
}

fn header_list(headers: &HeaderMap) -> Vec<(String, String)> {
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())).collect()
}
