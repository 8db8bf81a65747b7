//! What an action is: one definition from which the catalogue, the checker, forms, the footprint, the dry run, the
//! retrieval entry and the offline planner's slots are derived.

mod catalogue;
mod context;
mod error;
mod lambda_ref;
mod outcome;
mod output_rule;
mod spec;

pub use catalogue::{Catalogue, CatalogueError};
pub use context::{ActionContext, Lambdas};
pub use error::{Retry, StepError};
pub use lambda_ref::LambdaRef;
pub use outcome::Outcome;
pub use output_rule::{OutputRule, sample};
pub use spec::{ActionSpec, DestinationRule, EffectRule, KeyUse, SpecBuilder, role};

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;

/// What a step can do. Implementations live in the `actions` crate, one file each.
#[async_trait]
pub trait Action: Send + Sync + 'static {
    /// The parameters. Their JSON Schema is what the checker and the planners see.
    type Params: DeserializeOwned + JsonSchema + Send;
    /// The output. Its JSON Schema is what references to the step's output are checked against.
    type Output: Serialize + JsonSchema;

    /// The declaration: everything that is known without running it. The schemas are filled in from the types.
    fn spec(&self) -> SpecBuilder;

    /// Does it, once.
    ///
    /// # Errors
    /// A [`StepError`] says whether anything was sent and whether trying again may help.
    async fn run(&self, params: Self::Params, cx: &ActionContext<'_>) -> Result<Outcome<Self::Output>, StepError>;
}

/// An action without its types, as the catalogue holds it. Connector operations implement it directly.
#[async_trait]
pub trait DynAction: Send + Sync + 'static {
    /// The declaration.
    fn spec(&self) -> &ActionSpec;

    /// Does it, once, with resolved parameters. Parameters that the schema marks with `x-lambda` hold a
    /// [`LambdaRef`] in its JSON form.
    async fn run(&self, params: Value, cx: &ActionContext<'_>) -> Result<Outcome<Value>, StepError>;
}

/// A typed action with its finished declaration.
struct Typed<A> {
    spec: ActionSpec,
    action: A,
}

/// Takes the types off an action, so that it can be put into a catalogue.
pub fn erase<A: Action>(action: A) -> Arc<dyn DynAction> {
    let spec = action.spec().finish::<A::Params, A::Output>();
    Arc::new(Typed { spec, action })
}

#[async_trait]
impl<A: Action> DynAction for Typed<A> {
    fn spec(&self) -> &ActionSpec {
        &self.spec
    }

    async fn run(&self, params: Value, cx: &ActionContext<'_>) -> Result<Outcome<Value>, StepError> {
        let params: A::Params = serde_json::from_value(params).map_err(|why| {
            StepError::new("invalid_parameters", format!("{}: {why}", self.spec.id))
                .help("compare the step's `with` with the action's schema: sayflow actions --output json")
        })?;
        self.action.run(params, cx).await?.try_map(|output| {
            serde_json::to_value(output).map_err(|why| StepError::new("output_not_json", format!("{}: {why}", self.spec.id)))
        })
    }
}
