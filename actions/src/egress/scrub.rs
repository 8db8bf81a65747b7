//! Takes the secrets that were sent with a request out of what comes back: a host that repeats a header in its answer
//! must not put it into the journal.

use super::auth;
use aho_corasick::{AhoCorasick, MatchKind};
use bytes::Bytes;
use sayflow_engine::action::StepError;
use sayflow_engine::ports::{HttpAuth, HttpResponse};
use std::collections::BTreeSet;

/// What stands in a secret's place.
const REPLACEMENT: &str = "[secret]";
/// A shorter text occurs by chance; taking it out would spoil answers and protect nobody.
const SHORTEST: usize = 6;

/// Finds the secrets of one request, in the spellings in which a host may repeat them.
pub(super) struct Scrubber {
    secrets: Option<AhoCorasick>,
}

impl Scrubber {
    /// The scrubber of a request's account. Without one it costs nothing.
    pub(super) fn of(auth: Option<HttpAuth<'_>>) -> Self {
        let spellings: BTreeSet<String> =
            auth.map(auth::sent_secrets).unwrap_or_default().iter().flat_map(|secret| spellings(secret)).collect();
        if spellings.is_empty() {
            return Self { secrets: None };
        }
        // The longest first: a token is also the end of its own escaped form.
        Self { secrets: AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&spellings).ok() }
    }

    /// The answer without them. A body in which there are none is looked through once and not copied.
    pub(super) fn answer(&self, mut answer: HttpResponse) -> HttpResponse {
        let Some(secrets) = &self.secrets else { return answer };
        for (_, value) in &mut answer.headers {
            if secrets.is_match(value.as_str()) {
                *value = secrets.replace_all(value, &vec![REPLACEMENT; secrets.patterns_len()]);
            }
        }
        if secrets.is_match(&answer.body[..]) {
            answer.body = Bytes::from(secrets.replace_all_bytes(&answer.body, &vec![REPLACEMENT; secrets.patterns_len()]));
        }
        answer
    }

    /// An error without them: it may quote an address that the other side gave.
    pub(super) fn error(&self, mut error: StepError) -> StepError {
        let Some(secrets) = &self.secrets else { return error };
        for text in std::iter::once(&mut error.message).chain(&mut error.help) {
            if secrets.is_match(text.as_str()) {
                *text = secrets.replace_all(text, &vec![REPLACEMENT; secrets.patterns_len()]);
            }
        }
        error
    }
}

/// As it is, inside JSON (some writers escape slashes), and inside an address.
fn spellings(secret: &str) -> Vec<String> {
    if secret.len() < SHORTEST {
        return Vec::new();
    }
    let quoted = serde_json::Value::from(secret).to_string();
    let in_json = quoted[1..quoted.len() - 1].to_owned();
    let in_form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    vec![secret.to_owned(), in_json.replace('/', "\\/"), in_json, in_form.replace('+', "%20"), in_form, auth::escaped(secret)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use indexmap::IndexMap;
    use sayflow_engine::vault::{Credential, Secret};

    fn account(fields: &[(&str, &str)], secrets: &[(&str, &str)]) -> Credential {
        Credential {
            name: "a".into(),
            kind: "http".into(),
            hosts: Vec::new(),
            fields: fields.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect::<IndexMap<_, _>>(),
            secrets: secrets.iter().map(|&(name, value)| (name.to_owned(), Secret::new(value.to_owned()))).collect(),
        }
    }

    fn scrub(auth: HttpAuth<'_>, body: &str) -> String {
        let headers = vec![("x-echo".to_owned(), body.to_owned())];
        let answer = Scrubber::of(Some(auth)).answer(HttpResponse { status: 200, headers, body: Bytes::from(body.to_owned()) });
        assert_eq!(answer.headers[0].1.as_bytes(), &answer.body[..]);
        String::from_utf8(answer.body.to_vec()).unwrap()
    }

    #[test]
    fn a_token_goes_in_every_spelling() {
        let account = account(&[], &[("token", "ab/c\"d+e f")]);
        let auth = HttpAuth::Bearer(&account, "token");
        for (body, left) in [
            ("Bearer ab/c\"d+e f!", "Bearer [secret]!"),
            (r#"{"t": "ab/c\"d+e f"}"#, r#"{"t": "[secret]"}"#),
            (r#"{"t": "ab\/c\"d+e f"}"#, r#"{"t": "[secret]"}"#),
            ("?t=ab%2Fc%22d%2Be+f&u", "?t=[secret]&u"),
            ("?t=ab%2Fc%22d%2Be%20f&u", "?t=[secret]&u"),
            ("ab/c and d+e f", "ab/c and d+e f"),
        ] {
            assert_eq!(scrub(auth, body), left, "{body}");
        }
    }

    #[test]
    fn a_password_goes_alone_and_as_it_was_sent() {
        let account = account(&[("username", "ann")], &[("password", "hunter22")]);
        let auth = HttpAuth::Basic(&account);
        assert_eq!(scrub(auth, "ann:hunter22 Basic YW5uOmh1bnRlcjIy"), "ann:[secret] Basic [secret]");
    }

    #[test]
    fn a_short_password_goes_only_as_it_was_sent() {
        let account = account(&[("username", "ann")], &[("password", "abc")]);
        assert_eq!(scrub(HttpAuth::Basic(&account), "abc YW5uOmFiYw=="), "abc [secret]");
    }

    #[test]
    fn a_body_without_secrets_is_not_copied() {
        let account = account(&[], &[("token", "s3cret")]);
        let body = Bytes::from_static(b"\xff\x00 nothing here");
        let scrubber = Scrubber::of(Some(HttpAuth::Bearer(&account, "token")));
        let answer = scrubber.answer(HttpResponse { status: 200, headers: Vec::new(), body: body.clone() });
        assert_eq!(answer.body.as_ptr(), body.as_ptr());
    }

    #[test]
    fn errors_are_scrubbed_too() {
        let account = account(&[], &[("token", "s3cret")]);
        let scrubber = Scrubber::of(Some(HttpAuth::InUrl(&account, "token")));
        let error = scrubber.error(StepError::new("x", "https://a.example/s3cret/b").help("s3cret"));
        assert_eq!((error.message.as_str(), error.help.as_deref()), ("https://a.example/[secret]/b", Some("[secret]")));
    }
}
