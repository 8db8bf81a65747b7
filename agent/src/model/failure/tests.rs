//! How refusals are read, in the words of the servers that people use.

use super::*;
use crate::model::ApiKey;
use http::HeaderMap;
use serde_json::json;

fn endpoint() -> Endpoint {
    Endpoint::new("https://models.example/v1", Some(ApiKey::new("sk-secret"))).unwrap()
}

fn now() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

fn refused_with(status: u16, headers: HeaderMap, body: &str) -> Failure {
    of_refusal(&Refusal { status, headers, body: body.to_owned(), location: None }, &endpoint(), "m", now())
}

fn refused(status: u16, body: &Value) -> Failure {
    refused_with(status, HeaderMap::new(), &body.to_string())
}

#[test]
fn each_refusal_is_what_it_is_whoever_words_it() {
    let openai = |code: &str, message: &str| json!({ "error": { "message": message, "type": "invalid_request_error", "code": code } });
    for (status, body, fault) in [
        (401, openai("invalid_api_key", "Incorrect API key provided"), Fault::Unauthorized),
        (403, json!("forbidden"), Fault::Unauthorized),
        (404, openai("model_not_found", "The model `m` does not exist"), Fault::UnknownModel),
        (404, json!({ "error": { "message": "model \"m\" not found, try pulling it first" } }), Fault::UnknownModel),
        (400, json!({ "error": "unknown model m" }), Fault::UnknownModel),
        (400, openai("context_length_exceeded", "maximum context length is 8192 tokens"), Fault::ContextTooLong),
        (
            400,
            json!({ "error": { "code": 400, "message": "the request exceeds the available context size", "type": "exceed_context_size_error" } }),
            Fault::ContextTooLong,
        ),
        (400, json!([{ "error": { "code": 400, "message": "The input token count exceeds the maximum" } }]), Fault::ContextTooLong),
        (413, json!({}), Fault::ContextTooLong),
        (400, openai("content_filter", "blocked"), Fault::Refused),
        (429, openai("rate_limit_exceeded", "slow down"), Fault::RateLimited),
        (500, json!({ "detail": "out of memory" }), Fault::ServerError),
        (529, json!({ "type": "error", "error": { "type": "overloaded_error", "message": "Overloaded" } }), Fault::ServerError),
        (405, json!({}), Fault::ServerError),
    ] {
        let failure = refused(status, &body);
        assert_eq!(failure.fault, fault, "{status} {body}: {failure:?}");
        assert!(failure.help.is_some() && !failure.message.ends_with('.'), "{failure:?}");
    }
}

#[test]
fn an_account_without_money_is_not_asked_again() {
    let broke = refused(429, &json!({ "error": { "code": "insufficient_quota", "message": "You exceeded your current quota" } }));
    assert_eq!((broke.fault, broke.remedy), (Fault::RateLimited, Remedy::None));
}

#[test]
fn a_pause_is_read_in_every_form() {
    let pause = |name: &'static str, value: &str| {
        let headers = HeaderMap::from_iter([(http::HeaderName::from_static(name), value.parse().unwrap())]);
        refused_with(429, headers, "{}").remedy
    };
    assert_eq!(pause("retry-after", "7"), Remedy::Again(Some(Duration::from_secs(7))));
    assert_eq!(pause("retry-after", "0.5"), Remedy::Again(Some(Duration::from_millis(500))));
    assert_eq!(pause("retry-after", "Fri, 20 Nov 2026 12:00:30 GMT"), Remedy::Again(Some(Duration::from_secs(30))));
    assert_eq!(pause("retry-after", "Fri, 20 Nov 2026 11:00:00 GMT"), Remedy::Again(Some(Duration::ZERO)));
    assert_eq!(pause("retry-after-ms", "1500"), Remedy::Again(Some(Duration::from_millis(1500))));
    for nonsense in ["soon", "-1", "1e300"] {
        assert_eq!(pause("retry-after", nonsense), Remedy::Again(None), "{nonsense}");
    }
}

#[test]
fn the_key_is_taken_out_of_what_the_server_says() {
    let failure = refused(401, &json!({ "error": { "message": "Incorrect API key provided: sk-secret" } }));
    assert!(failure.message.contains("(hidden)") && !format!("{failure:?}").contains("sk-secret"), "{failure:?}");
}

#[test]
fn a_page_of_a_proxy_is_not_quoted() {
    let failure = refused_with(502, HeaderMap::new(), "<html><body>Bad gateway</body></html>");
    assert!(failure.message.ends_with("(status 502)"), "{failure:?}");
}
