//! `/runs`: starting, watching and stopping runs.

use super::{Answer, Caller};
use crate::extract::{Body, Params};
use crate::problem::Refusal;
use crate::shared::Shared;
use crate::sse::{self, Events};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use sayflow_protocol::api::run::{Cancelled, RunEvents, RunList, RunQuery};
use sayflow_protocol::api::{StartRun, StartedRun};
use sayflow_protocol::{RecordedEvent, RunView};
use serde::Deserialize;

pub(crate) async fn list(State(shared): State<Shared>, caller: Caller, Params(query): Params<RunQuery>) -> Answer<RunList> {
    Ok(Json(shared.app.runs(&caller, query).await?))
}

pub(crate) async fn start(State(shared): State<Shared>, caller: Caller, Body(request): Body<StartRun>) -> Answer<StartedRun> {
    Ok(Json(shared.app.start_run(&caller, request).await?))
}

pub(crate) async fn read(State(shared): State<Shared>, caller: Caller, Path(id): Path<String>) -> Answer<RunView> {
    Ok(Json(shared.app.run(&caller, &id).await?))
}

/// Where to go on in a journal.
#[derive(Debug, Deserialize)]
pub(crate) struct After {
    #[serde(default)]
    after: u64,
}

pub(crate) async fn journal(
    State(shared): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Params(from): Params<After>,
) -> Answer<RunEvents> {
    Ok(Json(shared.app.run_journal(&caller, &id, from.after).await?))
}

pub(crate) async fn events(
    State(shared): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Events, Refusal> {
    let events = shared.app.run_events(&caller, &id, sse::last_seen(&headers)?).await?;
    Ok(sse::stream(events, |event: &RecordedEvent| event.seq, shared.stopping))
}

pub(crate) async fn cancel(State(shared): State<Shared>, caller: Caller, Path(id): Path<String>) -> Answer<Cancelled> {
    Ok(Json(shared.app.cancel_run(&caller, &id).await?))
}
