//! A small catalogue with one action of each kind that the checks tell apart.

use async_trait::async_trait;
use sayflow_engine::action::{Action, ActionContext, Catalogue, KeyUse, LambdaRef, Outcome, SpecBuilder, StepError, erase, role};
use sayflow_engine::vault::{CredentialField, CredentialType, HostRule};
use sayflow_protocol::{DestinationKind, Effect};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::marker::PhantomData;

/// An action that is only ever declared.
struct Declared<P, O> {
    spec: SpecBuilder,
    types: PhantomData<fn(P) -> O>,
}

#[async_trait]
impl<P, O> Action for Declared<P, O>
where
    P: DeserializeOwned + JsonSchema + Send + 'static,
    O: Serialize + JsonSchema + 'static,
{
    type Params = P;
    type Output = O;

    fn spec(&self) -> SpecBuilder {
        self.spec.clone()
    }

    async fn run(&self, _: P, _: &ActionContext<'_>) -> Result<Outcome<O>, StepError> {
        Err(StepError::new("not_run", "the checks run nothing"))
    }
}

#[derive(Deserialize, JsonSchema)]
#[allow(dead_code)]
struct HttpParams {
    /// The HTTP method.
    method: Option<Method>,
    /// The address.
    url: String,
    headers: Option<Map<String, Value>>,
    body: Option<Value>,
    expect_status: Option<Vec<u16>>,
}

#[derive(Deserialize, JsonSchema)]
enum Method {
    #[serde(rename = "GET")]
    Get,
    #[serde(rename = "POST")]
    Post,
}

#[derive(Serialize, JsonSchema)]
struct HttpOutput {
    status: u16,
    headers: Map<String, Value>,
    body: Value,
}

#[derive(Deserialize, JsonSchema)]
#[allow(dead_code)]
struct FeedParams {
    /// The feed's address.
    url: String,
}

#[derive(Serialize, JsonSchema)]
struct Feed {
    title: String,
    entries: Vec<Entry>,
}

#[derive(Serialize, JsonSchema)]
struct Entry {
    title: String,
    link: String,
}

#[derive(Deserialize, JsonSchema)]
#[allow(dead_code)]
struct FilterParams {
    /// The list.
    #[schemars(extend("x-role" = role::ITEMS))]
    items: Vec<Value>,
    /// The condition per item.
    r#where: LambdaRef,
}

#[derive(Serialize, JsonSchema)]
struct Items {
    items: Vec<Value>,
    count: u32,
}

#[derive(Deserialize, JsonSchema)]
#[allow(dead_code)]
struct SetParams {
    /// Values by name.
    values: Map<String, Value>,
}

#[derive(Deserialize, JsonSchema)]
#[allow(dead_code)]
struct PathParams {
    /// The file, relative to the workspace folder.
    path: String,
}

#[derive(Serialize, JsonSchema)]
struct Content {
    content: Value,
}

#[derive(Deserialize, JsonSchema)]
#[allow(dead_code)]
struct WriteParams {
    /// The file, relative to the workspace folder.
    path: String,
    /// What is written.
    content: Value,
}

#[derive(Serialize, JsonSchema)]
struct Written {
    path: String,
    bytes: u64,
}

#[derive(Deserialize, JsonSchema)]
#[allow(dead_code)]
struct MessageParams {
    /// The channel, such as #news.
    channel: String,
    /// The text.
    text: String,
}

#[derive(Serialize, JsonSchema)]
struct Sent {
    ts: String,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(extend("anyOf" = [{ "required": ["text"] }, { "required": ["html"] }]))]
#[allow(dead_code)]
struct MailParams {
    /// The recipients.
    to: Recipients,
    /// The subject line.
    subject: String,
    text: Option<String>,
    html: Option<String>,
    priority: Option<Priority>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[allow(dead_code)]
enum Priority {
    /// At once.
    High,
    /// Some time.
    Low,
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
#[allow(dead_code)]
enum Recipients {
    One(String),
    Several(Vec<String>),
}

#[derive(Deserialize, JsonSchema)]
#[allow(dead_code)]
struct CallParams {
    /// The other workflow.
    #[schemars(extend("x-role" = role::WORKFLOW))]
    workflow: String,
    inputs: Option<Map<String, Value>>,
}

#[derive(Deserialize, JsonSchema)]
#[allow(dead_code)]
struct ApproveParams {
    /// What is asked.
    #[schemars(length(min = 1))]
    message: String,
}

#[derive(Deserialize, JsonSchema)]
#[allow(dead_code)]
struct ListParams {
    /// The folder.
    #[serde(default = "here")]
    path: String,
}

#[derive(Deserialize, JsonSchema)]
#[allow(dead_code)]
struct SqlParams {
    /// The database.
    database: String,
    /// The statement.
    #[schemars(extend("x-role" = role::SQL))]
    sql: String,
    params: Option<Vec<Value>>,
}

#[derive(Serialize, JsonSchema)]
struct Rows {
    rows: Vec<Value>,
}

#[derive(Deserialize, JsonSchema)]
#[allow(dead_code)]
struct ModelParams {
    /// What to do.
    #[schemars(extend("x-role" = role::PROMPT))]
    prompt: String,
    input: Option<Value>,
    #[serde(default = "default_model")]
    model: String,
    #[schemars(extend("x-role" = role::SCHEMA))]
    schema: Option<Map<String, Value>>,
}

fn default_model() -> String {
    "default".to_owned()
}

fn here() -> String {
    ".".to_owned()
}

/// The catalogue.
pub(crate) fn catalogue() -> Catalogue {
    let mut catalogue = Catalogue::new();
    add::<HttpParams, HttpOutput>(
        &mut catalogue,
        SpecBuilder::new("http.request", "HTTP request", "Sends a request.", Effect::Write)
            .reads_when("method", &["GET", "HEAD"])
            .destination("url", DestinationKind::Host)
            .key_use(KeyUse::WhenStepSetsIt { headers: "headers" })
            .optional_credential("http-*"),
    );
    add::<FeedParams, Feed>(
        &mut catalogue,
        SpecBuilder::new("feed.read", "Feed", "Reads a feed.", Effect::Read)
            .destination("url", DestinationKind::Host)
            .keywords(&["rss"])
            .from_outsiders(),
    );
    add::<FilterParams, Items>(&mut catalogue, SpecBuilder::new("data.filter", "Filter", "Keeps items.", Effect::None));
    add::<SetParams, Value>(&mut catalogue, SpecBuilder::new("data.set", "Set", "Keeps values.", Effect::None));
    add::<PathParams, Content>(
        &mut catalogue,
        SpecBuilder::new("file.read", "Read", "Reads a file.", Effect::Read).destination("path", DestinationKind::File),
    );
    add::<WriteParams, Written>(
        &mut catalogue,
        SpecBuilder::new("file.write", "Write", "Writes a file.", Effect::Write).destination("path", DestinationKind::File),
    );
    add::<MessageParams, Sent>(
        &mut catalogue,
        SpecBuilder::new("slack.send_message", "Slack message", "Posts a message.", Effect::Write)
            .destination("channel", DestinationKind::Channel)
            .service("slack")
            .credential("slack"),
    );
    add::<MailParams, Sent>(
        &mut catalogue,
        SpecBuilder::new("email.send", "Mail", "Sends a mail.", Effect::Write)
            .destination("to", DestinationKind::Recipient)
            .service("smtp")
            .credential("smtp"),
    );
    add::<MessageParams, Sent>(
        &mut catalogue,
        SpecBuilder::new("telegram.send_message", "Telegram message", "Posts a message.", Effect::Write)
            .destination("channel", DestinationKind::Channel)
            .service("telegram")
            .credential("telegram"),
    );
    add::<ListParams, Items>(
        &mut catalogue,
        SpecBuilder::new("file.list", "List", "Lists a folder.", Effect::Read).destination("path", DestinationKind::File),
    );
    add::<CallParams, Value>(
        &mut catalogue,
        SpecBuilder::new("flow.call", "Call", "Runs another workflow.", Effect::Write)
            .destination("workflow", DestinationKind::Workflow)
            .idempotent(true),
    );
    add::<ApproveParams, Value>(&mut catalogue, SpecBuilder::new("flow.approve", "Approve", "Asks a person.", Effect::None));
    add::<SqlParams, Rows>(
        &mut catalogue,
        SpecBuilder::new("sql.query", "Query", "Reads rows.", Effect::Read).destination("database", DestinationKind::Database),
    );
    add::<SqlParams, Rows>(
        &mut catalogue,
        SpecBuilder::new("sql.execute", "Execute", "Changes rows.", Effect::Write).destination("database", DestinationKind::Database),
    );
    add::<ModelParams, Value>(
        &mut catalogue,
        SpecBuilder::new("ai.generate", "Generate", "Asks a model.", Effect::Read)
            .destination("model", DestinationKind::Model)
            .output_rule(|with| {
                Some(serde_json::json!({ "type": "object", "properties": { "text": { "type": "string" }, "data": with.get("schema")? } }))
            }),
    );
    for kind in ["slack", "telegram", "smtp", "http-bearer"] {
        catalogue.add_credential_type(credential(kind)).expect("a new type");
    }
    catalogue
}

fn add<P, O>(catalogue: &mut Catalogue, spec: SpecBuilder)
where
    P: DeserializeOwned + JsonSchema + Send + 'static,
    O: Serialize + JsonSchema + 'static,
{
    catalogue.add(erase(Declared::<P, O> { spec, types: PhantomData })).expect("a new action");
}

fn credential(kind: &str) -> CredentialType {
    let token = CredentialField {
        name: "token".to_owned(),
        help: "The token.".to_owned(),
        secret: true,
        required: true,
        default: None,
        choices: Vec::new(),
    };
    CredentialType { id: kind.to_owned(), title: kind.to_owned(), fields: vec![token], hosts: HostRule::Named }
}
