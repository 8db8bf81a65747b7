//! What a run is given of a request: `trigger.payload` and `trigger.headers`.

use super::HookRequest;
use super::auth::{TOKEN, signature_header};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sayflow_protocol::workflow::WebhookAuth;
use serde_json::{Map, Value, json};

/// Headers that may hold secrets.
const HIDDEN: [&str; 4] = ["authorization", "proxy-authorization", "cookie", TOKEN];

/// A body that is not what its content type says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the body is no JSON, although Content-Type says so: {0}")]
pub struct Malformed(String);

/// The payload: JSON as it is, a form (or, without a body, the query) by field, a text, `{base64}` for anything else; null
/// for nothing.
///
/// # Errors
/// When the content type says JSON and the body is none.
pub fn payload(request: &HookRequest) -> Result<Value, Malformed> {
    if request.body.is_empty() {
        return Ok(request.query.as_deref().filter(|query| !query.is_empty()).map_or(Value::Null, |query| fields(query.as_bytes())));
    }
    let kind = request.header("content-type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if kind == "application/json" || kind.ends_with("+json") {
        return serde_json::from_slice(&request.body).map_err(|why| Malformed(why.to_string()));
    }
    if kind == "application/x-www-form-urlencoded" {
        return Ok(fields(&request.body));
    }
    Ok(match std::str::from_utf8(&request.body) {
        Ok(text) => Value::String(text.to_owned()),
        Err(_) => json!({ "base64": BASE64_STANDARD.encode(&request.body) }),
    })
}

/// The fields of a form by name; one that comes several times is a list.
fn fields(form: &[u8]) -> Value {
    let mut fields = Map::new();
    for (name, value) in url::form_urlencoded::parse(form) {
        let value = Value::String(value.into_owned());
        match fields.get_mut(name.as_ref()) {
            None => {
                fields.insert(name.into_owned(), value);
            }
            Some(Value::Array(list)) => list.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    Value::Object(fields)
}

/// The headers by lower-case name, several of one name joined with commas; those that may hold a secret are left out.
pub fn headers(request: &HookRequest, auth: Option<&WebhookAuth>) -> Map<String, Value> {
    let signature = match auth {
        Some(WebhookAuth::Hmac { header, .. }) => Some(signature_header(header.as_deref())),
        _ => None,
    };
    let mut kept = Map::new();
    for (name, value) in &request.headers {
        let name = name.to_ascii_lowercase();
        if HIDDEN.contains(&name.as_str()) || signature.is_some_and(|signature| signature.eq_ignore_ascii_case(&name)) {
            continue;
        }
        match kept.get_mut(&name) {
            Some(Value::String(first)) => {
                first.push_str(", ");
                first.push_str(value);
            }
            _ => {
                kept.insert(name, Value::String(value.clone()));
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn request(kind: &str, body: &[u8]) -> HookRequest {
        HookRequest { headers: vec![("Content-Type".into(), kind.into())], body: Bytes::copy_from_slice(body), ..HookRequest::default() }
    }

    #[test]
    fn a_payload_is_what_its_content_type_says() {
        assert_eq!(payload(&request("application/json; charset=utf-8", b"{\"n\": [1]}")), Ok(json!({ "n": [1] })));
        assert_eq!(payload(&request("application/cloudevents+json", b"7")), Ok(json!(7)));
        let form = request("application/x-www-form-urlencoded", b"name=Ann+B&tag=a&tag=b%26c&tag=d");
        assert_eq!(payload(&form), Ok(json!({ "name": "Ann B", "tag": ["a", "b&c", "d"] })));
        assert_eq!(payload(&request("text/plain", "Grüße".as_bytes())), Ok(json!("Grüße")));
        assert_eq!(payload(&request("image/png", &[0x89, 0xff])), Ok(json!({ "base64": "if8=" })));
        assert_eq!(payload(&request("application/json", b"")), Ok(Value::Null));
        let query = HookRequest { query: Some("n=1&m=2".into()), ..HookRequest::default() };
        assert_eq!(payload(&query), Ok(json!({ "n": "1", "m": "2" })));
    }

    #[test]
    fn broken_json_is_refused_however_deep() {
        assert!(payload(&request("application/json", b"{\"n\": ")).is_err());
        assert!(payload(&request("application/json", b"{} x")).is_err());
        assert!(payload(&request("application/json", "[".repeat(100_000).as_bytes())).is_err());
        assert!(payload(&request("application/json", &[b'"', 0xff, b'"'])).is_err());
    }

    #[test]
    fn headers_come_without_secrets() {
        let mut hook = request("text/plain", b"x");
        for (name, value) in [
            ("Authorization", "Bearer x"),
            ("Cookie", "c"),
            ("X-Token", "t"),
            ("X-Hub-Signature-256", "sha256=00"),
            ("Accept", "a"),
            ("accept", "b"),
        ] {
            hook.headers.push((name.into(), value.into()));
        }
        let auth = WebhookAuth::Hmac { credential: "x".into(), header: Some("X-Hub-Signature-256".into()) };
        assert_eq!(Value::Object(headers(&hook, Some(&auth))), json!({ "content-type": "text/plain", "accept": "a, b" }));
    }
}
