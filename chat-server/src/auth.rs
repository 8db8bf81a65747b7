//! Who asks: the bearer token makes the owner, its absence a stranger. A wrong token is refused at once.

use crate::problem::Refusal;
use crate::shared::Shared;
use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use sayflow_host::Principal;
use sayflow_protocol::api::problem::kind;
use subtle::ConstantTimeEq;

pub(crate) async fn recognise(State(shared): State<Shared>, mut request: Request, next: Next) -> Result<Response, Refusal> {
    let principal = principal_of(request.headers(), &shared.token)?;
    request.extensions_mut().insert(principal);
    Ok(next.run(request).await)
}

fn principal_of(headers: &HeaderMap, token: &str) -> Result<Principal, Refusal> {
    let Some(header) = headers.get(AUTHORIZATION) else { return Ok(Principal::Stranger) };
    let given = header.as_bytes();
    let (scheme, given) = given.split_at(given.len().min(7));
    // The comparison takes the same time wherever the first difference lies.
    if scheme.eq_ignore_ascii_case(b"bearer ") && bool::from(given.trim_ascii().ct_eq(token.as_bytes())) {
        return Ok(Principal::Owner);
    }
    Err(Refusal::new(StatusCode::UNAUTHORIZED, kind::UNAUTHORIZED, "The server's token is needed")
        .detail("the token is not that of this server")
        .help("the token is in server.json in the data folder"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(header: Option<&str>) -> Option<Principal> {
        let mut headers = HeaderMap::new();
        if let Some(value) = header {
            headers.insert(AUTHORIZATION, value.parse().unwrap());
        }
        principal_of(&headers, "s3cret").ok()
    }

    #[test]
    fn only_the_token_makes_the_owner() {
        assert_eq!(with(Some("Bearer s3cret")), Some(Principal::Owner));
        assert_eq!(with(Some("bearer  s3cret")), Some(Principal::Owner));
        assert_eq!(with(None), Some(Principal::Stranger));
        for wrong in ["Bearer s3cre", "Bearer s3crets", "Bearer", "Basic s3cret", "s3cret", ""] {
            assert_eq!(with(Some(wrong)), None, "{wrong}");
        }
    }
}
