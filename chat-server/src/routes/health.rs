//! `/healthz`, `/readyz` and `/metrics`.

use super::{Answer, Caller};
use crate::limits::TakesIn;
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

/// The store answers too, and the server takes in what comes.
pub(crate) async fn readyz(State(shared): State<Shared>, _: TakesIn, caller: Caller) -> Answer<Health> {
    Ok(Json(shared.app.readiness(&caller).await?))
}

/// Counters in Prometheus' text format, version 0.0.4.
pub(crate) async fn metrics(State(shared): State<Shared>, caller: Caller) -> Result<impl IntoResponse, Refusal> {
    let mut text = shared.app.metrics(&caller).await?;
    let streams = shared.most_streams.saturating_sub(shared.streams.available_permits());
    for (name, help, value) in [
        ("sayflow_event_streams", "Event streams that are open.", streams),
        ("sayflow_connections", "Connections that are open.", *shared.connections.borrow()),
    ] {
        text.push_str(&format!("# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}\n"));
    }
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text))
}
