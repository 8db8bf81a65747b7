//! Planners: a request in words becomes a workflow, questions, or an honest "cannot".

mod api;
mod build;
mod chunk;
mod clause;
mod conditions;
mod countries;
mod document;
mod edit;
mod fields;
mod js;
mod literals;
mod modifiers;
mod offline;
mod page;
mod places;
mod request_options;
pub mod schedule;
mod segments;
mod services;
#[cfg(test)]
mod tests;
mod tools;
mod triggers;
mod verbs;
mod workspace;

pub use api::{ActionRanker, NoSamples, PlanContext, PlanOutcome, PlanRequest, Planner, Samples};
pub use offline::OfflinePlanner;

use build::feed_fields;
