//! Signs requests to object stores with AWS Signature Version 4, in the query of the URL.

use super::reveal::reveal;
use jiff::Timestamp;
use rusty_s3::Method;
use rusty_s3::signing;
use sayflow_engine::action::StepError;
use sayflow_engine::vault::Credential;
use url::Url;

/// How long a signature holds, in seconds: long enough for the request and a clock that is a little off.
const HOLDS_SECONDS: u64 = 300;

/// The URL with its signature. Its own query stays.
///
/// # Errors
/// When the account lacks a field, or the URL is none.
pub(super) fn sign(method: &str, url: &str, credential: &Credential) -> Result<String, StepError> {
    sign_at(Timestamp::now(), HOLDS_SECONDS, method, url, credential)
}

fn sign_at(now: Timestamp, holds: u64, method: &str, url: &str, credential: &Credential) -> Result<String, StepError> {
    let field = |name: &str| {
        credential.field(name).ok_or_else(|| {
            StepError::new("invalid_credential", format!("the account \"{}\" has no field \"{name}\"", credential.name))
                .help(format!("set it again: sayflow credentials set {} --type {} --field {name}=…", credential.name, credential.kind))
        })
    };
    let method = match method {
        "GET" => Method::Get,
        "PUT" => Method::Put,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "DELETE" => Method::Delete,
        other => return Err(StepError::new("invalid_request", format!("a {other} request to an object store cannot be signed"))),
    };
    let url = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let url = url.ok_or_else(|| StepError::new("invalid_url", "the object's address is no http or https address"))?;
    let mut query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    query.sort();
    let token = credential.secret("session_token").map(|_| reveal(credential, "session_token")).transpose()?;
    let signed = signing::sign(
        &now,
        method,
        url,
        field("access_key")?,
        reveal(credential, "secret_key")?,
        token,
        field("region")?,
        holds,
        query.iter().map(|(name, value)| (name.as_str(), value.as_str())),
        std::iter::empty(),
    );
    Ok(signed.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use sayflow_engine::vault::Secret;

    fn account(fields: &[(&str, &str)]) -> Credential {
        let secrets = [("secret_key".to_owned(), Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned()))];
        let fields = fields.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        Credential { name: "a".into(), kind: "s3".into(), hosts: Vec::new(), fields, secrets: secrets.into_iter().collect() }
    }

    /// The example of the documentation of Amazon S3, "Authenticating Requests: Using Query Parameters".
    #[test]
    fn the_signature_is_that_of_the_specification() {
        let account = account(&[("access_key", "AKIAIOSFODNN7EXAMPLE"), ("region", "us-east-1")]);
        let now: Timestamp = "2013-05-24T00:00:00Z".parse().unwrap();
        let signed = sign_at(now, 86_400, "GET", "https://examplebucket.s3.amazonaws.com/test.txt", &account).unwrap();
        assert!(signed.ends_with("&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"), "{signed}");
        assert!(!signed.contains("wJalr"));
    }

    #[test]
    fn a_missing_field_is_named() {
        let why = sign_at(Timestamp::UNIX_EPOCH, 1, "GET", "https://x.example/a", &account(&[("region", "x")])).unwrap_err();
        assert!(why.code == "invalid_credential" && why.message.contains("access_key"), "{why}");
    }
}
