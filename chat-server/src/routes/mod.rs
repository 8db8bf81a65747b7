//! The handlers, one file for each resource. Each hands the request to the application and answers with what it says.

pub(crate) mod approvals;
pub(crate) mod catalogue;
pub(crate) mod credentials;
pub(crate) mod documents;
pub(crate) mod drafts;
pub(crate) mod health;
pub(crate) mod hooks;
pub(crate) mod notices;
pub(crate) mod runs;
pub(crate) mod steps;
pub(crate) mod templates;
pub(crate) mod threads;
pub(crate) mod workflows;

use crate::problem::Refusal;
use axum::Json;
use axum::extract::Extension;
use sayflow_host::Principal;

/// Who asks, as [`crate::auth`] found out.
pub(crate) type Caller = Extension<Principal>;

/// What a handler answers with.
pub(crate) type Answer<T> = Result<Json<T>, Refusal>;
