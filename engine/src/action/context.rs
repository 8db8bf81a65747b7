//! What an action is given besides its parameters.

use super::{LambdaRef, StepError};
use crate::expr::{Evaluator, Lambda};
use crate::limits::Meter;
use crate::ports::{Ports, Redirects};
use crate::vault::Credential;
use jiff::Zoned;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Compiled per-item parameters by name.
pub type Lambdas = BTreeMap<String, Lambda>;

/// What an action may use. Everything that reaches outside goes through the ports.
pub struct ActionContext<'a> {
    /// The ways out: HTTP, mail, files, SQL, clock, ids.
    pub ports: &'a Ports,
    /// The account, where the action takes one and there is one.
    pub credential: Option<&'a Credential>,
    /// Whether the step names the account. One that was only found to be the only one of its type is not to be sent
    /// where it does not belong.
    pub credential_named: bool,
    /// How long the step may take, where the document says so; waits within the action follow it.
    pub timeout: Option<Duration>,
    /// The moment at which the step started, in the workflow's zone.
    pub now: Zoned,
    /// What a destination may use to recognise a repeat; the same for every attempt.
    pub idempotency_key: String,
    /// Where a read of the step may be redirected.
    pub redirects: Redirects,
    /// What the run has used up; whoever spends money charges it here.
    pub meter: Arc<Meter>,
    /// Compiled per-item parameters.
    pub lambdas: &'a Lambdas,
    /// The expression sandbox, for `code.javascript`.
    pub evaluator: &'a Evaluator,
}

impl ActionContext<'_> {
    /// The thing to call for a per-item parameter.
    ///
    /// # Errors
    /// When the parameter was not compiled, which the checks rule out.
    pub fn lambda(&self, param: &LambdaRef) -> Result<&Lambda, StepError> {
        self.lambdas
            .get(param.param())
            .ok_or_else(|| StepError::new("invalid_parameters", format!("\"{}\" is not an expression per item", param.param())))
    }

    /// Evaluates a per-item parameter for each of the items.
    ///
    /// # Errors
    /// When the expression throws or runs over its limits for an item.
    pub async fn map(&self, param: &LambdaRef, items: &[Value]) -> Result<Vec<Value>, StepError> {
        Ok(self.lambda(param)?.call_all(items).await?)
    }

    /// The account.
    ///
    /// # Errors
    /// When the step has none.
    pub fn require_credential(&self) -> Result<&Credential, StepError> {
        self.credential.ok_or_else(|| {
            StepError::new("no_credential", "this step needs an account and there is none")
                .help("set one with: sayflow credentials set NAME --type TYPE --field token=…")
        })
    }
}
