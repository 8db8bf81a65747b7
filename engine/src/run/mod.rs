//! Runs: the pure core that decides ([`state`]), the driver that performs, and the engine that holds the
//! driven runs together.

pub mod command;
mod compiled;
mod driver;
mod dry;
mod engine;
mod executor;
mod hub;
mod journal;
mod kept_results;
mod order;
mod prepare;
pub mod state;
mod view;

pub use command::{Command, Question};
pub use compiled::Compiled;
pub use dry::{DryRun, ModelCalls, NetworkReads};
pub use engine::{
    Answer, Engine, EngineError, EngineParts, PortsSource, Queue, Retried, RetryOn, RetryRequest, StartRequest, Started, StepTest,
};
pub use kept_results::{Kept, RetryFrom, kept_results};
pub use prepare::coerce;
pub use state::{Illegal, RunState};
pub use view::{view, view_from_journal};
