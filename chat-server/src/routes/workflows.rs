//! `/workflows`: saved workflows.

use super::{Answer, Caller};
use crate::extract::Body;
use crate::problem::Refusal;
use crate::shared::Shared;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use sayflow_protocol::api::workflow::{ActivateWorkflow, TriggerList, WorkflowList, WorkflowView};
use sayflow_protocol::api::{ActivatedWorkflow, SaveWorkflow, WorkflowSummary};

pub(crate) async fn list(State(shared): State<Shared>, caller: Caller) -> Answer<WorkflowList> {
    Ok(Json(shared.app.workflows(&caller).await?))
}

pub(crate) async fn read(State(shared): State<Shared>, caller: Caller, Path(name): Path<String>) -> Answer<WorkflowView> {
    Ok(Json(shared.app.workflow(&caller, &name, shared.reach()).await?))
}

pub(crate) async fn save(State(shared): State<Shared>, caller: Caller, Body(request): Body<SaveWorkflow>) -> Answer<WorkflowSummary> {
    Ok(Json(shared.app.save_workflow(&caller, request).await?))
}

pub(crate) async fn activate(
    State(shared): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
    Body(request): Body<ActivateWorkflow>,
) -> Answer<ActivatedWorkflow> {
    Ok(Json(shared.app.activate_workflow(&caller, &name, request, shared.reach()).await?))
}

/// Goes back to the version that was active before.
pub(crate) async fn undo(
    State(shared): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
    Body(request): Body<ActivateWorkflow>,
) -> Answer<ActivatedWorkflow> {
    Ok(Json(shared.app.undo_workflow(&caller, &name, request, shared.reach()).await?))
}

pub(crate) async fn triggers(State(shared): State<Shared>, caller: Caller, Path(name): Path<String>) -> Answer<TriggerList> {
    Ok(Json(shared.app.workflow_triggers(&caller, &name, shared.reach()).await?))
}

pub(crate) async fn deactivate(State(shared): State<Shared>, caller: Caller, Path(name): Path<String>) -> Answer<WorkflowSummary> {
    Ok(Json(shared.app.deactivate_workflow(&caller, &name).await?))
}

pub(crate) async fn delete(State(shared): State<Shared>, caller: Caller, Path(name): Path<String>) -> Result<StatusCode, Refusal> {
    shared.app.delete_workflow(&caller, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
