//! The host puts the parts together and is the application behind every surface: settings, the home folder, and one
//! service for each thing that can be asked, each asking [`authorize`] first.

pub mod discovery;
mod error;
mod home;
mod principal;
mod settings;

pub use error::AppError;
pub use home::{Home, NoHome};
pub use principal::{Command, Denied, Principal, authorize};
pub use settings::{EgressSettings, Environment, Flags, ServerSettings, Settings, SettingsError, VaultSettings};
