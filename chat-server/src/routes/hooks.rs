//! `/hooks/…`: requests from outside that start workflows. Who calls proves it to the trigger; this server's token has no
//! meaning here.

use crate::extract::{MAX_HOOK, RawBody};
use crate::limits::TakesIn;
use crate::problem::Refusal;
use crate::shared::Shared;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::header::{ALLOW, CONTENT_TYPE, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use sayflow_host::{HookOutcome, HookRequest};
use sayflow_protocol::api::problem::kind;
use serde_json::{Value, json};

/// Headers that belong to the connection, not to the workflow's answer.
const OURS: [&str; 6] = ["connection", "content-length", "keep-alive", "transfer-encoding", "upgrade", "trailer"];

pub(crate) async fn receive(
    State(shared): State<Shared>,
    _: TakesIn,
    Path(path): Path<String>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    RawBody(body): RawBody<MAX_HOOK>,
) -> Result<Response, Refusal> {
    let headers = headers.iter().map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    let request =
        HookRequest { method: method.as_str().to_owned(), path, query: uri.query().map(str::to_owned), headers: headers.collect(), body };
    answer(shared.app.receive_hook(request).await)
}

fn answer(outcome: HookOutcome) -> Result<Response, Refusal> {
    let status = StatusCode::from_u16(outcome.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let refuse = |word, title| Refusal::new(status, word, title);
    match outcome {
        HookOutcome::Accepted { run, repeat } => Ok((status, Json(json!({ "run": run, "repeat": repeat }))).into_response()),
        HookOutcome::Answered { headers, body, .. } => Ok(responded(status, headers, body)),
        HookOutcome::NoRoute => Err(refuse(kind::NOT_FOUND, "There is no such address")),
        HookOutcome::OtherMethod { allowed } => {
            let mut response = refuse(kind::INVALID_REQUEST, "The address does not take this method").into_response();
            if let Ok(allowed) = HeaderValue::from_str(&allowed.join(", ")) {
                response.headers_mut().insert(ALLOW, allowed);
            }
            Ok(response)
        }
        HookOutcome::TooLarge => {
            Err(refuse(kind::TOO_LARGE, "The request is too large").detail(format!("a webhook may have at most {MAX_HOOK} bytes")))
        }
        HookOutcome::Unauthorized { why } => Err(refuse(kind::UNAUTHORIZED, "The caller has not proved itself").detail(why)),
        HookOutcome::Malformed { why } => Err(refuse(kind::INVALID_REQUEST, "The body makes no sense").detail(why)),
        HookOutcome::Refused { why } => Err(refuse(kind::INVALID_INPUTS, "The workflow cannot be started with this").detail(why)),
        HookOutcome::Busy { retry_after } => Err(refuse(kind::BUSY, "Too much is going on").retry_after(retry_after)),
        HookOutcome::Unavailable { why } => {
            tracing::warn!(%why, "a webhook could not be taken in");
            Err(refuse(kind::STORE_UNAVAILABLE, "The webhook cannot be taken in now").retry_after(crate::limits::SOON))
        }
    }
}

/// What the workflow answered. A text is sent as it is, anything else as JSON, null not at all.
fn responded(status: StatusCode, headers: Vec<(String, String)>, body: Value) -> Response {
    let mut response = match body {
        Value::Null => status.into_response(),
        Value::String(text) => (status, text).into_response(),
        body => (status, Json(body)).into_response(),
    };
    for (name, value) in headers {
        let named = (HeaderName::try_from(name.to_ascii_lowercase()), HeaderValue::try_from(value));
        let (Ok(name), Ok(value)) = named else { continue };
        if name == CONTENT_TYPE {
            response.headers_mut().insert(name, value);
        } else if !OURS.contains(&name.as_str()) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::to_bytes;

    async fn text(response: Response) -> String {
        String::from_utf8(to_bytes(response.into_body(), 4096).await.unwrap().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn the_workflows_answer_is_sent_as_it_is() {
        let headers = vec![
            ("Content-Type".to_owned(), "text/html".to_owned()),
            ("X-Answer".to_owned(), "42".to_owned()),
            ("Content-Length".to_owned(), "9999".to_owned()),
            ("bad name".to_owned(), "x".to_owned()),
            ("X-Split".to_owned(), "a\r\nSet-Cookie: b".to_owned()),
        ];
        let response = responded(StatusCode::CREATED, headers, json!("<p>hi</p>"));
        assert_eq!(response.status(), 201);
        assert_eq!(
            (&response.headers()["content-type"], &response.headers()["x-answer"]),
            (&HeaderValue::from_static("text/html"), &HeaderValue::from_static("42"))
        );
        assert!(!response.headers().contains_key("x-split") && !response.headers().contains_key("set-cookie"));
        assert_eq!(text(response).await, "<p>hi</p>");
        let object = responded(StatusCode::OK, Vec::new(), json!({ "a": 1 }));
        assert_eq!(object.headers()["content-type"], "application/json");
        assert_eq!(text(object).await, "{\"a\":1}");
        assert_eq!(text(responded(StatusCode::NO_CONTENT, Vec::new(), Value::Null)).await, "");
    }

    #[tokio::test]
    async fn each_refusal_has_its_status_and_no_secret() {
        let cases = [
            (HookOutcome::NoRoute, 404),
            (HookOutcome::OtherMethod { allowed: vec!["POST".into()] }, 405),
            (HookOutcome::TooLarge, 413),
            (HookOutcome::Unauthorized { why: "the token is wrong".into() }, 401),
            (HookOutcome::Malformed { why: "no JSON".into() }, 400),
            (HookOutcome::Busy { retry_after: std::time::Duration::from_millis(1500) }, 429),
            (HookOutcome::Unavailable { why: "/secret/path is full".into() }, 503),
        ];
        for (outcome, status) in cases {
            let response = answer(outcome).unwrap_or_else(IntoResponse::into_response);
            assert_eq!(response.status(), status);
            if status == 429 {
                assert_eq!(response.headers()["retry-after"], "2");
            }
            if status == 405 {
                assert_eq!(response.headers()["allow"], "POST");
            }
            assert!(!text(response).await.contains("/secret/path"));
        }
    }
}
