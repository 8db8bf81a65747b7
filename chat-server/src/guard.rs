//! Refuses requests that were meant for another host: a web page that points its own name at this machine (DNS
//! rebinding) sends that name in `Host`.

use crate::problem::Refusal;
use crate::shared::Shared;
use axum::extract::{Request, State};
use axum::http::header::HOST;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use sayflow_protocol::api::problem::kind;
use std::net::IpAddr;

pub(crate) async fn check_host(State(shared): State<Shared>, request: Request, next: Next) -> Result<Response, Refusal> {
    if is_meant_for_us(request.headers(), &shared.hosts) {
        return Ok(next.run(request).await);
    }
    Err(Refusal::new(StatusCode::FORBIDDEN, kind::FORBIDDEN, "The request was meant for another host")
        .help("to reach the server under a name of its own, list it under `hosts` in the [server] section of config.toml"))
}

fn is_meant_for_us(headers: &HeaderMap, hosts: &[String]) -> bool {
    let Some(host) = headers.get(HOST).and_then(|host| host.to_str().ok()) else { return false };
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let name = authority.host().trim_start_matches('[').trim_end_matches(']');
    let loopback = name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    loopback || hosts.iter().any(|known| known.eq_ignore_ascii_case(name) || known.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(host: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        is_meant_for_us(&headers, &["flows.example".to_owned()])
    }

    #[test]
    fn loopback_names_and_configured_names_are_ours() {
        for ours in ["127.0.0.1:8787", "localhost", "LOCALHOST:1", "[::1]:8787", "flows.example", "Flows.Example:443"] {
            assert!(accepts(ours), "{ours}");
        }
        for foreign in ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:80", "10.0.0.1", "flows.example.org"] {
            assert!(!accepts(foreign), "{foreign}");
        }
        assert!(!is_meant_for_us(&HeaderMap::new(), &[]));
    }
}
