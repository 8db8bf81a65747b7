//! One attempt of one step: the parameters are filled in, the action is run against the ports, and its ending is
//! turned into what the journal says.

use crate::action::{ActionContext, LambdaRef, Lambdas, Outcome, Retry, StepError};
use crate::expr::{Evaluator, Scope};
use crate::limits::Meter;
use crate::plan::{ActionCall, Param, PlanStep, RetryPlan};
use crate::ports::Ports;
use crate::vault::CredentialSource;
use jiff::{Timestamp, Zoned};
use sayflow_protocol::{Effect, InstanceKey};
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::Duration;

/// The longest an attempt may take when the step does not say.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(600);
/// The largest output of a step, in bytes of JSON.
const OUTPUT_LIMIT: usize = 16 * 1024 * 1024;
/// Parameters above this size are shortened in the journal, in bytes of JSON.
const INPUT_LIMIT: usize = 16 * 1024;

/// What an attempt needs besides the plan.
#[derive(Clone)]
pub(super) struct Executor {
    pub(super) ports: Ports,
    pub(super) evaluator: Evaluator,
    pub(super) credentials: Arc<dyn CredentialSource>,
    /// What the run has used up.
    pub(super) meter: Arc<Meter>,
}

/// An attempt with its parameters filled in, ready to be journalled and begun.
pub(super) struct Prepared {
    pub(super) params: Map<String, Value>,
    pub(super) lambdas: Lambdas,
    pub(super) idempotency_key: String,
}

/// How an attempt ended.
pub(super) type Ending = Result<Outcome<Value>, StepError>;

impl Executor {
    /// Fills in the parameters.
    pub(super) async fn prepare(
        &self,
        step: &PlanStep,
        call: &ActionCall,
        scope: Arc<Scope>,
        default_key: String,
    ) -> Result<Prepared, StepError> {
        let mut params = Map::with_capacity(call.with.len());
        let mut lambdas = Lambdas::new();
        for (name, param) in &call.with {
            match param {
                Param::Value(template) => {
                    let value = match template.constant() {
                        Some(value) => value.clone(),
                        None => self.evaluator.render(template, &scope).await?,
                    };
                    // An expression that gives nothing leaves the parameter out, so that its default holds.
                    if !(value.is_null() && template.constant().is_none() && !call.action.spec().is_required(name)) {
                        params.insert(name.clone(), value);
                    }
                }
                Param::Lambda(template) => {
                    params.insert(name.clone(), LambdaRef::placeholder(name));
                    lambdas.insert(name.clone(), self.evaluator.lambda(template.clone(), scope.clone()));
                }
            }
        }
        let idempotency_key = match &step.idempotency_key {
            None => default_key,
            Some(template) => match self.evaluator.render(template, &scope).await? {
                Value::String(text) => text,
                other => other.to_string(),
            },
        };
        Ok(Prepared { params, lambdas, idempotency_key })
    }

    /// Runs the action.
    pub(super) async fn attempt(&self, step: &PlanStep, call: &ActionCall, prepared: Prepared, now: Zoned) -> Ending {
        let spec = call.action.spec();
        let credential = match &spec.credential {
            None => None,
            Some(kind) => match self.credentials.resolve(kind, call.credential.as_deref()).await {
                Ok(credential) => Some(credential),
                Err(why) if spec.credential_optional && call.credential.is_none() && leaves_choice(&why) => None,
                Err(why) => return Err(why),
            },
        };
        let context = ActionContext {
            ports: &self.ports,
            credential: credential.as_ref(),
            credential_named: call.credential.is_some(),
            timeout: step.timeout,
            now,
            idempotency_key: prepared.idempotency_key,
            redirects: call.redirects.clone(),
            meter: self.meter.clone(),
            lambdas: &prepared.lambdas,
            evaluator: &self.evaluator,
        };
        let limit = step.timeout.unwrap_or(DEFAULT_TIMEOUT);
        let running = call.action.run(Value::Object(prepared.params), &context);
        match tokio::time::timeout(limit, running).await {
            Ok(ending) => ending.and_then(|outcome| self.check_size(outcome)),
            Err(_) => {
                let late = StepError::new("timeout", format!("the step did not end within {limit:?}"))
                    .help("raise the step's `timeout`")
                    .retryable();
                Err(if call.effect == Effect::Write { late.unknown() } else { late })
            }
        }
    }
}

/// Whether no account stands out, so that an action that can do without goes without. A damaged account or a wrong key is
/// an error all the same.
fn leaves_choice(why: &StepError) -> bool {
    matches!(why.code.as_str(), "no_credential" | "ambiguous_credential")
}

/// The retry of a step, with at least so many attempts.
pub(super) fn patient(plan: RetryPlan, attempts: u32) -> RetryPlan {
    RetryPlan { max_attempts: plan.max_attempts.max(attempts), ..plan }
}

/// When a failed attempt is tried again, if it is. `fraction` is random, from 0 up to but not including 1.
pub(super) fn retry_at(plan: RetryPlan, attempt: u32, error: &StepError, now: Timestamp, fraction: f64) -> Option<Timestamp> {
    if attempt >= plan.max_attempts {
        return None;
    }
    let asked = match error.retry {
        Retry::Never => return None,
        Retry::Maybe => Duration::ZERO,
        Retry::After(pause) => pause,
    };
    let doubled = plan.backoff.saturating_mul(1_u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX));
    // Full jitter between half of the pause and all of it: spreads a herd without ever hammering.
    let pause = doubled.min(plan.max_backoff).mul_f64(0.5 + fraction / 2.0);
    now.checked_add(pause.max(asked)).ok()
}

/// The parameters as the journal shows them.
pub(super) fn journalled_input(params: &Map<String, Value>) -> Option<Value> {
    let mut shown = Map::new();
    for (name, value) in params {
        if LambdaRef::from_json(value).is_some() {
            continue;
        }
        let size = serde_json::to_string(value).map_or(0, |text| text.len());
        if size > INPUT_LIMIT {
            shown.insert(name.clone(), Value::String(format!("({size} bytes)")));
        } else {
            shown.insert(name.clone(), value.clone());
        }
    }
    (!shown.is_empty()).then_some(Value::Object(shown))
}

/// The parameters as a report shows them that is not kept: whole.
pub(super) fn plain_input(params: &Map<String, Value>) -> Value {
    let plain = params.iter().filter(|(_, value)| LambdaRef::from_json(value).is_none());
    Value::Object(plain.map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// The key by which a destination may recognise a repeat: the same for every attempt of an instance.
pub(super) fn default_idempotency_key(run: &str, key: &InstanceKey) -> String {
    format!("{run}:{key}")
}

impl Executor {
    /// Refuses an output that is too large for one step, or for what the run may use up.
    fn check_size(&self, outcome: Outcome<Value>) -> Ending {
        let bytes = size_of(&outcome)?;
        self.meter.add_output(bytes)?;
        Ok(outcome)
    }
}

fn size_of(outcome: &Outcome<Value>) -> Result<u64, StepError> {
    let output = match outcome {
        Outcome::Done(output) | Outcome::WaitUntil { output, .. } | Outcome::Respond { output, .. } => output,
        Outcome::AwaitApproval { .. } | Outcome::Call { .. } => return Ok(0),
    };
    let mut counter = Counter { bytes: 0 };
    if serde_json::to_writer(&mut counter, output).is_err() {
        return Err(StepError::new("output_too_large", format!("the step's output is larger than {} MiB", OUTPUT_LIMIT / 1024 / 1024))
            .help("read less at once: a filter in the query, a limit, or smaller files"));
    }
    Ok(counter.bytes as u64)
}

/// Counts bytes and gives up above the limit, so that a large output is not copied to be measured.
struct Counter {
    bytes: usize,
}

impl std::io::Write for Counter {
    fn write(&mut self, part: &[u8]) -> std::io::Result<usize> {
        self.bytes += part.len();
        if self.bytes > OUTPUT_LIMIT { Err(std::io::Error::other("too large")) } else { Ok(part.len()) }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: RetryPlan = RetryPlan { max_attempts: 3, backoff: Duration::from_secs(2), max_backoff: Duration::from_secs(3) };

    #[test]
    fn pauses_double_up_to_the_longest_and_end_with_the_attempts() {
        let error = StepError::new("x", "y").retryable();
        let at = |attempt| retry_at(PLAN, attempt, &error, Timestamp::UNIX_EPOCH, 0.999_999).map(|t| t.as_millisecond() / 100);
        assert_eq!([at(1), at(2), at(3)], [Some(19), Some(29), None]);
    }

    #[test]
    fn what_would_fail_the_same_way_is_not_tried_again() {
        assert_eq!(retry_at(PLAN, 1, &StepError::new("x", "y"), Timestamp::UNIX_EPOCH, 0.5), None);
    }

    #[test]
    fn the_pause_that_the_other_side_asks_for_is_kept() {
        let error = StepError::new("x", "y").retry_after(Duration::from_secs(60));
        let at = retry_at(PLAN, 1, &error, Timestamp::UNIX_EPOCH, 0.0);
        assert_eq!(at.map(Timestamp::as_second), Some(60));
    }

    #[test]
    fn outputs_beyond_the_limit_are_refused() {
        let large = Value::String("x".repeat(OUTPUT_LIMIT + 1));
        assert_eq!(size_of(&Outcome::Done(large)).unwrap_err().code, "output_too_large");
    }
}
