//! One request of a chain of redirects, and what the next one may carry.

use super::auth;
use crate::http::is_idempotent;
use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use sayflow_engine::action::StepError;
use sayflow_engine::ports::{HttpAuth, HttpRequest, Redirects};
use url::{Host, Url};

/// Headers that say how a message is framed or routed, which is the client's business.
const RESERVED: &[&str] =
    &["host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "keep-alive", "expect"];

/// A request that is about to be sent.
pub(super) struct Hop<'a> {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Bytes>,
    pub(super) auth: Option<HttpAuth<'a>>,
    /// How the place is called in messages: no query, no secret.
    pub(super) shown: String,
    redirects: Redirects,
    /// Whether an earlier hop wrote, so that this one only looks at the answer.
    pub(super) wrote: bool,
}

/// What a redirect leads to.
pub(super) enum Next<'a> {
    /// The next request.
    Follow(Box<Hop<'a>>),
    /// Nothing more: the write is done, and where its answer points to is not for this step. The redirect is the answer.
    HandBack(Box<Hop<'a>>),
}

impl<'a> Hop<'a> {
    /// The first request.
    pub(super) fn first(request: &HttpRequest<'a>) -> Result<Self, StepError> {
        let method = Method::from_bytes(request.method.as_bytes())
            .map_err(|_| StepError::new("invalid_request", format!("\"{}\" is no HTTP method", request.method)))?;
        let written = request.url.split(['?', '#']).next().unwrap_or_default();
        let url = Url::parse(&auth::fill_url(&request.method, &request.url, request.auth)?).map_err(|why| {
            StepError::new("invalid_url", format!("\"{written}\" is no address: {why}"))
                .help("write it in full, such as https://api.example/orders")
        })?;
        check_url(&url, written)?;
        if let Some(auth) = request.auth {
            auth::check_host(auth, &url)?;
        }
        let shown = auth::redact(&shown(&url, request.auth), request.auth);
        let (headers, body, redirects) = (headers(&request.headers)?, request.body.clone(), request.redirects.clone());
        Ok(Self { method, url, headers, body, auth: request.auth, shown, redirects, wrote: false })
    }

    /// The request that a redirect asks for.
    pub(super) fn redirected(mut self, status: u16, location: &str) -> Result<Next<'a>, StepError> {
        let broken = |shown: &str, why: &str| StepError::new("redirect_refused", format!("{shown} redirects to an address that {why}"));
        let next = self.url.join(location).map_err(|_| broken(&self.shown, "is none"))?;
        if !matches!(next.scheme(), "http" | "https") || !next.username().is_empty() || next.password().is_some() {
            return Err(broken(&self.shown, "is not plain http or https"));
        }
        let next_shown = auth::redact(&shown(&next, self.auth), self.auth);
        let same_origin = self.url.origin() == next.origin();
        let same_place = same_origin || is_upgrade(&self.url, &next);
        let as_get = status == 303 && self.method != Method::HEAD || matches!(status, 301 | 302) && self.method == Method::POST;
        if as_get || self.method.is_safe() {
            self.wrote |= !self.method.is_safe();
            if !same_place && !self.may_look_at(&next) {
                if self.wrote {
                    return Ok(Next::HandBack(Box::new(self)));
                }
                let message = format!("{} redirects to {next_shown}, another host, which this workflow does not read", self.shown);
                return Err(StepError::new("redirect_refused", message).help(format!(
                    "if that is meant, put the new address into the step; where it changes each time, add {} to `redirect_hosts` of http.request",
                    next.origin().ascii_serialization()
                )));
            }
        }
        self.url = next;
        if as_get {
            self.method = Method::GET;
            self.body = None;
            self.headers.remove(CONTENT_TYPE);
        } else if !same_place && !self.method.is_safe() {
            let message = format!("{} asks to send the {} on to {next_shown}, another place", self.shown, self.method);
            return Err(StepError::new("redirect_refused", message)
                .help("a write goes only where the workflow says; put that address into the step"));
        }
        if !same_place {
            self.leave_place();
        } else if !same_origin && !self.auth.is_some_and(|auth| auth::may_go_to(auth, &self.url)) {
            self.auth = None;
        }
        self.shown = next_shown;
        Ok(Next::Follow(Box::new(self)))
    }

    /// Whether a read may go on to another place.
    fn may_look_at(&self, next: &Url) -> bool {
        same_site(&self.url, next)
            || match (&self.redirects, next.host_str(), next.port_or_known_default()) {
                (Redirects::Anywhere, ..) => true,
                (Redirects::To(hosts), Some(host), Some(port)) => hosts.contains(&format!("{}:{port}", host.to_lowercase())),
                _ => false,
            }
    }

    /// Drops what belongs to the place that is left: another port may be another program.
    fn leave_place(&mut self) {
        self.auth = None;
        let harmless = [ACCEPT, ACCEPT_LANGUAGE, CONTENT_TYPE, USER_AGENT];
        self.headers = harmless.into_iter().filter_map(|name| self.headers.get(&name).cloned().map(|value| (name, value))).collect();
    }

    /// Host and port, for the policy and the choice of a client.
    pub(super) fn place(&self) -> Result<(Host<&str>, u16), StepError> {
        match (self.url.host(), self.url.port_or_known_default()) {
            (Some(host), Some(port)) => Ok((host, port)),
            _ => Err(StepError::new("invalid_url", format!("{}: there is no host in the address", self.shown))),
        }
    }

    /// Whether sending it again could do something twice.
    pub(super) fn may_not_repeat(&self) -> bool {
        !is_idempotent(self.method.as_str())
    }
}

/// The usual way from http to https of one host, which stays with the same server.
fn is_upgrade(from: &Url, to: &Url) -> bool {
    from.host() == to.host()
        && (from.scheme(), from.port_or_known_default()) == ("http", Some(80))
        && (to.scheme(), to.port_or_known_default()) == ("https", Some(443))
}

/// One host over http and then https, with and without `www.`: what every reader expects to be the same site.
fn same_site(from: &Url, to: &Url) -> bool {
    let bare = |url: &Url| {
        let host = url.domain()?.to_lowercase();
        Some(host.strip_prefix("www.").filter(|rest| rest.contains('.')).map(str::to_owned).unwrap_or(host))
    };
    let same_name = from.host() == to.host() || bare(from).is_some_and(|name| bare(to) == Some(name));
    let (from_port, to_port) = (from.port_or_known_default(), to.port_or_known_default());
    let no_worse = from.scheme() == to.scheme() || to.scheme() == "https";
    same_name && no_worse && (from_port == to_port || (from_port, to_port) == (Some(80), Some(443)))
}

fn check_url(url: &Url, written: &str) -> Result<(), StepError> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(StepError::new("invalid_url", format!("\"{written}\": only http and https are spoken, not {}", url.scheme())));
    }
    if !url.username().is_empty() || url.password().is_some() {
        // The address itself is not repeated: there is a password in it.
        let message = format!("the address of {} has a user name or password in it", url.host_str().unwrap_or_default());
        return Err(StepError::new("invalid_url", message)
            .help("keep them in an account: sayflow credentials set NAME --type http-basic --field username=… --field password=…"));
    }
    Ok(())
}

fn headers(list: &[(String, String)]) -> Result<HeaderMap, StepError> {
    let mut headers = HeaderMap::new();
    for (name, value) in list {
        let wrong = |why: &str| StepError::new("invalid_header", format!("the header \"{}\" {why}", crate::items::excerpt(name)));
        let key = HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| wrong("has a name that no header can have"))?;
        if RESERVED.contains(&key.as_str()) || key.as_str().starts_with("proxy-") {
            return Err(wrong("is set by Sayflow itself").help("leave it out"));
        }
        let value =
            HeaderValue::from_str(value.trim()).map_err(|_| wrong("has a line break or another character that no header can hold"))?;
        headers.append(key, value);
    }
    Ok(headers)
}

/// Scheme, host, port and path; queries may hold keys, and where the address is the secret, the path does.
fn shown(url: &Url, auth: Option<HttpAuth<'_>>) -> String {
    let origin = url.origin().ascii_serialization();
    if matches!(auth, Some(HttpAuth::Url(..))) { origin } else { format!("{origin}{}", url.path()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use indexmap::IndexMap;
    use sayflow_engine::vault::Credential;
    use std::time::Duration;

    fn request<'a>(method: &str, url: &str, auth: Option<HttpAuth<'a>>) -> HttpRequest<'a> {
        HttpRequest {
            method: method.to_owned(),
            url: url.to_owned(),
            headers: vec![("x-api-key".into(), "k".into()), ("accept".into(), "text/plain".into())],
            body: Some(Bytes::from_static(b"b")),
            auth,
            timeout: Duration::from_secs(1),
            max_bytes: 1,
            redirects: Redirects::SameHost,
        }
    }

    fn account() -> Credential {
        let hosts = vec!["api.example".to_owned()];
        Credential { name: "a".into(), kind: "http-bearer".into(), hosts, fields: IndexMap::new(), secrets: IndexMap::new() }
    }

    fn followed<'a>(method: &str, from: &str, status: u16, to: &str, redirects: Redirects) -> Result<Next<'a>, StepError> {
        let mut request = request(method, from, None);
        request.redirects = redirects;
        Hop::first(&request).unwrap().redirected(status, to)
    }

    #[test]
    fn a_write_is_sent_on_within_its_place_only() {
        let sent_on = |from: &str, to: &str| followed("POST", from, 307, to, Redirects::Anywhere).map(|_| ());
        assert!(sent_on("http://api.example/a", "/b").is_ok());
        assert!(sent_on("http://api.example/a", "https://api.example/a").is_ok());
        for elsewhere in ["http://api.example:8080/", "https://api.example:8443/", "http://other.example/", "//api.example.evil.example/"] {
            assert_eq!(sent_on("http://api.example/a", elsewhere).unwrap_err().code, "redirect_refused", "{elsewhere}");
        }
        assert_eq!(sent_on("https://api.example/a", "http://api.example/a").unwrap_err().code, "redirect_refused");
        assert_eq!(sent_on("https://api.example/a", "https://www.api.example/a").unwrap_err().code, "redirect_refused");
    }

    #[test]
    fn a_read_stays_with_its_site() {
        let read = |from: &str, to: &str| followed("GET", from, 302, to, Redirects::SameHost).map(|_| ());
        for (from, to) in [
            ("http://news.example/a", "/b"),
            ("http://news.example/a", "https://news.example/a"),
            ("https://news.example/a", "https://www.news.example/a"),
            ("http://www.news.example/a", "https://news.example/"),
            ("https://NEWS.example/a", "https://news.example/b"),
            ("http://127.0.0.1:8080/a", "http://127.0.0.1:8080/b"),
        ] {
            assert!(read(from, to).is_ok(), "{from} to {to}");
        }
        for (from, to) in [
            ("https://news.example/a", "https://other.example/a"),
            ("https://news.example/a", "https://api.news.example/a"),
            ("https://news.example/a", "http://news.example/a"),
            ("https://news.example/a", "https://news.example:8443/a"),
            ("https://news.example/a", "//www.news.example.evil.example/"),
            ("http://127.0.0.1:8080/a", "http://127.0.0.1:9090/a"),
            ("https://example/a", "https://www.example/a"),
        ] {
            let Err(why) = read(from, to) else { panic!("{from} to {to}") };
            assert_eq!(why.code, "redirect_refused", "{from} to {to}");
        }
    }

    #[test]
    fn a_read_goes_on_to_hosts_that_were_approved() {
        let listed = Redirects::To(["files.example:443".to_owned()].into());
        let read = |to: &str, redirects: &Redirects| followed("GET", "https://api.example/a?key=1", 302, to, redirects.clone()).map(|_| ());
        assert!(read("https://files.example/x", &listed).is_ok());
        assert!(read("https://any.example/x", &Redirects::Anywhere).is_ok());
        let why = read("https://any.example/x?sig=1", &listed).unwrap_err();
        let said = format!("{} {}", why.message, why.help.unwrap());
        assert!(
            said.contains("https://any.example/x, another host") && said.contains("add https://any.example to `redirect_hosts`"),
            "{said}"
        );
        assert!(!said.contains("key=1") && !said.contains("sig=1"), "{said}");
    }

    #[test]
    fn a_write_that_is_answered_with_another_host_is_done() {
        for status in [301, 302, 303] {
            let next = followed("POST", "https://api.example/a", status, "https://other.example/", Redirects::SameHost).unwrap();
            assert!(matches!(next, Next::HandBack(hop) if hop.may_not_repeat()), "{status}");
            let Next::Follow(hop) = followed("POST", "https://api.example/a", status, "/done", Redirects::SameHost).unwrap() else {
                panic!("the same host is looked at")
            };
            assert_eq!((hop.method.as_str(), hop.wrote), ("GET", true));
            assert!(matches!(hop.redirected(302, "https://other.example/"), Ok(Next::HandBack(_))), "{status}");
        }
    }

    #[test]
    fn accounts_and_headers_stay_at_the_place_that_they_were_meant_for() {
        let account = account();
        let after = |from: &str, to: &str| {
            let mut request = request("GET", from, Some(HttpAuth::Bearer(&account, "token")));
            request.redirects = Redirects::Anywhere;
            let Next::Follow(hop) = Hop::first(&request).unwrap().redirected(302, to).unwrap() else { panic!("a read is followed") };
            (hop.auth.is_some(), hop.headers.contains_key("x-api-key"), hop.headers.contains_key("accept"))
        };
        assert_eq!(after("http://api.example/a", "/b"), (true, true, true));
        assert_eq!(after("http://api.example/a", "https://api.example/a"), (true, true, true));
        for elsewhere in ["https://other.example/", "https://api.example:8443/", "http://api.example/"] {
            assert_eq!(after("https://api.example/a", elsewhere), (false, false, true), "{elsewhere}");
        }
    }
}
