//! The body of an answer as a value.

use crate::items::excerpt;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use encoding_rs::{Encoding, UTF_8};
use sayflow_engine::action::StepError;
use sayflow_engine::ports::HttpResponse;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// What the body was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Body {
    /// Nothing.
    Empty,
    /// JSON, parsed.
    Json,
    /// Text.
    Text,
    /// Bytes that are no text, as Base64.
    Base64,
}

/// Reads the body: JSON where it is declared (or where the type says nothing and it is JSON), else text, else Base64.
///
/// # Errors
/// `not_json` when the body is declared as JSON and is none, with its beginning.
pub fn parse_body(answer: &HttpResponse, url: &str) -> Result<(Value, Body), StepError> {
    let media = media_type(answer);
    let declared = is_json(&media);
    if answer.body.is_empty() {
        return Ok((Value::Null, Body::Empty));
    }
    if declared {
        let text = decode(answer).unwrap_or_else(|| String::from_utf8_lossy(&answer.body).into_owned());
        if text.trim().is_empty() {
            return Ok((Value::Null, Body::Empty));
        }
        return serde_json::from_str(&text).map(|value| (value, Body::Json)).map_err(|why| {
            let place = super::place::without_query(url);
            StepError::new(
                "not_json",
                format!("{place}: the answer says that it is JSON ({media}) but is not: {why}; it begins with \"{}\"", excerpt(&text)),
            )
            .help("check the address; pages that ask to sign in often look like this")
        });
    }
    let Some(text) = decode(answer) else {
        return Ok((Value::String(STANDARD.encode(&answer.body)), Body::Base64));
    };
    let says_nothing = matches!(media.as_str(), "" | "text/plain" | "application/octet-stream" | "binary/octet-stream");
    if says_nothing
        && text.trim_start().starts_with(['{', '['])
        && let Ok(value) = serde_json::from_str(&text)
    {
        return Ok((value, Body::Json));
    }
    Ok((Value::String(text), Body::Text))
}

fn media_type(answer: &HttpResponse) -> String {
    let declared = answer.header("content-type").unwrap_or_default();
    declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn is_json(media: &str) -> bool {
    matches!(media, "application/json" | "text/json" | "application/x-json") || media.ends_with("+json")
}

/// The text, by byte order mark, else by the declared charset, else UTF-8. Bytes that are wrong for a declared
/// charset are replaced, as browsers do; none at all when nothing says that it is text and it is not UTF-8.
fn decode(answer: &HttpResponse) -> Option<String> {
    let body = &answer.body;
    let declared = answer.header("content-type").and_then(|header| {
        let charset = header
            .split(';')
            .skip(1)
            .find_map(|part| part.trim().split_once('=').filter(|(name, _)| name.eq_ignore_ascii_case("charset")))?;
        Encoding::for_label(charset.1.trim().trim_matches('"').as_bytes())
    });
    if Encoding::for_bom(body).is_some() || declared.is_some() {
        return Some(declared.unwrap_or(UTF_8).decode(body).0.into_owned());
    }
    match std::str::from_utf8(body) {
        Ok(text) if !text.contains('\0') => Some(text.to_owned()),
        _ if media_type(answer).starts_with("text/") => Some(encoding_rs::WINDOWS_1252.decode(body).0.into_owned()),
        _ => None,
    }
}

/// The beginning of a body for an error message; nothing of a web page or of bytes.
pub fn text_start(answer: &HttpResponse) -> String {
    let media = media_type(answer);
    if media.contains("html") {
        return String::new();
    }
    match std::str::from_utf8(&answer.body) {
        Ok(text) => text.trim().chars().take(200).map(|c| if c.is_control() { ' ' } else { c }).collect(),
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use serde_json::json;

    fn read(media: &str, body: &'static [u8]) -> Result<(Value, Body), StepError> {
        let headers = vec![("content-type".to_owned(), media.to_owned())];
        parse_body(&HttpResponse { status: 200, headers, body: Bytes::from_static(body) }, "https://x.example/a?key=1")
    }

    #[test]
    fn json_arrives_parsed_whether_or_not_it_is_declared_well() {
        for media in ["application/json", "application/problem+json; charset=utf-8", "text/plain", "", "application/octet-stream"] {
            assert_eq!(read(media, b"{\"a\": 1}").unwrap(), (json!({"a": 1}), Body::Json), "{media}");
        }
        assert_eq!(read("text/html", b"[1]").unwrap().1, Body::Text);
        assert_eq!(read("application/json", b"").unwrap(), (Value::Null, Body::Empty));
    }

    #[test]
    fn declared_json_that_is_none_is_an_error_with_its_beginning() {
        let why = read("application/json", b"<html>sign in</html>").unwrap_err();
        assert_eq!(why.code, "not_json");
        assert!(why.message.ends_with("it begins with \"<html>sign in</html>\""), "{}", why.message);
        assert!(!why.message.contains("key=1"));
    }

    #[test]
    fn charsets_are_honoured_and_wrong_ones_survived() {
        assert_eq!(read("text/plain; charset=iso-8859-1", b"caf\xe9").unwrap().0, json!("café"));
        assert_eq!(read("application/json; charset=latin1", b"\"caf\xe9\"").unwrap().0, json!("café"));
        assert_eq!(read("text/plain; charset=utf-8", b"caf\xe9").unwrap().0, json!("caf\u{fffd}"));
        assert_eq!(read("text/plain; charset=nonsense", b"ok").unwrap().0, json!("ok"));
        assert_eq!(read("image/png", b"\x89PNG\0").unwrap(), (json!("iVBORwA="), Body::Base64));
    }
}
