//! What the tests share.

use sayflow_engine::action::{ActionContext, ActionSpec, Catalogue, DynAction, Outcome, SpecBuilder, StepError, role};
use sayflow_protocol::{DestinationKind, Effect};
use serde_json::{Value, json};
use std::sync::Arc;

/// A declaration that cannot run: the agent only reads declarations.
struct Declared(ActionSpec);

#[async_trait::async_trait]
impl DynAction for Declared {
    fn spec(&self) -> &ActionSpec {
        &self.0
    }

    async fn run(&self, _: Value, _: &ActionContext<'_>) -> Result<Outcome<Value>, StepError> {
        Err(StepError::new("declared_only", "this action is a declaration".to_owned()))
    }
}

fn params(roles: &[(&str, &str)]) -> Value {
    let properties: serde_json::Map<String, Value> =
        roles.iter().map(|(name, role)| ((*name).to_owned(), json!({ "x-role": role }))).collect();
    json!({ "type": "object", "properties": properties })
}

/// A small catalogue in the shape of the real one.
pub fn catalogue() -> Catalogue {
    let specs = [
        SpecBuilder::new("file.read", "Read a file", "Reads a file.", Effect::Read)
            .destination("path", DestinationKind::File)
            .finish_with(params(&[("path", role::PATH)]), json!({})),
        SpecBuilder::new("data.filter", "Filter a list", "Keeps some items.", Effect::None)
            .finish_with(params(&[("items", role::ITEMS), ("where", role::CONDITION)]), json!({})),
        SpecBuilder::new("data.sort", "Sort a list", "Orders items.", Effect::None)
            .finish_with(params(&[("items", role::ITEMS), ("by", role::BY), ("order", role::ORDER)]), json!({})),
        SpecBuilder::new("http.request", "HTTP request", "Requests an address.", Effect::Write)
            .reads_when("method", &["GET"])
            .finish_with(params(&[("url", role::URL)]), json!({})),
        SpecBuilder::new("slack.send_message", "Send a Slack message", "Posts a message.", Effect::Write)
            .finish_with(params(&[("channel", role::CHANNEL), ("text", role::TEXT)]), json!({})),
    ];
    let mut catalogue = Catalogue::new();
    for spec in specs {
        catalogue.add(Arc::new(Declared(spec))).unwrap();
    }
    catalogue
}
