//! The host puts the parts together and is the application behind every surface: settings, the home folder, and one
//! service for each thing that can be asked, each asking [`authorize`] first.

mod app;
pub mod backup;
pub mod discovery;
pub mod doctor;
mod error;
mod home;
mod models;
mod ports;
mod principal;
mod samples;
mod settings;

pub use app::{App, OpenError, Reach, StartedTurn};
pub use error::AppError;
pub use home::{Home, NoHome};
pub use principal::{Command, Denied, Principal, authorize};
pub use sayflow_engine::schema::workflow_schema;
pub use sayflow_engine::trigger::{HookOutcome, HookRequest, Message};
pub use settings::{
    BudgetSettings, DatabaseUrl, EgressSettings, Environment, Flags, LimitSettings, ModelSettings, RetentionSettings, RoleSettings,
    ServerSettings, Settings, SettingsError, TemperatureSetting, TimeoutSettings, Usual, VaultSettings,
};

/// The version of this program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A pause in whole seconds, rounded up and at least one, as `Retry-After` says it.
pub fn whole_seconds(pause: std::time::Duration) -> u64 {
    let seconds = pause.as_secs() + u64::from(pause.subsec_nanos() > 0);
    seconds.max(1)
}
