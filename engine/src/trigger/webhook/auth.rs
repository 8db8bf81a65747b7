//! Whether a caller is who they have to be.

use super::HookRequest;
use crate::vault::Credential;
use jiff::{SignedDuration, Timestamp};
use sayflow_protocol::workflow::WebhookAuth;

/// The header of the signature where the document names none.
const SIGNATURE: &str = "x-signature-256";
/// The header of the moment of sending, in seconds since 1970. When it is sent, it is signed too.
const TIMESTAMP: &str = "x-timestamp";
/// The header of a token, besides `Authorization: Bearer`.
pub(super) const TOKEN: &str = "x-token";

/// A signature that is off by more than this is refused: 5 minutes.
pub const STALE_AFTER: SignedDuration = SignedDuration::from_mins(5);

/// Why a caller is refused. Says nothing about the secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The header is not there.
    #[error("the request must carry {0}")]
    Missing(String),
    /// It is not what the secret says.
    #[error("{0} is wrong")]
    Wrong(String),
    /// It was sent too long ago, or in the future.
    #[error("{TIMESTAMP} is more than 5 minutes off; the clocks may differ, or somebody repeats an old request")]
    Stale,
    /// The account has no secret to compare with.
    #[error("the account of the webhook has no secret; set one with: sayflow credentials set NAME --type webhook --field secret=…")]
    NoSecret,
}

/// The header that carries a signature.
pub(super) fn signature_header(named: Option<&str>) -> &str {
    named.unwrap_or(SIGNATURE)
}

/// Judges a request by the secret of an account, in constant time.
///
/// # Errors
/// Why the caller is refused.
pub fn verify(auth: &WebhookAuth, account: &Credential, request: &HookRequest, now: Timestamp) -> Result<(), Refused> {
    let secret = account.proof().ok_or(Refused::NoSecret)?;
    match auth {
        WebhookAuth::Token { .. } => {
            let given = bearer(request).or_else(|| request.header(TOKEN)).map(str::trim);
            let given = given.ok_or_else(|| Refused::Missing("Authorization: Bearer TOKEN, or X-Token".to_owned()))?;
            if secret.is(given.as_bytes()) { Ok(()) } else { Err(Refused::Wrong("the token".to_owned())) }
        }
        WebhookAuth::Hmac { header, .. } => {
            let name = signature_header(header.as_deref());
            let given = request.header(name).ok_or_else(|| Refused::Missing(format!("its signature in {name}")))?;
            let given = given.trim();
            let wrong = || Refused::Wrong(format!("the signature in {name}"));
            let signature = hex::decode(given.strip_prefix("sha256=").unwrap_or(given)).map_err(|_| wrong())?;
            let sent = request.header(TIMESTAMP).map(str::trim);
            let fits = match sent {
                None => secret.has_signed(&[&request.body], &signature),
                Some(sent) => secret.has_signed(&[sent.as_bytes(), b".", &request.body], &signature),
            };
            if !fits {
                return Err(wrong());
            }
            sent.map_or(Ok(()), |sent| fresh(sent, now))
        }
    }
}

fn fresh(sent: &str, now: Timestamp) -> Result<(), Refused> {
    let sent = sent.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok()).ok_or(Refused::Stale)?;
    if now.duration_since(sent).abs() <= STALE_AFTER { Ok(()) } else { Err(Refused::Stale) }
}

fn bearer(request: &HookRequest) -> Option<&str> {
    let (scheme, token) = request.header("authorization")?.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::Secret;
    use bytes::Bytes;
    use hmac::{Hmac, KeyInit, Mac};
    use indexmap::IndexMap;
    use sha2::Sha256;

    const NOW: i64 = 1_790_000_000;

    fn account(field: &str) -> Credential {
        Credential {
            name: "hooks".into(),
            kind: "webhook".into(),
            hosts: vec![],
            fields: IndexMap::new(),
            secrets: IndexMap::from([(field.to_owned(), Secret::new("s3cret".into()))]),
        }
    }

    fn sign(text: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(b"s3cret").unwrap();
        mac.update(text.as_bytes());
        hex::encode(mac.finalize().into_bytes())
    }

    fn judge(auth: &WebhookAuth, headers: &[(&str, &str)]) -> Result<(), Refused> {
        let headers = headers.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        let request = HookRequest { headers, body: Bytes::from_static(b"{\"n\":1}"), ..HookRequest::default() };
        verify(auth, &account("secret"), &request, Timestamp::from_second(NOW).unwrap())
    }

    fn hmac(header: Option<&str>) -> WebhookAuth {
        WebhookAuth::Hmac { credential: "hooks".into(), header: header.map(str::to_owned) }
    }

    #[test]
    fn a_signature_is_that_of_the_raw_body() {
        let right = sign("{\"n\":1}");
        assert_eq!(judge(&hmac(None), &[("X-Signature-256", &right)]), Ok(()));
        assert_eq!(judge(&hmac(None), &[("x-signature-256", &format!("sha256={}", right.to_uppercase()))]), Ok(()));
        assert_eq!(judge(&hmac(Some("X-Hub-Signature-256")), &[("x-hub-signature-256", &format!("sha256={right}"))]), Ok(()));
        let wrong = Err(Refused::Wrong("the signature in x-signature-256".into()));
        for text in [sign("{\"n\": 1}"), right[..62].to_owned(), "nonsense".to_owned(), String::new(), format!("sha1={right}")] {
            assert_eq!(judge(&hmac(None), &[("x-signature-256", &text)]), wrong, "{text}");
        }
        assert!(matches!(judge(&hmac(None), &[("x-hub-signature-256", &right)]), Err(Refused::Missing(_))));
    }

    #[test]
    fn a_time_stamp_is_signed_too_and_grows_stale() {
        let at = |seconds: i64| {
            let stamp = seconds.to_string();
            judge(&hmac(None), &[("X-Timestamp", &stamp), ("X-Signature-256", &sign(&format!("{stamp}.{{\"n\":1}}")))])
        };
        assert_eq!((at(NOW), at(NOW - 300), at(NOW + 300)), (Ok(()), Ok(()), Ok(())));
        assert_eq!((at(NOW - 301), at(NOW + 301)), (Err(Refused::Stale), Err(Refused::Stale)));
        let body_only = sign("{\"n\":1}");
        let stamped = [("X-Timestamp", "1790000000"), ("X-Signature-256", body_only.as_str())];
        assert!(matches!(judge(&hmac(None), &stamped), Err(Refused::Wrong(_))));
        let odd = sign("soon.{\"n\":1}");
        assert_eq!(judge(&hmac(None), &[("X-Timestamp", "soon"), ("X-Signature-256", &odd)]), Err(Refused::Stale));
    }

    #[test]
    fn a_token_comes_as_bearer_or_in_its_own_header() {
        let token = WebhookAuth::Token { credential: "hooks".into() };
        assert_eq!(judge(&token, &[("Authorization", "Bearer s3cret")]), Ok(()));
        assert_eq!(judge(&token, &[("authorization", "bearer  s3cret")]), Ok(()));
        assert_eq!(judge(&token, &[("X-Token", "s3cret")]), Ok(()));
        for headers in [[("Authorization", "Bearer s3cre")], [("Authorization", "Bearer s3cret2")], [("X-Token", "")]] {
            assert_eq!(judge(&token, &headers), Err(Refused::Wrong("the token".into())), "{headers:?}");
        }
        assert!(matches!(judge(&token, &[("Authorization", "Basic s3cret")]), Err(Refused::Missing(_))));
        assert!(matches!(judge(&token, &[]), Err(Refused::Missing(_))));
    }

    #[test]
    fn the_secret_is_found_in_accounts_of_other_types() {
        let request = HookRequest { headers: vec![("x-token".into(), "s3cret".into())], ..HookRequest::default() };
        let token = WebhookAuth::Token { credential: "hooks".into() };
        for field in ["token", "value", "api_key"] {
            assert_eq!(verify(&token, &account(field), &request, Timestamp::UNIX_EPOCH), Ok(()), "{field}");
        }
        let none = Credential { secrets: IndexMap::new(), ..account("secret") };
        assert_eq!(verify(&token, &none, &request, Timestamp::UNIX_EPOCH), Err(Refused::NoSecret));
    }
}
