//! `/threads`: conversations.

use super::{Answer, Caller};
use crate::extract::Body;
use crate::limits::{StreamPlace, TakesIn, too_many};
use crate::problem::Refusal;
use crate::shared::Shared;
use crate::sse::{self, Events};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use sayflow_protocol::api::{InterruptTurn, InterruptedTurn, PostTurn, ThreadEvent, ThreadView, TurnMessage};

pub(crate) async fn read(State(shared): State<Shared>, caller: Caller, Path(id): Path<String>) -> Answer<ThreadView> {
    Ok(Json(shared.app.thread(&caller, &id).await?))
}

/// Answers with the outcome; to a client that accepts an event stream, with all that is told of the turn as it goes on.
/// In both cases the turn goes on to its end, also when the client goes away.
pub(crate) async fn turn(
    State(shared): State<Shared>,
    _: TakesIn,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    place: Option<StreamPlace>,
    Body(turn): Body<PostTurn>,
) -> Result<Response, Refusal> {
    if !sse::is_wanted(&headers) {
        let started = shared.app.start_turn(&caller, &id, turn, shared.reach()).await?;
        return Ok(Json(started.outcome().await?).into_response());
    }
    let place = place.ok_or_else(|| too_many("event streams"))?;
    let started = shared.app.start_turn(&caller, &id, turn, shared.reach()).await?;
    Ok(sse::messages(started.into_messages(), kind, place, &shared).into_response())
}

/// The type of the server-sent event.
fn kind(message: &TurnMessage) -> &'static str {
    match message {
        TurnMessage::Begun { .. } => "begun",
        TurnMessage::Progress(_) => "progress",
        TurnMessage::Turn(_) => "turn",
        TurnMessage::Problem(_) => "problem",
    }
}

/// Stops a turn.
pub(crate) async fn interrupt(
    State(shared): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Body(which): Body<Option<InterruptTurn>>,
) -> Answer<InterruptedTurn> {
    Ok(Json(shared.app.interrupt_turn(&caller, &id, which.unwrap_or_default()).await?))
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
