//! What may be over by itself is tried again.

use super::Fix;
use crate::explain::answered::http_status;
use crate::explain::situation::Situation;
use sayflow_protocol::Effect;
use serde_json::{Map, Value, json};

/// Failures that often pass.
const PASSING: &[&str] = &[
    "timeout",
    "dns_failed",
    "host_unreachable",
    "connection_failed",
    "connection_lost",
    "service_failed",
    "database_busy",
    "model_unreachable",
    "model_failed",
    "model_timeout",
    "model_answer_invalid",
    "model_answer_empty",
];
/// Refusals that say that nothing was done: also a write may be tried again.
const NOT_DONE: &[&str] = &["rate_limited", "model_rate_limited"];
/// Attempts in all where there was no retry.
const ATTEMPTS: u32 = 4;
/// The most attempts that are proposed.
const MOST_ATTEMPTS: u32 = 8;

pub(super) fn fix(situation: &Situation<'_>) -> Option<Fix> {
    let code = situation.error.code.as_str();
    let status = http_status(situation.error);
    let not_done = NOT_DONE.contains(&code) || matches!(status, Some(429 | 503));
    let passing = PASSING.contains(&code) || matches!(status, Some(408 | 425 | 500..=599));
    if situation.step.is_group() || !(not_done || passing && is_repeatable(situation)) {
        return None;
    }
    let (attempts, because) = match &situation.step.retry {
        None => (ATTEMPTS, "The step is tried only once, and failures of this kind often pass by themselves.".to_owned()),
        Some(retry) if retry.max_attempts < MOST_ATTEMPTS => {
            let more = (retry.max_attempts.max(1) * 2).min(MOST_ATTEMPTS);
            (more, format!("{} attempts were not enough.", retry.max_attempts))
        }
        Some(_) => return None,
    };
    Some(match &situation.step.retry {
        None => Fix::set(situation, "/retry", json!({ "max_attempts": attempts, "backoff": "2s" }), because),
        Some(_) => Fix::set(situation, "/retry/max_attempts", attempts, because),
    })
}

/// Whether doing it again cannot do it twice.
pub(super) fn is_repeatable(situation: &Situation<'_>) -> bool {
    let with: Map<String, Value> = situation.step.with.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    situation.effect() != Effect::Write || situation.spec.is_some_and(|spec| spec.is_idempotent_with(&with))
}
