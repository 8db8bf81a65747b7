//! Request bodies and queries whose faults are told as problems.

use crate::problem::Refusal;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use sayflow_protocol::api::problem::kind;
use serde::de::DeserializeOwned;

/// The largest request body, in bytes.
pub(crate) const MAX_BODY: usize = 2 * 1024 * 1024;

/// A JSON body.
pub(crate) struct Body<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let bytes = Bytes::from_request(request, state).await.map_err(|why| match why.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, kind::TOO_LARGE, "The request is too large")
                .detail(format!("a request may have at most {} MiB", MAX_BODY / 1024 / 1024)),
            status => Refusal::new(status, kind::INVALID_REQUEST, "The request could not be read").detail(why.body_text()),
        })?;
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

fn unfit(detail: &str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, kind::INVALID_REQUEST, "The request makes no sense").detail(detail)
}
