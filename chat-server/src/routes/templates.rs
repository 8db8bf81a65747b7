//! `/templates`: proven workflows to start from.

use super::{Answer, Caller};
use crate::extract::{Body, Params};
use crate::limits::TakesIn;
use crate::problem::Refusal;
use crate::shared::Shared;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use sayflow_protocol::api::TurnView;
use sayflow_protocol::api::template::{ImportTemplate, SaveTemplate, TemplateInfo, TemplateList, TemplateView, UseTemplate};
use serde::Deserialize;

/// What templates are looked for.
#[derive(Debug, Deserialize)]
pub(crate) struct Search {
    #[serde(default)]
    query: Option<String>,
}

pub(crate) async fn list(State(shared): State<Shared>, caller: Caller, Params(search): Params<Search>) -> Answer<TemplateList> {
    Ok(Json(shared.app.templates(&caller, search.query.as_deref()).await?))
}

pub(crate) async fn read(State(shared): State<Shared>, caller: Caller, Path(name): Path<String>) -> Answer<TemplateView> {
    Ok(Json(shared.app.template(&caller, &name).await?))
}

pub(crate) async fn make_draft(
    State(shared): State<Shared>,
    _: TakesIn,
    caller: Caller,
    Path(name): Path<String>,
    Body(request): Body<UseTemplate>,
) -> Answer<TurnView> {
    Ok(Json(Box::pin(shared.app.use_template(&caller, &name, request)).await?))
}

pub(crate) async fn save(State(shared): State<Shared>, caller: Caller, Body(request): Body<SaveTemplate>) -> Answer<TemplateInfo> {
    Ok(Json(shared.app.save_template(&caller, request).await?))
}

pub(crate) async fn import(State(shared): State<Shared>, caller: Caller, Body(request): Body<ImportTemplate>) -> Answer<TemplateInfo> {
    Ok(Json(shared.app.import_template(&caller, request).await?))
}

pub(crate) async fn delete(State(shared): State<Shared>, caller: Caller, Path(name): Path<String>) -> Result<StatusCode, Refusal> {
    shared.app.delete_template(&caller, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
