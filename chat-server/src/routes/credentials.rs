//! `/credentials`: accounts. Secrets go in and never come out.

use super::{Answer, Caller};
use crate::extract::Body;
use crate::problem::Refusal;
use crate::shared::Shared;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use sayflow_protocol::api::credential::{CredentialList, CredentialTypeList};
use sayflow_protocol::api::{CredentialInfo, SetCredential};

pub(crate) async fn list(State(shared): State<Shared>, caller: Caller) -> Answer<CredentialList> {
    Ok(Json(shared.app.credentials(&caller).await?))
}

pub(crate) async fn types(State(shared): State<Shared>, caller: Caller) -> Answer<CredentialTypeList> {
    Ok(Json(shared.app.credential_types(&caller)?))
}

pub(crate) async fn set(
    State(shared): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
    Body(request): Body<SetCredential>,
) -> Answer<CredentialInfo> {
    Ok(Json(shared.app.set_credential(&caller, &name, request).await?))
}

pub(crate) async fn delete(State(shared): State<Shared>, caller: Caller, Path(name): Path<String>) -> Result<StatusCode, Refusal> {
    shared.app.delete_credential(&caller, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
