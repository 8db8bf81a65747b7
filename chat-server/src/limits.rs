//! What goes on at once is bounded. What is beyond is refused at once with a hint when to come back, instead of waiting in
//! memory; a server that is about to stop takes in nothing new.

use crate::problem::Refusal;
use crate::shared::Shared;
use axum::error_handling::HandleErrorLayer;
use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::{BoxError, Router};
use sayflow_protocol::api::problem::kind;
use std::convert::Infallible;
use std::num::NonZeroU32;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tower::ServiceBuilder;
use tower::limit::GlobalConcurrencyLimitLayer;
use tower::load_shed::LoadShedLayer;

/// After so long, what goes on now has probably made room.
pub(crate) const SOON: Duration = Duration::from_secs(1);
/// After so long, a server that stops now has probably been started again.
const AFTER_RESTART: Duration = Duration::from_secs(10);

/// All routes of a router together answer at most so many requests at once.
pub(crate) fn at_most(requests: NonZeroU32, router: Router<Shared>) -> Router<Shared> {
    let most = usize::try_from(requests.get()).unwrap_or(usize::MAX);
    router.layer(
        ServiceBuilder::new()
            .layer(HandleErrorLayer::new(async |_: BoxError| too_many("requests")))
            .layer(LoadShedLayer::new())
            .layer(GlobalConcurrencyLimitLayer::new(most)),
    )
}

/// The refusal of one too many.
pub(crate) fn too_many(what: &str) -> Refusal {
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, kind::BUSY, "Too much is going on")
        .detail(format!("the server answers no more {what} at once"))
        .help("try again in a moment; the numbers stand in the [limits] section of config.toml")
        .retry_after(SOON)
}

/// The refusal of a server that is about to stop.
pub(crate) fn stopping() -> Refusal {
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, kind::STOPPING, "The server is about to stop")
        .detail("the server is about to stop and takes in nothing new")
        .help("try again when it has been started again: sayflow serve")
        .retry_after(AFTER_RESTART)
}

/// A handler that asks for this begins nothing when the server is about to stop.
pub(crate) struct TakesIn;

impl FromRequestParts<Shared> for TakesIn {
    type Rejection = Refusal;

    async fn from_request_parts(_: &mut Parts, shared: &Shared) -> Result<Self, Refusal> {
        if shared.draining.is_cancelled() { Err(stopping()) } else { Ok(Self) }
    }
}

impl OptionalFromRequestParts<Shared> for StreamPlace {
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, shared: &Shared) -> Result<Option<Self>, Infallible> {
        Ok(shared.streams.clone().try_acquire_owned().ok().map(|permit| Self { _permit: permit }))
    }
}

/// A place among the open event streams, held for as long as the stream lives.
pub(crate) struct StreamPlace {
    _permit: OwnedSemaphorePermit,
}

impl FromRequestParts<Shared> for StreamPlace {
    type Rejection = Refusal;

    async fn from_request_parts(_: &mut Parts, shared: &Shared) -> Result<Self, Refusal> {
        let permit = shared.streams.clone().try_acquire_owned().map_err(|_| too_many("event streams"))?;
        Ok(Self { _permit: permit })
    }
}
