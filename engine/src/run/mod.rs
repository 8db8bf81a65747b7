//! Runs: the pure core that decides ([`state`]), the driver that performs, and the engine that holds the
//! active runs together.

pub mod command;
mod driver;
mod dry;
mod engine;
mod executor;
mod journal;
mod prepare;
pub mod state;
mod view;

pub use command::{Command, Question};
pub use dry::{DryRun, NetworkReads};
pub use engine::{Engine, EngineError, EngineParts, PortsSource, StartRequest};
pub use state::{Illegal, RunState};
pub use view::{view, view_from_journal};
