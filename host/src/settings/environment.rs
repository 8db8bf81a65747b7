//! The environment variables that count as settings.

use figment::value::Value;
use std::fmt;

const PREFIX: &str = "SAYFLOW_";

/// Short names of their own, with the keys that they stand for.
const ALIASES: &[(&str, &str)] = &[("SAYFLOW_EGRESS_ALLOW", "egress.allow"), ("SAYFLOW_KEY_FILE", "vault.key_file")];

/// Top-level keys, whose variables have no double underscore.
const TOP_LEVEL: &[(&str, &str)] = &[("SAYFLOW_TIMEZONE", "timezone"), ("SAYFLOW_DATABASE_URL", "database_url")];

/// What the keys end with whose value is a text whatever it looks like.
const TEXTS: &[&str] = &["database_url", "api_key", ".model", ".collection", ".credential"];

/// Variables that OpenAI's own tools know.
const OPENAI: &[&str] = &["OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL"];

/// The environment of the process, or one made up by a test.
#[derive(Clone, Default)]
pub struct Environment {
    vars: Vec<(String, String)>,
}

impl fmt::Debug for Environment {
    /// The names alone: a value may be a key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.vars.iter().map(|(name, _)| name)).finish()
    }
}

impl Environment {
    /// That of this process.
    pub fn of_process() -> Self {
        // Names and values that are no text cannot be settings.
        Self::new(std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))))
    }

    /// One with these variables. Empty values count as not set.
    pub fn new(vars: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut vars: Vec<_> = vars.into_iter().filter(|(name, value)| counts(name) && !value.is_empty()).collect();
        vars.sort();
        Self { vars }
    }

    /// The folder that `SAYFLOW_HOME` names.
    pub fn home(&self) -> Option<&str> {
        self.get("SAYFLOW_HOME")
    }

    /// The settings in it, as `(key, value)`. Variables without `__` that are no setting belong to somebody else.
    pub(super) fn settings(&self) -> impl Iterator<Item = (String, Value)> + '_ {
        self.vars.iter().filter_map(|(name, value)| Some((key_of(name)?, parse(name, value))))
    }

    /// The variable that set a key.
    pub(super) fn source_of(&self, key: &str) -> Option<&str> {
        self.vars.iter().map(|(name, _)| name.as_str()).find(|name| key_of(name).as_deref() == Some(key))
    }

    /// What a variable of OpenAI's own tools says.
    pub(super) fn openai(&self, name: &str) -> Option<&str> {
        self.get(name)
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.vars.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Whether a variable may be one of ours: the others are not even kept.
fn counts(name: &str) -> bool {
    name.starts_with(PREFIX) || OPENAI.contains(&name)
}

fn key_of(name: &str) -> Option<String> {
    if let Some((_, key)) = ALIASES.iter().chain(TOP_LEVEL).find(|(alias, _)| *alias == name) {
        return Some((*key).to_owned());
    }
    let rest = name.strip_prefix(PREFIX)?;
    rest.contains("__").then(|| rest.to_ascii_lowercase().replace("__", "."))
}

/// An alias is a plain text; other values may be numbers, truth values and lists, as in TOML.
fn parse(name: &str, value: &str) -> Value {
    let is_text = key_of(name).is_some_and(|key| TEXTS.iter().any(|text| key.ends_with(text)));
    if is_text || ALIASES.iter().any(|(alias, _)| *alias == name) {
        return Value::from(value);
    }
    value.parse().unwrap_or_else(|_| Value::from(value))
}
