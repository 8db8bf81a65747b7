//! `/steps`: one step by itself.

use super::{Answer, Caller};
use crate::extract::Body;
use crate::limits::TakesIn;
use crate::shared::Shared;
use axum::Json;
use axum::extract::State;
use sayflow_protocol::api::{TestStep, TestedStep};

pub(crate) async fn test(State(shared): State<Shared>, _: TakesIn, caller: Caller, Body(request): Body<TestStep>) -> Answer<TestedStep> {
    Ok(Json(shared.app.test_step(&caller, request).await?))
}
