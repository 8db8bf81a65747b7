//! Settings: defaults < `config.toml` < `SAYFLOW_SECTION__KEY` < flags. An unknown key is an error with a suggestion.
//!
//! The environment is handed in, so that this is the one place that decides what of it counts.

mod environment;
mod error;
mod list;

pub use environment::Environment;
pub use error::SettingsError;

use crate::Home;
use figment::Figment;
use figment::providers::{Format, Serialized, Toml};
use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// Everything that can be set.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// IANA name of the zone for schedules and `now`; the machine's when left out.
    pub timezone: Option<String>,
    /// The server.
    pub server: ServerSettings,
    /// Where steps may connect to.
    pub egress: EgressSettings,
    /// The accounts' secrets.
    pub vault: VaultSettings,
}

/// `[server]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerSettings {
    /// Where `sayflow serve` listens.
    pub listen: SocketAddr,
    /// Names under which it is reached besides the loopback ones, as in a `Host` header.
    #[serde(deserialize_with = "list::read")]
    pub hosts: Vec<String>,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8787)), hosts: Vec::new() }
    }
}

/// `[egress]`
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EgressSettings {
    /// `host:port` pairs that are reachable although they are loopback or private.
    #[serde(deserialize_with = "list::read")]
    pub allow: Vec<String>,
}

/// `[vault]`
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VaultSettings {
    /// The file that holds the key of the vault; a file in the data folder when left out.
    pub key_file: Option<PathBuf>,
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
