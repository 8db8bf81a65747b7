//! `/runs`: starting, watching and steering runs.

use super::{Answer, Caller};
use crate::extract::{Body, Params};
use crate::limits::{StreamPlace, TakesIn};
use crate::problem::Refusal;
use crate::shared::Shared;
use crate::sse::{self, Events};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use sayflow_protocol::api::run::{AdvanceRun, Cancelled, ResolveUnknown, RunEvents, RunList, RunQuery};
use sayflow_protocol::api::{RetriedRun, RetryRun, StartRun, StartedRun, Steered};
use sayflow_protocol::{RecordedEvent, RunView};
use serde::Deserialize;

pub(crate) async fn list(State(shared): State<Shared>, caller: Caller, Params(query): Params<RunQuery>) -> Answer<RunList> {
    Ok(Json(shared.app.runs(&caller, query).await?))
}

pub(crate) async fn start(State(shared): State<Shared>, _: TakesIn, caller: Caller, Body(request): Body<StartRun>) -> Answer<StartedRun> {
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
    place: StreamPlace,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Events, Refusal> {
    let events = shared.app.run_events(&caller, &id, sse::last_seen(&headers)?).await?;
    Ok(sse::stream(events, |event: &RecordedEvent| event.seq, place, &shared))
}

pub(crate) async fn cancel(State(shared): State<Shared>, caller: Caller, Path(id): Path<String>) -> Answer<Cancelled> {
    Ok(Json(shared.app.cancel_run(&caller, &id).await?))
}

pub(crate) async fn pause(State(shared): State<Shared>, caller: Caller, Path(id): Path<String>) -> Answer<Steered> {
    Ok(Json(shared.app.pause_run(&caller, &id).await?))
}

pub(crate) async fn resume(State(shared): State<Shared>, caller: Caller, Path(id): Path<String>) -> Answer<Steered> {
    Ok(Json(shared.app.resume_run(&caller, &id).await?))
}

pub(crate) async fn advance(
    State(shared): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Body(request): Body<AdvanceRun>,
) -> Answer<Steered> {
    Ok(Json(shared.app.advance_run(&caller, &id, request.to).await?))
}

pub(crate) async fn resolve_unknown(
    State(shared): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Body(request): Body<ResolveUnknown>,
) -> Answer<Steered> {
    Ok(Json(shared.app.resolve_unknown(&caller, &id, &request.step, request.decision).await?))
}

pub(crate) async fn retry(
    State(shared): State<Shared>,
    _: TakesIn,
    caller: Caller,
    Path(id): Path<String>,
    Body(request): Body<RetryRun>,
) -> Answer<RetriedRun> {
    Ok(Json(shared.app.retry_run(&caller, &id, request).await?))
}
