//! A request to a webhook, from the route to the run.

use super::{HookOutcome, HookRequest, MOST_BYTES, headers, payload, verify};
use crate::action::Catalogue;
use crate::run::{Answer, EngineError, Queue, Started};
use crate::trigger::route;
use crate::trigger::service::TriggerService;
use crate::trigger::start::{Target, advance_of, started_by};
use sayflow_protocol::RunId;
use sayflow_protocol::workflow::{Step, Trigger, WebhookAuth};
use sayflow_store::{TriggerAdvance, TriggerRow};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::RwLockReadGuard;

/// The methods of webhooks.
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
/// The most webhooks that are kept ready.
const KEPT: usize = 1_000;
/// The most runs of one workflow that wait for their turn; more are refused.
const MOST_QUEUED: i64 = 1_000;
/// When it is worth trying again after that.
const SHORTLY: Duration = Duration::from_secs(5);

/// Webhooks that were called, by route.
#[derive(Default)]
pub(in crate::trigger) struct Hooks(Mutex<HashMap<String, Arc<Hook>>>);

/// A webhook, ready to be called.
struct Hook {
    row: TriggerRow,
    auth: Option<WebhookAuth>,
    target: Target,
    /// Whether the caller waits for what the workflow answers.
    responds: bool,
    /// Whether runs may have to wait for their turn.
    queues: bool,
}

impl Hooks {
    /// Forgets all of them: the active workflows are others.
    pub(in crate::trigger) fn clear(&self) {
        self.lock().clear();
    }

    fn get(&self, route: &str) -> Option<Arc<Hook>> {
        self.lock().get(route).cloned()
    }

    fn keep(&self, route: &str, hook: Arc<Hook>) {
        let mut hooks = self.lock();
        if hooks.len() >= KEPT {
            hooks.clear();
        }
        hooks.insert(route.to_owned(), hook);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Hook>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TriggerService {
    /// Takes a request to `/hooks/…`. The run is durable when this returns; a request that is refused leaves nothing behind.
    pub async fn webhook(&self, request: &HookRequest) -> HookOutcome {
        if request.body.len() > MOST_BYTES {
            return HookOutcome::TooLarge;
        }
        let gate = self.inner.gate.read().await;
        let hook = match self.hook(request).await {
            Ok(Some(hook)) => hook,
            Ok(None) => return self.no_hook(request).await,
            Err(why) => return refused(why),
        };
        if let Some(outcome) = self.judge(&hook, request).await {
            return outcome;
        }
        let payload = match payload(request) {
            Ok(payload) => payload,
            Err(why) => return HookOutcome::Malformed { why: why.to_string() },
        };
        self.take(gate, &hook, request, payload).await.unwrap_or_else(refused)
    }

    async fn hook(&self, request: &HookRequest) -> Result<Option<Arc<Hook>>, EngineError> {
        let route = route(Some(&request.method), &request.path);
        if let Some(hook) = self.inner.hooks.get(&route) {
            return Ok(Some(hook));
        }
        let Some(row) = self.parts().store.trigger_at_route(&route).await? else { return Ok(None) };
        let Ok(Trigger::Webhook { auth, .. }) = serde_json::from_str(&row.body) else { return Ok(None) };
        let target = self.target(&row).await?;
        let workflow = &target.workflow.plan.workflow;
        let responds = responds(&workflow.steps, &self.parts().catalogue);
        let queues = workflow.concurrency.is_some() || workflow.limits.is_some();
        let hook = Arc::new(Hook { row, auth, target, responds, queues });
        self.inner.hooks.keep(&route, hook.clone());
        Ok(Some(hook))
    }

    /// Nothing is there, or only for other methods.
    async fn no_hook(&self, request: &HookRequest) -> HookOutcome {
        let mut allowed = Vec::new();
        for method in METHODS {
            match self.parts().store.trigger_at_route(&route(Some(method), &request.path)).await {
                Ok(Some(_)) => allowed.push(method.to_owned()),
                Ok(None) => {}
                Err(why) => return HookOutcome::Unavailable { why: why.to_string() },
            }
        }
        if allowed.is_empty() { HookOutcome::NoRoute } else { HookOutcome::OtherMethod { allowed } }
    }

    /// What the caller is told who does not prove what has to be proved.
    async fn judge(&self, hook: &Hook, request: &HookRequest) -> Option<HookOutcome> {
        let auth = hook.auth.as_ref()?;
        let (WebhookAuth::Hmac { credential, .. } | WebhookAuth::Token { credential }) = auth;
        let account = match self.parts().credentials.resolve("*", Some(credential)).await {
            Ok(account) => account,
            Err(why) => {
                tracing::error!(workflow = hook.row.workflow, %why, "the account of a webhook cannot be opened");
                return Some(HookOutcome::Unavailable { why: "the account of the webhook cannot be opened".to_owned() });
            }
        };
        verify(auth, &account, request, self.now()).err().map(|why| HookOutcome::Unauthorized { why: why.to_string() })
    }

    async fn take(
        &self,
        gate: RwLockReadGuard<'_, ()>,
        hook: &Hook,
        request: &HookRequest,
        payload: Value,
    ) -> Result<HookOutcome, EngineError> {
        let now = self.now();
        let trigger = started_by("webhook", now, payload, headers(request, hook.auth.as_ref()));
        let mut start = hook.target.request(String::new(), trigger);
        start.delivery = request.delivery().map(|id| format!("webhook:{}:{id}", hook.row.place));
        start.advance = Some(TriggerAdvance { last_at: Some(now.as_microsecond()), trouble: None, fired: 1, ..advance_of(&hook.row) });
        if !hook.queues {
            start.queue = Queue::Refuse;
        } else if self.queue_is_full(hook).await? {
            return Ok(HookOutcome::Busy { retry_after: SHORTLY });
        }
        if !hook.responds {
            let Started { run, duplicate } = self.parts().engine.start(start).await?;
            return Ok(HookOutcome::Accepted { run, repeat: duplicate });
        }
        // The caller may wait long for the answer; nobody else must wait for the caller.
        drop(gate);
        let Answer { run, duplicate, response, .. } = self.parts().engine.answer(start).await?;
        let response = match response {
            None if duplicate => self.answer_of(&run).await?,
            other => other,
        };
        Ok(match response {
            Some(response) => answered(run, duplicate, response),
            None => HookOutcome::Accepted { run, repeat: duplicate },
        })
    }

    async fn queue_is_full(&self, hook: &Hook) -> Result<bool, EngineError> {
        let queued = self.parts().store.queued_runs(&hook.row.workflow, MOST_QUEUED).await?;
        Ok(queued.len() as i64 >= MOST_QUEUED)
    }

    /// What an earlier run answered, as far as it has.
    async fn answer_of(&self, run: &RunId) -> Result<Option<Value>, EngineError> {
        match self.parts().engine.view(run).await {
            Ok(view) => Ok(view.response),
            // It has been removed since.
            Err(EngineError::NoRun(_)) => Ok(None),
            Err(why) => Err(why),
        }
    }
}

/// Whether one of the steps answers whoever started the run.
fn responds(steps: &[Step], catalogue: &Catalogue) -> bool {
    steps.iter().any(|step| {
        let spec = step.uses.as_deref().and_then(|uses| catalogue.spec(uses));
        spec.is_some_and(|spec| spec.responds) || responds(&step.steps, catalogue)
    })
}

/// `{status, headers, body}` as an outcome.
fn answered(run: RunId, repeat: bool, mut response: Value) -> HookOutcome {
    let status = response["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(200);
    let named = response["headers"].as_object();
    let headers = named.into_iter().flatten().filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect();
    HookOutcome::Answered { run, repeat, status, headers, body: response["body"].take() }
}

fn refused(why: EngineError) -> HookOutcome {
    match why {
        EngineError::Busy { retry_after, .. } => HookOutcome::Busy { retry_after },
        EngineError::LimitReached { .. } => HookOutcome::Busy { retry_after: Duration::from_secs(600) },
        EngineError::Inputs(why) => HookOutcome::Refused { why },
        other => {
            tracing::error!(why = %other, "a webhook cannot start its workflow");
            HookOutcome::Unavailable { why: "the workflow cannot be started now; the server's log says why".to_owned() }
        }
    }
}
