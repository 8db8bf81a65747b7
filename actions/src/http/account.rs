//! The account of a request.

use sayflow_engine::action::{ActionContext, StepError};
use sayflow_engine::ports::HttpAuth;
use sayflow_engine::vault::Credential;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

/// How the step's credential is put into the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Auth {
    /// As `Authorization: Bearer`, with the field `token`.
    Bearer,
    /// As `Authorization: Basic`, with the fields `username` and `password`.
    Basic,
    /// In the header that the credential's field `header` names, with the field `value`.
    Header,
    /// Not at all.
    None,
}

/// How the step's account is put in. One that the step does not name goes only where it belongs.
///
/// # Errors
/// `no_credential` when a way is asked for and there is no account.
pub fn account_for<'a>(asked: Option<Auth>, url: &str, cx: &ActionContext<'a>) -> Result<Option<HttpAuth<'a>>, StepError> {
    let Some(credential) = cx.credential else {
        if asked.is_some_and(|way| way != Auth::None) {
            cx.require_credential()?;
        }
        return Ok(None);
    };
    let way = asked.unwrap_or_else(|| usual_way(credential));
    if !cx.credential_named && asked.is_none() && !belongs(credential, url) {
        return Ok(None);
    }
    Ok(match way {
        Auth::None => None,
        Auth::Basic => Some(HttpAuth::Basic(credential)),
        Auth::Header => Some(HttpAuth::Header(credential, "value")),
        Auth::Bearer => Some(HttpAuth::Bearer(credential, "token")),
    })
}

fn belongs(credential: &Credential, url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| match (url.host_str(), url.port_or_known_default()) {
        (Some(host), Some(port)) => credential.may_go_to(host, port),
        _ => false,
    })
}

fn usual_way(credential: &Credential) -> Auth {
    match credential.kind.as_str() {
        "http-basic" => Auth::Basic,
        "http-header" => Auth::Header,
        _ => Auth::Bearer,
    }
}
