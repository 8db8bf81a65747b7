//! `/healthz`, `/readyz` and `/metrics`.

use super::{Answer, Caller};
use crate::problem::Refusal;
use crate::shared::Shared;
use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use sayflow_protocol::api::server::Health;

/// The process answers.
pub(crate) async fn healthz(State(shared): State<Shared>, caller: Caller) -> Answer<Health> {
    Ok(Json(shared.app.health(&caller)?))
}

/// The store answers too.
pub(crate) async fn readyz(State(shared): State<Shared>, caller: Caller) -> Answer<Health> {
    Ok(Json(shared.app.readiness(&caller).await?))
}

/// Counters in Prometheus' text format, version 0.0.4.
pub(crate) async fn metrics(State(shared): State<Shared>, caller: Caller) -> Result<impl IntoResponse, Refusal> {
    let text = shared.app.metrics(&caller)?;
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text))
}
