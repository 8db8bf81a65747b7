//! The form of a connector's manifest, as `connectors/*.yaml` are written.

use indexmap::IndexMap;
use sayflow_protocol::{DestinationKind, Effect};
use serde::Deserialize;
use serde_json::Value;

/// One outside service.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Its id: `slack`. Operation ids begin with it.
    pub service: String,
    /// Its name: `Slack`.
    pub title: String,
    /// The account that its operations need.
    pub credential: CredentialSection,
    /// The credential's field that holds the base URL; none where the whole address is the secret.
    #[serde(default)]
    pub base_url_field: Option<String>,
    /// Headers that go with every request.
    #[serde(default)]
    pub headers: IndexMap<String, String>,
    /// How the secret gets into a request.
    pub auth: AuthSection,
    /// What it can do.
    pub operations: Vec<OperationSection>,
}

/// The credential type that a connector brings along.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialSection {
    /// Its id.
    #[serde(rename = "type")]
    pub kind: String,
    /// A few words.
    pub title: String,
    /// Its fields in the order of a form.
    pub fields: Vec<FieldSection>,
}

/// A field of the credential.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldSection {
    /// Its name.
    pub name: String,
    /// What belongs there.
    pub help: String,
    /// Whether it must not be seen.
    #[serde(default)]
    pub secret: bool,
    /// Whether it must be given.
    #[serde(default)]
    pub required: bool,
    /// What stands there when it is not given.
    #[serde(default)]
    pub default: Option<String>,
    /// The values that it may have; empty for any.
    #[serde(default)]
    pub choices: Vec<String>,
}

/// Where the secret goes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthSection {
    /// The way.
    pub kind: AuthKind,
    /// The credential's secret field.
    pub field: String,
}

/// The ways to put a secret into a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthKind {
    /// `Authorization: Bearer …`.
    Bearer,
    /// In the place of `{token}` in the path.
    InUrl,
    /// The field is the whole address, as of an incoming webhook.
    Url,
}

/// One operation; it becomes one action.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperationSection {
    /// The action's id: `slack.send_message`.
    pub id: String,
    /// A few words.
    pub title: String,
    /// A sentence.
    pub summary: String,
    /// How people ask for it.
    pub utterances: Vec<String>,
    /// Single words that point to it.
    pub keywords: Vec<String>,
    /// What it does to the world.
    pub effect: Effect,
    /// Whether doing it twice is the same as doing it once.
    pub idempotent: bool,
    /// How the service recognises a repeat, where it does.
    #[serde(default)]
    pub idempotency: Option<IdempotencySection>,
    /// HTTP method, upper case.
    pub method: String,
    /// Path behind the base URL. `{name}` stands for a parameter of `path_params`.
    #[serde(default)]
    pub path: String,
    /// Parameters that go into the path.
    #[serde(default)]
    pub path_params: IndexMap<String, PathSection>,
    /// Whether the output is written by people outside.
    #[serde(default)]
    pub from_outsiders: bool,
    /// Parameters that are places.
    #[serde(default)]
    pub destinations: Vec<DestinationSection>,
    /// Parameters that are text for people: any value is accepted and written out readably.
    #[serde(default)]
    pub texts: IndexMap<String, TextSection>,
    /// JSON Schema of the parameters.
    pub params: Value,
    /// Parameters that go into the query.
    #[serde(default)]
    pub query: Vec<String>,
    /// How a list stands in the query.
    #[serde(default)]
    pub lists: ListForm,
    /// What stands in every query.
    #[serde(default)]
    pub fixed_query: IndexMap<String, String>,
    /// Parameters that go into the JSON body; those that are null stay out.
    #[serde(default)]
    pub body: Vec<String>,
    /// Expression over `params`, which has the parameters of `body`: the JSON body, where the service's form is another
    /// one than that of the parameters.
    #[serde(default)]
    pub body_form: Option<String>,
    /// How several pages are put together.
    #[serde(default)]
    pub pages: Option<PagesSection>,
    /// Expression over `status`, `headers`, `body`, `params` and `now` (seconds since 1970): whether the answer means
    /// success.
    pub success: String,
    /// How to read an answer that does not.
    pub error: ErrorSection,
    /// How to read one that does.
    pub output: OutputSection,
    /// An example of the output, for the dry run.
    pub example: Value,
}

/// Where the service takes an idempotency key: a write that is sent again with the same key is done once.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdempotencySection {
    /// In a header of this name.
    Header(String),
    /// In a member of the JSON body of this name.
    Field(String),
}

/// A parameter in the path.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathSection {
    /// How many segments it has: 2 for `owner/name`.
    pub segments: usize,
}

/// How a list stands in a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListForm {
    /// The name is repeated.
    #[default]
    Repeated,
    /// One value with commas.
    Commas,
}

/// How the pages of a list are read: the next one is where the `Link` header (RFC 8288) says `rel="next"`. Only its query
/// is taken; host and path stay.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PagesSection {
    /// The field of the output that holds the page's items.
    pub items: String,
    /// The field of the output that is to say how many there are in all.
    pub count: String,
    /// The parameter that says how many are wanted; its schema has the default and the maximum.
    pub limit: String,
}

/// A place that the operation goes to.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DestinationSection {
    /// The parameter; left out where the account itself is the place, as with an incoming webhook.
    #[serde(default)]
    pub param: Option<String>,
    /// What kind of place.
    pub kind: DestinationKind,
}

/// A parameter that is text for people.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextSection {
    /// The longest text that the service takes, in UTF-16 code units, which is what chat services count.
    pub max_chars: usize,
    /// Whether the service takes an empty one.
    #[serde(default)]
    pub may_be_empty: bool,
}

/// How a failure is read. Expressions see what `success` sees.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorSection {
    /// Expression: the service's own word or sentence for what went wrong.
    pub word: String,
    /// Expression: after how many seconds to try again; the Retry-After header counts too.
    #[serde(default)]
    pub retry_after: Option<String>,
    /// Words that mean "too many requests", whatever the status.
    #[serde(default)]
    pub rate_limited: Vec<String>,
    /// Parts of words, and the way out; the first that fits counts.
    #[serde(default)]
    pub remedies: IndexMap<String, String>,
}

/// The output of a success.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputSection {
    /// Its JSON Schema.
    pub schema: Value,
    /// Its fields, each an expression over what `success` sees.
    pub map: IndexMap<String, String>,
}
