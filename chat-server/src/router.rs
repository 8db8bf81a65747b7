//! All addresses of the server, in one table.

use crate::extract::{MAX_BODY, MAX_HOOK};
use crate::limits::at_most;
use crate::problem::Refusal;
use crate::routes::{
    approvals, catalogue, credentials, documents, drafts, health, hooks, notices, runs, steps, templates, threads, workflows,
};
use crate::shared::Shared;
use crate::{auth, guard};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{any, get, post, put};
use sayflow_host::LimitSettings;

pub(crate) fn router(shared: Shared, limits: &LimitSettings) -> Router {
    let known = Router::new()
        .nest("/api/v1", at_most(limits.requests, api()))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn_with_state(shared.clone(), auth::recognise));
    // Who calls a webhook proves it to the trigger, whose token is not this server's.
    let hooks = at_most(limits.hooks, Router::new().route("/hooks/{*path}", any(hooks::receive))).layer(DefaultBodyLimit::max(MAX_HOOK));
    known
        .merge(hooks)
        .fallback(async || Refusal::no_such_route())
        .method_not_allowed_fallback(async || Refusal::wrong_method())
        .layer(from_fn_with_state(shared.clone(), guard::check_host))
        .layer(from_fn(no_store))
        .with_state(shared)
}

fn api() -> Router<Shared> {
    Router::new()
        .route("/threads/{id}", get(threads::read))
        .route("/threads/{id}/turns", post(threads::turn))
        .route("/threads/{id}/interrupt", post(threads::interrupt))
        .route("/threads/{id}/events", get(threads::events))
        .route("/drafts/{id}", get(drafts::read))
        .route("/validate", post(documents::validate))
        .route("/schema", get(documents::schema))
        .route("/workflows", get(workflows::list).post(workflows::save))
        .route("/workflows/{name}", get(workflows::read).delete(workflows::delete))
        .route("/workflows/{name}/activate", post(workflows::activate))
        .route("/workflows/{name}/deactivate", post(workflows::deactivate))
        .route("/workflows/{name}/undo", post(workflows::undo))
        .route("/workflows/{name}/triggers", get(workflows::triggers))
        .route("/runs", get(runs::list).post(runs::start))
        .route("/runs/{id}", get(runs::read))
        .route("/runs/{id}/journal", get(runs::journal))
        .route("/runs/{id}/events", get(runs::events))
        .route("/runs/{id}/cancel", post(runs::cancel))
        .route("/runs/{id}/pause", post(runs::pause))
        .route("/runs/{id}/resume", post(runs::resume))
        .route("/runs/{id}/advance", post(runs::advance))
        .route("/runs/{id}/unknown", post(runs::resolve_unknown))
        .route("/runs/{id}/retry", post(runs::retry))
        .route("/steps/test", post(steps::test))
        .route("/approvals", get(approvals::list))
        .route("/approvals/{id}", get(approvals::read))
        .route("/approvals/{id}/decision", post(approvals::decide))
        .route("/notices", get(notices::list))
        .route("/notices/seen", post(notices::seen))
        .route("/credentials", get(credentials::list))
        .route("/credential-types", get(credentials::types))
        .route("/credentials/{name}", put(credentials::set).delete(credentials::delete))
        .route("/actions", get(catalogue::actions))
        .route("/templates", get(templates::list).post(templates::save))
        .route("/templates/import", post(templates::import))
        .route("/templates/{name}", get(templates::read).delete(templates::delete))
        .route("/templates/{name}/use", post(templates::make_draft))
}

/// Answers hold what belongs to one person at one time; no cache may keep them.
async fn no_store(request: axum::extract::Request, next: axum::middleware::Next) -> axum::response::Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(axum::http::header::CACHE_CONTROL, axum::http::HeaderValue::from_static("no-store"));
    response
}
