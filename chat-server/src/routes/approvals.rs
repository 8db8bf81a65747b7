//! `/approvals`: what people have to decide. Reading decides nothing, and the first decision counts.

use super::{Answer, Caller};
use crate::extract::{Body, Params};
use crate::shared::Shared;
use axum::Json;
use axum::extract::{Path, State};
use sayflow_protocol::api::{ApprovalList, ApprovalObject, ApprovalQuery, DecideApproval};

pub(crate) async fn list(State(shared): State<Shared>, caller: Caller, Params(query): Params<ApprovalQuery>) -> Answer<ApprovalList> {
    Ok(Json(shared.app.approvals(&caller, query).await?))
}

pub(crate) async fn read(State(shared): State<Shared>, caller: Caller, Path(id): Path<String>) -> Answer<ApprovalObject> {
    Ok(Json(shared.app.approval(&caller, &id).await?))
}

pub(crate) async fn decide(
    State(shared): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Body(decision): Body<DecideApproval>,
) -> Answer<ApprovalObject> {
    Ok(Json(shared.app.decide_approval(&caller, &id, decision).await?))
}
