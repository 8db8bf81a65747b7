//! `/validate` and `/schema`: documents as such.

use super::{Answer, Caller};
use crate::extract::Body;
use crate::shared::Shared;
use axum::Json;
use axum::extract::State;
use sayflow_protocol::api::{ValidateRequest, Validation};
use serde_json::Value;

pub(crate) async fn validate(State(shared): State<Shared>, caller: Caller, Body(request): Body<ValidateRequest>) -> Answer<Validation> {
    Ok(Json(shared.app.validate(&caller, &request).await?))
}

pub(crate) async fn schema(State(shared): State<Shared>, caller: Caller) -> Answer<Value> {
    Ok(Json(shared.app.schema(&caller)?))
}
