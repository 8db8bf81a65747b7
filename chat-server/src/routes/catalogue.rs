//! `/actions`: what there is to build with.

use super::{Answer, Caller};
use crate::shared::Shared;
use axum::Json;
use axum::extract::State;
use sayflow_protocol::api::action::ActionList;

pub(crate) async fn actions(State(shared): State<Shared>, caller: Caller) -> Answer<ActionList> {
    Ok(Json(shared.app.actions(&caller)?))
}
