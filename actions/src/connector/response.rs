//! From the answer of an outside service to the step's output or its failure.

use super::manifest::{Manifest, OperationSection};
use super::readable::readable;
use jiff::Timestamp;
use sayflow_engine::action::{ActionContext, StepError};
use sayflow_engine::ports::HttpResponse;
use sayflow_protocol::Effect;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// The longest excerpt of an answer that an error shows, in characters.
const EXCERPT_CHARS: usize = 300;
/// The longest pause that a service may ask for.
const MAX_PAUSE: Duration = Duration::from_secs(24 * 60 * 60);

/// The script that reads an answer: the manifest's expressions over `status`, `headers`, `body` and `params`. What the
/// service says happened has happened, whatever else its answer leaves out: a field that is not there is null.
pub(super) fn script(section: &OperationSection) -> String {
    let fields: Vec<String> = section.output.map.iter().map(|(name, expr)| format!("{}: either(() => ({expr}))", json!(name))).collect();
    format!(
        "const {{ status, headers, body, params, now }} = input;\n\
         const either = read => {{ try {{ return read(); }} catch {{ return null; }} }};\n\
         if ({}) return {{ success: true, output: {{ {} }} }};\n\
         return {{ success: false, word: ({}), retry_after: ({}) }};",
        section.success,
        fields.join(", "),
        section.error.word,
        section.error.retry_after.as_deref().unwrap_or("null"),
    )
}

/// The output, or why there is none.
///
/// # Errors
/// `rate_limited`, `service_refused`, `service_failed` and `unexpected_answer`.
pub(super) async fn read(
    manifest: &Manifest,
    section: &OperationSection,
    script: &str,
    params: &Map<String, Value>,
    answer: HttpResponse,
    cx: &ActionContext<'_>,
) -> Result<Value, StepError> {
    let reader = Reader { manifest, section, answer: &answer, now: cx.ports.clock.now() };
    let body: Value =
        serde_json::from_slice(&answer.body).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&answer.body).into_owned()));
    let headers: Map<String, Value> = answer.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let input = json!({ "status": answer.status, "headers": headers, "body": body, "params": params, "now": reader.now.as_second() });
    let verdict = match cx.evaluator.script(script, input).await {
        Ok(verdict) => verdict,
        Err(_) if !(200..300).contains(&answer.status) => Value::Null,
        Err(why) => return Err(reader.unexpected(&body, &why.message)),
    };
    if verdict.get("success") == Some(&Value::Bool(true)) {
        // What the service left out is null, so that a reference to it finds something.
        let field = |name: &String| (name.clone(), verdict["output"].get(name).cloned().unwrap_or(Value::Null));
        return Ok(Value::Object(section.output.map.keys().map(field).collect()));
    }
    let word = verdict.get("word").map(readable).filter(|word| !word.is_empty());
    if word.is_none() && (200..300).contains(&answer.status) {
        return Err(reader.unexpected(&body, "neither a success nor an error"));
    }
    Err(reader.failure(word, verdict.get("retry_after").and_then(Value::as_f64)))
}

struct Reader<'a> {
    manifest: &'a Manifest,
    section: &'a OperationSection,
    answer: &'a HttpResponse,
    now: Timestamp,
}

impl Reader<'_> {
    fn failure(&self, word: Option<String>, retry_after: Option<f64>) -> StepError {
        let Self { manifest, section, answer, .. } = self;
        let said = word.clone().unwrap_or_else(|| format!("status {}", answer.status));
        let limited = answer.status == 429
            || word.as_ref().is_some_and(|word| section.error.rate_limited.iter().any(|limit| word.contains(limit.as_str())));
        if limited {
            let error = StepError::new("rate_limited", format!("{} asks for fewer requests: {said}", manifest.title));
            return match self.pause(retry_after) {
                Some(pause) => error.retry_after(pause).help(format!("it takes the next one in {} s", pause.as_secs())),
                None => error.retryable().help("send less often"),
            };
        }
        if answer.status >= 500 {
            let error = StepError::new("service_failed", format!("{} failed with status {}: {said}", manifest.title, answer.status))
                .help("it is the service's fault; try again later")
                .retryable();
            return if self.ambiguous() { error.unknown() } else { error };
        }
        let error = StepError::new("service_refused", format!("{} refused {}: {said}", manifest.title, section.id));
        let remedy = word.and_then(|word| {
            let word = word.to_lowercase();
            section.error.remedies.iter().find(|(part, _)| word.contains(&part.to_lowercase())).map(|(_, remedy)| remedy.clone())
        });
        match remedy {
            Some(remedy) => error.help(remedy),
            None => error.help(format!("look the word up in the documentation of {}", manifest.title)),
        }
    }

    /// After a definite "yes" in the status but an answer that we cannot read, a write may have happened.
    fn unexpected(&self, body: &Value, why: &str) -> StepError {
        let excerpt: String = readable(body).chars().take(EXCERPT_CHARS).collect();
        let title = &self.manifest.title;
        let error = StepError::new(
            "unexpected_answer",
            format!("{title} answered with status {} what {} cannot read ({why}): {excerpt}", self.answer.status, self.section.id),
        )
        .help(match &self.manifest.base_url_field {
            Some(field) => format!("check that the credential's {field} is where {title} is"),
            None => format!("check that the credential's {} is an address that {title} gave", self.manifest.auth.field),
        });
        if self.ambiguous() { error.unknown() } else { error }
    }

    fn ambiguous(&self) -> bool {
        self.section.effect == Effect::Write && !self.section.idempotent
    }

    /// How long the service asks to wait: what the body says, else the Retry-After header (RFC 9110, 10.2.3) in seconds
    /// or as a date.
    fn pause(&self, in_body: Option<f64>) -> Option<Duration> {
        let from_body = in_body.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let pause = from_body.or_else(|| {
            let header = self.answer.header("retry-after")?.trim();
            let at = || jiff::fmt::rfc2822::parse(header).ok();
            header.parse().ok().map(Duration::from_secs).or_else(|| Duration::try_from(at()?.timestamp().duration_since(self.now)).ok())
        })?;
        Some(pause.min(MAX_PAUSE))
    }
}
