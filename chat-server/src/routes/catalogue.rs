//! `/actions` and `/templates`: what there is to build with.

use super::{Answer, Caller};
use crate::extract::Params;
use crate::shared::Shared;
use axum::Json;
use axum::extract::State;
use sayflow_protocol::api::action::ActionList;
use sayflow_protocol::api::template::TemplateList;
use serde::Deserialize;

pub(crate) async fn actions(State(shared): State<Shared>, caller: Caller) -> Answer<ActionList> {
    Ok(Json(shared.app.actions(&caller)?))
}

/// What templates are looked for.
#[derive(Debug, Deserialize)]
pub(crate) struct Search {
    #[serde(default)]
    query: Option<String>,
}

pub(crate) async fn templates(State(shared): State<Shared>, caller: Caller, Params(search): Params<Search>) -> Answer<TemplateList> {
    Ok(Json(shared.app.templates(&caller, search.query.as_deref()).await?))
}
