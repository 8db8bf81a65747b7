//! `/threads`: conversations.

use super::{Answer, Caller};
use crate::extract::Body;
use crate::limits::{StreamPlace, TakesIn};
use crate::problem::Refusal;
use crate::shared::Shared;
use crate::sse::{self, Events};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use sayflow_protocol::api::{PostTurn, ThreadEvent, ThreadView, TurnView};

pub(crate) async fn read(State(shared): State<Shared>, caller: Caller, Path(id): Path<String>) -> Answer<ThreadView> {
    Ok(Json(shared.app.thread(&caller, &id).await?))
}

pub(crate) async fn turn(
    State(shared): State<Shared>,
    _: TakesIn,
    caller: Caller,
    Path(id): Path<String>,
    Body(turn): Body<PostTurn>,
) -> Answer<TurnView> {
    Ok(Json(shared.app.post_turn(&caller, &id, turn).await?))
}

pub(crate) async fn events(
    State(shared): State<Shared>,
    caller: Caller,
    place: StreamPlace,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Events, Refusal> {
    let events = shared.app.thread_events(&caller, &id, sse::last_seen(&headers)?).await?;
    Ok(sse::stream(events, |event: &ThreadEvent| event.seq, place, &shared))
}
