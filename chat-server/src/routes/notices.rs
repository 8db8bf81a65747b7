//! `/notices`: what happened while nobody looked.

use super::{Answer, Caller};
use crate::extract::Body;
use crate::problem::Refusal;
use crate::shared::Shared;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use sayflow_protocol::api::{NoticeList, SeenNotices};

pub(crate) async fn list(State(shared): State<Shared>, caller: Caller) -> Answer<NoticeList> {
    Ok(Json(shared.app.notices(&caller).await?))
}

pub(crate) async fn seen(State(shared): State<Shared>, caller: Caller, Body(seen): Body<SeenNotices>) -> Result<StatusCode, Refusal> {
    shared.app.mark_notices_seen(&caller, seen).await?;
    Ok(StatusCode::NO_CONTENT)
}
