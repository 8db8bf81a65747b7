//! `/drafts`: workflows that are not yet activated.

use super::{Answer, Caller};
use crate::shared::Shared;
use axum::Json;
use axum::extract::{Path, State};
use sayflow_protocol::api::DraftView;

pub(crate) async fn read(State(shared): State<Shared>, caller: Caller, Path(id): Path<String>) -> Answer<DraftView> {
    Ok(Json(shared.app.draft(&caller, &id).await?))
}
