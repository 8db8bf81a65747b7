//! Request bodies and queries whose faults are told as problems.

use crate::problem::Refusal;
use axum::body::{Bytes, HttpBody};
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use sayflow_protocol::api::problem::kind;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// The largest request body, in bytes.
pub(crate) const MAX_BODY: usize = 2 * 1024 * 1024;

/// The largest body of a webhook, in bytes.
pub(crate) const MAX_HOOK: usize = 1024 * 1024;

/// How long a client may take to send all of a body.
const BODY_TIME: Duration = Duration::from_secs(30);

/// A body as it came, of at most so many bytes; the limit of its route must say the same. One that says itself that it is
/// larger is not read.
pub(crate) struct RawBody<const MOST: usize>(pub(crate) Bytes);

impl<S: Send + Sync, const MOST: usize> FromRequest<S> for RawBody<MOST> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        if request.body().size_hint().lower() > MOST as u64 {
            return Err(too_large(MOST));
        }
        let read = tokio::time::timeout(BODY_TIME, Bytes::from_request(request, state)).await.map_err(|_| {
            Refusal::new(StatusCode::REQUEST_TIMEOUT, kind::TOO_SLOW, "The request took too long to arrive")
                .detail(format!("the body did not arrive within {} s", BODY_TIME.as_secs()))
        })?;
        read.map(Self).map_err(|why| match why.status() {
            StatusCode::PAYLOAD_TOO_LARGE => too_large(MOST),
            status => Refusal::new(status, kind::INVALID_REQUEST, "The request could not be read").detail(why.body_text()),
        })
    }
}

/// A JSON body.
pub(crate) struct Body<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let RawBody(bytes) = RawBody::<MAX_BODY>::from_request(request, state).await?;
        let value = serde_json::from_slice(&bytes).map_err(|why| unfit(&format!("the body does not fit: {why}")))?;
        Ok(Self(value))
    }
}

/// The query string.
pub(crate) struct Params<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let Query(value) = Query::try_from_uri(&parts.uri).map_err(|why| unfit(&why.body_text()))?;
        Ok(Self(value))
    }
}

fn too_large(most: usize) -> Refusal {
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, kind::TOO_LARGE, "The request is too large")
        .detail(format!("a request to this address may have at most {} MiB", most / 1024 / 1024))
}

fn unfit(detail: &str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, kind::INVALID_REQUEST, "The request makes no sense").detail(detail)
}
