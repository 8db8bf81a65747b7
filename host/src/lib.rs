//! The host puts the parts together and is the application behind every surface: settings, the home folder, and one
//! service for each thing that can be asked, each asking [`authorize`] first.

mod app;
pub mod discovery;
pub mod doctor;
mod error;
mod home;
mod ports;
mod principal;
mod samples;
mod settings;

pub use app::{App, OpenError};
pub use error::AppError;
pub use home::{Home, NoHome};
pub use principal::{Command, Denied, Principal, authorize};
pub use sayflow_engine::schema::workflow_schema;
pub use settings::{EgressSettings, Environment, Flags, ServerSettings, Settings, SettingsError, VaultSettings};

/// The version of this program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
