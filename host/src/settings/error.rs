//! What is wrong with a setting, where it stands, and what was probably meant.

use super::Environment;
use crate::Home;
use figment::error::Kind;

/// Ends of the keys whose value is shown to nobody.
const SECRETS: &[&str] = &["api_key", "database_url"];

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}{}", help.as_ref().map(|help| format!("; {help}")).unwrap_or_default())]
pub struct SettingsError {
    /// The file or variable, and the key.
    pub place: String,
    /// What is wrong.
    pub message: String,
    /// The way out.
    pub help: Option<String>,
}

pub(super) fn explain(why: &figment::Error, home: &Home, environment: &Environment) -> SettingsError {
    let mut key = why.path.join(".");
    let (message, help) = match &why.kind {
        Kind::UnknownField(field, expected) => {
            // figment's path ends at the section in which the unknown key stands.
            if why.path.last().is_none_or(|last| last != field) {
                key = if key.is_empty() { field.clone() } else { format!("{key}.{field}") };
            }
            (format!("unknown setting \"{field}\""), Some(suggest(field, expected)))
        }
        Kind::InvalidType(..) | Kind::InvalidValue(..) if SECRETS.iter().any(|secret| key.ends_with(secret)) => {
            ("this is no text".to_owned(), Some("write it in quotation marks".to_owned()))
        }
        Kind::InvalidType(found, expected) => (format!("found {found}, expected {expected}"), None),
        other => (other.to_string(), None),
    };
    let place = match environment.source_of(&key) {
        Some(variable) => variable.to_owned(),
        None if key.is_empty() => home.config_file().display().to_string(),
        None => format!("{}: {key}", home.config_file().display()),
    };
    SettingsError { place, message, help }
}

fn suggest(field: &str, expected: &[&str]) -> String {
    let closest = expected.iter().map(|name| (strsim::jaro_winkler(field, name), name)).max_by(|left, right| left.0.total_cmp(&right.0));
    match closest {
        Some((likeness, name)) if likeness > 0.75 => format!("did you mean \"{name}\"?"),
        _ => format!("known here: {}", expected.join(", ")),
    }
}
