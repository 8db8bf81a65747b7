//! Settings: defaults < `config.toml` < `SAYFLOW_SECTION__KEY` < flags. An unknown key is an error with a suggestion.
//! `OPENAI_API_KEY`, `OPENAI_BASE_URL` and `OPENAI_MODEL` count where nothing else says which model is asked.
//!
//! The environment is handed in, so that this is the one place that decides what of it counts.

mod database;
mod environment;
mod error;
mod list;
mod models;
mod retrieval;
mod secret;
mod sections;

pub use database::DatabaseUrl;
pub use environment::Environment;
pub use error::SettingsError;
pub use models::{BudgetSettings, ModelSettings, RoleSettings, TemperatureSetting, TimeoutSettings, Usual};
pub use retrieval::{EmbeddingSettings, RetrievalSettings};
pub use secret::SecretText;
pub use sections::{EgressSettings, LimitSettings, RetentionSettings, ServerSettings, VaultSettings};

use crate::Home;
use figment::Figment;
use figment::providers::{Format, Serialized, Toml};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// Everything that can be set.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// IANA name of the zone for schedules and `now`; the machine's when left out.
    pub timezone: Option<String>,
    /// Where the data is kept; SQLite in the data folder when left out.
    pub database_url: Option<DatabaseUrl>,
    /// The server.
    pub server: ServerSettings,
    /// Where steps may connect to.
    pub egress: EgressSettings,
    /// The accounts' secrets.
    pub vault: VaultSettings,
    /// How long runs that have ended are kept.
    pub retention: RetentionSettings,
    /// How much may go on at once.
    pub limits: LimitSettings,
    /// What searching uses.
    pub retrieval: RetrievalSettings,
    /// Which language models are asked.
    pub models: ModelSettings,
}

/// What the command line says over everything else.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Flags {
    /// `--listen`
    pub listen: Option<SocketAddr>,
}

impl Settings {
    /// Reads the settings of an installation.
    ///
    /// # Errors
    /// Names the file or variable, the key, and what was probably meant.
    pub fn load(home: &Home, environment: &Environment, flags: &Flags) -> Result<Self, SettingsError> {
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        if home.config_file().exists() {
            figment = figment.merge(Toml::file_exact(home.config_file()));
        }
        for (key, value) in environment.settings() {
            figment = figment.merge((key, value));
        }
        let mut settings: Self = figment.extract().map_err(|why| error::explain(&why, home, environment))?;
        if let Some(listen) = flags.listen {
            settings.server.listen = listen;
        }
        if settings.database_url.as_ref().is_some_and(|url| !url.is_known()) {
            return Err(SettingsError {
                place: "database_url".into(),
                message: "this is no address of a PostgreSQL database".into(),
                help: Some("write postgres://USER:PASSWORD@HOST/NAME, or leave it out to use SQLite in the data folder".into()),
            });
        }
        settings.retrieval.check()?;
        settings.models.adopt(environment);
        settings.models.check()?;
        if let Some(name) = &settings.timezone {
            jiff::tz::TimeZone::get(name).map_err(|_| SettingsError {
                place: "timezone".into(),
                message: format!("\"{name}\" is no time zone"),
                help: Some("use an IANA name such as Europe/Berlin".into()),
            })?;
        }
        Ok(settings)
    }

    /// IANA name of the zone that counts where nothing else is said.
    pub fn timezone(&self) -> String {
        self.timezone.clone().unwrap_or_else(|| jiff::tz::TimeZone::system().iana_name().unwrap_or("UTC").to_owned())
    }
}
