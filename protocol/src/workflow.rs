//! The workflow document as types. YAML, JSON and TOML all read into [`Workflow`]; its generated JSON Schema is
//! what `sayflow schema` prints.
//!
//! Values that may hold `${{ … }}` expressions stay [`serde_json::Value`]: the engine compiles them.

use crate::interval::Interval;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A named document: triggers, inputs and steps. Immutable once activated as a version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Workflow {
    /// Lower-case letters, digits and hyphens; unique in one installation.
    pub name: String,
    /// What it does, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What starts a run. Without one, it is started by hand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub triggers: Vec<Trigger>,
    /// The inputs of a run: a JSON Schema property each.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub inputs: IndexMap<String, Value>,
    /// What is done. Steps with no path between them run in parallel.
    pub steps: Vec<Step>,
    /// Steps that run once after the run failed or timed out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on_failure: Vec<Step>,
    /// What the run hands back: expressions by name.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub outputs: IndexMap<String, Value>,
    /// How many runs of this workflow may be in progress at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<u32>,
    /// What its runs may use up together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<Limits>,
    /// How long a run may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Interval>,
    /// IANA name of the zone in which its schedules and `now` are read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// Words to find it by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// What the runs of a workflow may use up. What is left out is not limited.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Runs that begin within any minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runs_per_minute: Option<u32>,
    /// Runs that begin within any hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runs_per_hour: Option<u32>,
    /// Bytes of JSON that the steps of one run hand back, all together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_per_run: Option<u64>,
    /// Money that one run spends on models, in US dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_usd_per_run: Option<f64>,
    /// Money that all runs within a day spend on models, in US dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_usd_per_day: Option<f64>,
}

/// What starts a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Trigger {
    /// A person or a program asks for it.
    Manual {},
    /// At times. Exactly one of `cron`, `every` and `at`.
    Schedule {
        /// Five fields: minute, hour, day of month, month, day of week.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cron: Option<String>,
        /// A fixed distance between runs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        every: Option<Interval>,
        /// One moment, as RFC 3339, or a civil date and time in the zone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<String>,
        /// IANA name of the zone; the workflow's when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timezone: Option<String>,
        /// What happens to fire times that passed while nothing ran: `skip`, `run_once` or `run_all:n`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        misfire: Option<String>,
        /// What happens when the run before is still going.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        overlap: Option<Overlap>,
    },
    /// An HTTP request to `/hooks/PATH`.
    Webhook {
        /// The path under `/hooks/`.
        path: String,
        /// The HTTP method that is taken; POST when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        method: Option<String>,
        /// How a caller proves itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        auth: Option<WebhookAuth>,
    },
    /// A new entry in an RSS, Atom or JSON feed.
    Feed {
        /// The feed's address.
        url: String,
        /// How often it is looked at; 15 minutes when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        every: Option<Interval>,
    },
    /// A file that is new or changed in the workspace folder.
    File {
        /// The folder that is watched.
        path: String,
        /// A glob that the file's name must match.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pattern: Option<String>,
    },
    /// Another workflow's run ended.
    Event {
        /// The other workflow's name.
        workflow: String,
        /// Which ending.
        on: EventKind,
    },
    /// A message in a chat channel.
    Message {
        /// The channel that is listened to.
        channel: String,
        /// A text that the message must contain.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pattern: Option<String>,
    },
}

impl Trigger {
    /// The trigger's `type` as written in the document.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Manual {} => "manual",
            Self::Schedule { .. } => "schedule",
            Self::Webhook { .. } => "webhook",
            Self::Feed { .. } => "feed",
            Self::File { .. } => "file",
            Self::Event { .. } => "event",
            Self::Message { .. } => "message",
        }
    }
}

/// What a schedule does when the run before is still going.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Overlap {
    /// This time is left out.
    Skip,
    /// It starts when the one before has ended.
    Queue,
    /// Both run.
    Parallel,
}

/// How a webhook's caller proves itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum WebhookAuth {
    /// HMAC-SHA256 of the raw body.
    Hmac {
        /// The credential that holds the key.
        credential: String,
        /// The header that carries the signature; `X-Signature-256` when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        header: Option<String>,
    },
    /// A token in the `Authorization` header.
    Token {
        /// The credential that holds the token.
        credential: String,
    },
}

/// How another workflow's run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// It failed.
    Failed,
    /// It succeeded.
    Succeeded,
}

/// One node: `uses` an action `with` parameters, or is a group of `steps` with `outputs`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Unique in its list; other steps refer to it as `steps.ID`.
    pub id: String,
    /// A title for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The action, such as `http.request`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses: Option<String>,
    /// The action's parameters.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub with: IndexMap<String, Value>,
    /// The credential's name; the only one of the action's type when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
    /// By parameter: which places it may name when they come from data. Any other place pauses the run and asks a person.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub allow: IndexMap<String, Allowed>,
    /// The steps of a group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// What a group shows to the steps outside.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub outputs: IndexMap<String, Value>,
    /// Steps that must end first, besides those that are referred to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// What must be true of those that it needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    /// An expression; the step is skipped when it is false.
    #[serde(default, rename = "if", skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
    /// Runs when the `if` of the named step was false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub else_of: Option<String>,
    /// A list; the step runs once for each item, seen as `item` and `index`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_each: Option<Value>,
    /// How many items at once; 1 when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<u32>,
    /// Runs again until an expression over `output` and `iteration` is true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat: Option<Repeat>,
    /// Whether and how a failure is tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// How long one attempt may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Interval>,
    /// What a failure does to the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_error: Option<OnError>,
    /// What is done about a write whose outcome is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_unknown: Option<OnUnknown>,
    /// An expression whose value the destination uses to recognise a repeat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

impl Step {
    /// Whether the step is a group.
    pub fn is_group(&self) -> bool {
        self.uses.is_none() && !self.steps.is_empty()
    }
}

/// The places that a parameter may name when they come from data.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Allowed {
    /// Patterns of which a place must match one, such as `#team-*` or `*@example.com`; `*` stands for any text, in a path for
    /// one name and `**` for folders. Any place when left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patterns: Vec<String>,
    /// The most different places in one run; any number when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
}

/// An `if`: an expression, or a plain truth value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Condition {
    /// Always or never.
    Bool(bool),
    /// `${{ … }}`.
    Expression(String),
}

/// What must be true of the steps that a step needs, judged when all of them have ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// None failed.
    #[default]
    AllSucceeded,
    /// At least one succeeded.
    AnySucceeded,
    /// They have ended, however.
    AllDone,
    /// At least one failed.
    AnyFailed,
}

/// Runs a step again until a condition holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    /// An expression over `output` and `iteration`.
    pub until: Condition,
    /// The pause between iterations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<Interval>,
    /// The most iterations, at least 1; the step fails when they are used up.
    pub max: u32,
}

/// How a failure is tried again. Covers reads, idempotent writes, failures before sending, and 429.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// All attempts together, the first included.
    pub max_attempts: u32,
    /// The first pause; it doubles with each attempt. 1 second when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backoff: Option<Interval>,
    /// The longest pause. 1 minute when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_backoff: Option<Interval>,
}

/// What a step's failure does to the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnError {
    /// The run fails.
    #[default]
    Fail,
    /// The step counts as succeeded with output null and `steps.ID.error` set.
    Continue,
}

/// What is done about a write whose outcome is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnUnknown {
    /// The run pauses and asks.
    #[default]
    Ask,
    /// It is done again.
    Retry,
    /// It is taken as done, with output null.
    Skip,
}
