//! The declaration of an action.

use super::OutputRule;
use sayflow_protocol::{ActionInfo, DestinationKind, Effect};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

/// Roles that a parameter's schema names under `x-role`. The offline planner fills parameters by role, so that it
/// needs to know no action by name.
pub mod role {
    /// An absolute URL.
    pub const URL: &str = "url";
    /// A file in the workspace folder.
    pub const PATH: &str = "path";
    /// A folder in the workspace folder.
    pub const FOLDER: &str = "folder";
    /// A chat channel such as `#news`.
    pub const CHANNEL: &str = "channel";
    /// A mail address (or a list of them).
    pub const RECIPIENT: &str = "recipient";
    /// A chat's numeric id or `@name`.
    pub const CHAT: &str = "chat";
    /// The text that is sent or written.
    pub const TEXT: &str = "text";
    /// A title or subject line.
    pub const SUBJECT: &str = "subject";
    /// The list that flows in.
    pub const ITEMS: &str = "items";
    /// Any value that flows in.
    pub const VALUE: &str = "value";
    /// A condition per item.
    pub const CONDITION: &str = "condition";
    /// A field or expression per item to order, group or compare by.
    pub const BY: &str = "by";
    /// The shape of each resulting item.
    pub const PROJECTION: &str = "projection";
    /// A number of items.
    pub const COUNT: &str = "count";
    /// `asc` or `desc`.
    pub const ORDER: &str = "order";
    /// Sums, averages and the like, by name.
    pub const MEASURES: &str = "measures";
    /// A SQLite file or a credential's name.
    pub const DATABASE: &str = "database";
    /// An SQL statement.
    pub const SQL: &str = "sql";
    /// A length of time.
    pub const DURATION: &str = "duration";
    /// A moment.
    pub const TIME: &str = "time";
    /// A file or data format by name.
    pub const FORMAT: &str = "format";
    /// A glob or regular expression.
    pub const PATTERN: &str = "pattern";
    /// A CSS selector.
    pub const SELECTOR: &str = "selector";
    /// A second list, to be put together with the first.
    pub const OTHER_ITEMS: &str = "other_items";
    /// An HTTP method.
    pub const METHOD: &str = "method";
    /// Header lines by name.
    pub const HEADERS: &str = "headers";
    /// Whether a file is replaced or added to.
    pub const MODE: &str = "mode";
    /// Program text.
    pub const SCRIPT: &str = "script";
    /// The text to put in place of another.
    pub const REPLACEMENT: &str = "replacement";
    /// The name of another workflow.
    pub const WORKFLOW: &str = "workflow";
    /// An IANA time zone.
    pub const TIMEZONE: &str = "timezone";
    /// A hash function by name.
    pub const ALGORITHM: &str = "algorithm";
    /// What a language model is told to do. It is the person's word: data belong elsewhere.
    pub const PROMPT: &str = "prompt";
    /// A JSON Schema.
    pub const SCHEMA: &str = "schema";
    /// A repository of a code host, as `owner/name`.
    pub const REPOSITORY: &str = "repository";
    /// A bucket of an object store.
    pub const BUCKET: &str = "bucket";
    /// The key of an object in a bucket.
    pub const KEY: &str = "key";
}

/// What an action does to the world, where that may depend on a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EffectRule {
    /// Always the same.
    Fixed(Effect),
    /// A read when the parameter has one of the values (compared without case) or is left out, else a write. A
    /// parameter whose value is not written in the document counts as a write.
    ReadWhen {
        /// The parameter.
        param: &'static str,
        /// The values that read.
        values: &'static [&'static str],
    },
}

impl EffectRule {
    /// The effect with these parameters, as written in the document.
    pub fn of(&self, with: &Map<String, Value>) -> Effect {
        match self {
            Self::Fixed(effect) => *effect,
            Self::ReadWhen { param, values } => match with.get(*param) {
                None => Effect::Read,
                Some(Value::String(text)) if values.iter().any(|value| value.eq_ignore_ascii_case(text)) => Effect::Read,
                Some(_) => Effect::Write,
            },
        }
    }

    /// The strongest effect it can have.
    pub fn strongest(&self) -> Effect {
        match self {
            Self::Fixed(effect) => *effect,
            Self::ReadWhen { .. } => Effect::Write,
        }
    }
}

/// Whether a destination recognises a repeat by the idempotency key that is sent along.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeyUse {
    /// It is sent no key, or ignores it.
    #[default]
    Ignored,
    /// A key is sent that most servers ignore. When the step sets `idempotency_key` itself, a person says by it that this
    /// one does not. A parameter that may put a key of its own in its place is named.
    WhenStepSetsIt {
        /// The parameter with the header lines.
        headers: &'static str,
    },
    /// It does.
    Honoured,
}

/// A parameter that says where the action reads or writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DestinationRule {
    /// The parameter. A list counts item by item; a URL counts as `host:port`.
    pub param: String,
    /// What kind of place.
    pub kind: DestinationKind,
    /// The effect on this place, where it differs from the action's.
    pub effect: Option<Effect>,
    /// The parameter with the place that this one lies in: the place is then named `bucket/key`, one place and not two.
    pub within: Option<String>,
}

impl DestinationRule {
    /// Whether a parameter says something of this place: it is the place, or the one that it lies in.
    pub fn names(&self, param: &str) -> bool {
        self.param == param || self.within.as_deref() == Some(param)
    }
}

/// Everything that is known of an action without running it.
#[derive(Debug, Clone)]
pub struct ActionSpec {
    /// Such as `http.request`.
    pub id: String,
    /// A few words: `HTTP request`.
    pub title: String,
    /// A sentence.
    pub summary: String,
    /// How people ask for it: `post a message to a Slack channel`.
    pub utterances: Vec<String>,
    /// Single words that point to it.
    pub keywords: Vec<String>,
    /// What it does to the world.
    pub effect: EffectRule,
    /// Where it goes.
    pub destinations: Vec<DestinationRule>,
    /// What kind of place the account itself is, where it leads to one place only, as an incoming webhook does. The
    /// footprint names the account.
    pub account_place: Option<DestinationKind>,
    /// The outside service, where its destinations belong to one: `slack`.
    pub service: Option<String>,
    /// The type of credential that it takes; see [`ActionSpec::takes_credential`].
    pub credential: Option<String>,
    /// Whether it can do without the credential.
    pub credential_optional: bool,
    /// Whether doing it twice is the same as doing it once, whatever its parameters; see
    /// [`ActionSpec::is_idempotent_with`].
    pub idempotent: bool,
    /// The parameter values that make it so, compared without case; a parameter that is left out counts as one.
    pub idempotent_when: Option<(&'static str, &'static [&'static str])>,
    /// Whether the destination recognises a repeat by the key; see [`ActionSpec::takes_key_with`].
    pub key_use: KeyUse,
    /// Whether its output is written by people outside: feeds, pages, other people's messages.
    pub from_outsiders: bool,
    /// Whether it answers whoever started the run.
    pub responds: bool,
    /// An example of its output, used by the dry run.
    pub example: Value,
    /// JSON Schema of the parameters. Keywords of ours: `x-role` (see [`role`]) and `x-lambda: true` for a
    /// parameter that is evaluated per item.
    pub params: Value,
    /// JSON Schema of the output.
    pub output: Value,
    /// What the output is with certain parameters, where they say; see [`ActionSpec::output_with`].
    pub output_rule: Option<OutputRule>,
}

impl ActionSpec {
    /// The effect with these parameters, as written in the document.
    pub fn effect_of(&self, with: &Map<String, Value>) -> Effect {
        self.effect.of(with)
    }

    /// Whether doing it twice is the same as doing it once with these parameters, as written in the document.
    pub fn is_idempotent_with(&self, with: &Map<String, Value>) -> bool {
        self.idempotent
            || self.idempotent_when.is_some_and(|(param, values)| match with.get(param) {
                None => true,
                Some(Value::String(text)) => values.iter().any(|value| value.eq_ignore_ascii_case(text)),
                Some(_) => false,
            })
    }

    /// Whether the destination recognises a repeat by the key, with these parameters as written in the document and the
    /// `idempotency_key` of the step. Then a write whose outcome is unknown may be sent again with the same key.
    pub fn takes_key_with(&self, with: &Map<String, Value>, step_key: Option<&str>) -> bool {
        match self.key_use {
            KeyUse::Ignored => false,
            KeyUse::Honoured => true,
            KeyUse::WhenStepSetsIt { headers } => {
                let own = match with.get(headers) {
                    None | Some(Value::Null) => false,
                    Some(Value::Object(lines)) => lines.keys().any(|name| name.eq_ignore_ascii_case("idempotency-key")),
                    Some(_) => true,
                };
                step_key.is_some() && !own
            }
        }
    }

    /// The schema of one parameter.
    pub fn param(&self, name: &str) -> Option<&Value> {
        self.params.get("properties")?.get(name)
    }

    /// Whether it takes a credential of this type. A declared type that ends in `*` takes every type that begins so:
    /// `http-*` takes `http-bearer` and `http-basic`.
    pub fn takes_credential(&self, kind: &str) -> bool {
        self.credential.as_deref().is_some_and(|wanted| match wanted.strip_suffix('*') {
            Some(beginning) => kind.starts_with(beginning),
            None => kind == wanted,
        })
    }

    /// Whether a parameter is evaluated per item.
    pub fn is_lambda(&self, name: &str) -> bool {
        self.param(name).and_then(|schema| schema.get("x-lambda")).and_then(Value::as_bool).unwrap_or(false)
    }

    /// The parameter with a role, the first in declaration order.
    pub fn param_with_role(&self, role: &str) -> Option<&str> {
        let properties = self.params.get("properties")?.as_object()?;
        properties.iter().find(|(_, schema)| schema.get("x-role").and_then(Value::as_str) == Some(role)).map(|(name, _)| name.as_str())
    }

    /// What a parameter is when it is left out, where the schema says so.
    pub fn default_of(&self, name: &str) -> Option<&Value> {
        self.param(name)?.get("default")
    }

    /// Whether a parameter must be given.
    pub fn is_required(&self, name: &str) -> bool {
        self.params.get("required").and_then(Value::as_array).is_some_and(|list| list.iter().any(|entry| entry == name))
    }

    /// What outsiders are told.
    pub fn info(&self) -> ActionInfo {
        ActionInfo {
            id: self.id.clone(),
            title: self.title.clone(),
            summary: self.summary.clone(),
            effect: self.effect.strongest(),
            credential: self.credential.clone(),
            params: self.params.clone(),
            output: self.output.clone(),
        }
    }
}

/// Builds a declaration; the schemas come from the action's types.
#[derive(Debug, Clone)]
pub struct SpecBuilder {
    spec: ActionSpec,
}

impl SpecBuilder {
    /// A declaration with an id such as `data.filter`, a title of a few words, a summary of a sentence, and the
    /// effect.
    pub fn new(id: &str, title: &str, summary: &str, effect: Effect) -> Self {
        Self {
            spec: ActionSpec {
                id: id.to_owned(),
                title: title.to_owned(),
                summary: summary.to_owned(),
                utterances: Vec::new(),
                keywords: Vec::new(),
                effect: EffectRule::Fixed(effect),
                destinations: Vec::new(),
                account_place: None,
                service: None,
                credential: None,
                credential_optional: false,
                idempotent: effect != Effect::Write,
                idempotent_when: None,
                key_use: KeyUse::Ignored,
                from_outsiders: false,
                responds: false,
                example: Value::Null,
                params: Value::Null,
                output: Value::Null,
                output_rule: None,
            },
        }
    }

    /// The effect depends on a parameter: see [`EffectRule::ReadWhen`].
    #[must_use]
    pub fn reads_when(mut self, param: &'static str, values: &'static [&'static str]) -> Self {
        self.spec.effect = EffectRule::ReadWhen { param, values };
        self
    }

    /// How people ask for it.
    #[must_use]
    pub fn utterances(mut self, texts: &[&str]) -> Self {
        self.spec.utterances = texts.iter().map(|&text| text.to_owned()).collect();
        self
    }

    /// Single words that point to it.
    #[must_use]
    pub fn keywords(mut self, words: &[&str]) -> Self {
        self.spec.keywords = words.iter().map(|&word| word.to_owned()).collect();
        self
    }

    /// A parameter that is a place, with the action's own effect.
    #[must_use]
    pub fn destination(mut self, param: &str, kind: DestinationKind) -> Self {
        self.spec.destinations.push(DestinationRule { param: param.to_owned(), kind, effect: None, within: None });
        self
    }

    /// A parameter that is a place inside the place of another parameter, such as a key in a bucket: together they are
    /// one place, `bucket/key`.
    #[must_use]
    pub fn destination_within(mut self, within: &str, param: &str, kind: DestinationKind) -> Self {
        let within = Some(within.to_owned());
        self.spec.destinations.push(DestinationRule { param: param.to_owned(), kind, effect: None, within });
        self
    }

    /// The account itself is the place, as with an incoming webhook.
    #[must_use]
    pub fn account_is_place(mut self, kind: DestinationKind) -> Self {
        self.spec.account_place = Some(kind);
        self
    }

    /// A parameter that is a place, with an effect of its own.
    #[must_use]
    pub fn destination_with(mut self, param: &str, kind: DestinationKind, effect: Effect) -> Self {
        self.spec.destinations.push(DestinationRule { param: param.to_owned(), kind, effect: Some(effect), within: None });
        self
    }

    /// The outside service that its destinations belong to.
    #[must_use]
    pub fn service(mut self, service: &str) -> Self {
        self.spec.service = Some(service.to_owned());
        self
    }

    /// The credential type that it needs.
    #[must_use]
    pub fn credential(mut self, kind: &str) -> Self {
        self.spec.credential = Some(kind.to_owned());
        self
    }

    /// The credential type that it takes but can do without.
    #[must_use]
    pub fn optional_credential(mut self, kind: &str) -> Self {
        self.spec.credential = Some(kind.to_owned());
        self.spec.credential_optional = true;
        self
    }

    /// Doing it twice is the same as doing it once (the default for all but writes).
    #[must_use]
    pub fn idempotent(mut self, idempotent: bool) -> Self {
        self.spec.idempotent = idempotent;
        self
    }

    /// Doing it twice is the same as doing it once where a parameter has one of the values or is left out.
    #[must_use]
    pub fn idempotent_when(mut self, param: &'static str, values: &'static [&'static str]) -> Self {
        self.spec.idempotent_when = Some((param, values));
        self
    }

    /// Whether the destination recognises a repeat by the idempotency key.
    #[must_use]
    pub fn key_use(mut self, key_use: KeyUse) -> Self {
        self.spec.key_use = key_use;
        self
    }

    /// Its output is written by people outside (feeds, pages, other people's messages): it may fill what is written, but
    /// never say where.
    #[must_use]
    pub fn from_outsiders(mut self) -> Self {
        self.spec.from_outsiders = true;
        self
    }

    /// It answers whoever started the run, who waits for it.
    #[must_use]
    pub fn responds(mut self) -> Self {
        self.spec.responds = true;
        self
    }

    /// The form of its output follows from its parameters.
    #[must_use]
    pub fn output_rule(mut self, rule: OutputRule) -> Self {
        self.spec.output_rule = Some(rule);
        self
    }

    /// An example of its output.
    #[must_use]
    pub fn example(mut self, output: Value) -> Self {
        self.spec.example = output;
        self
    }

    /// Fills in the schemas.
    pub fn finish<P: JsonSchema, O: JsonSchema>(mut self) -> ActionSpec {
        self.spec.params = schema_of::<P>();
        self.spec.output = schema_of::<O>();
        self.spec
    }

    /// A declaration whose schemas are given, as connectors have them.
    pub fn finish_with(mut self, params: Value, output: Value) -> ActionSpec {
        self.spec.params = params;
        self.spec.output = output;
        self.spec
    }
}

/// The JSON Schema (draft 2020-12) of a type, with its parts written in place rather than referred to.
fn schema_of<T: JsonSchema>() -> Value {
    let generator = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true).into_generator();
    let mut schema = generator.into_root_schema_for::<T>().to_value();
    if let Some(object) = schema.as_object_mut() {
        // The type's own name and docs say nothing that the action's do not.
        for keyword in ["$schema", "title", "description"] {
            object.remove(keyword);
        }
    }
    unwrap_descriptions(&mut schema);
    schema
}

/// Doc comments are wrapped to the width of the source; in a description only empty lines part paragraphs.
fn unwrap_descriptions(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            for (keyword, value) in object {
                match value {
                    Value::String(text) if keyword == "description" => {
                        *text = text.split("\n\n").map(|paragraph| paragraph.replace('\n', " ")).collect::<Vec<_>>().join("\n\n");
                    }
                    other => unwrap_descriptions(other),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(unwrap_descriptions),
        _ => {}
    }
}
