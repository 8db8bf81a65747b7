//! Results as text for people. Everything here is pure: values and a screen in, text out.

pub mod approval;
pub mod attempt;
pub mod diagnostic;
pub mod failure;
pub mod footprint;
pub mod graph;
pub mod journal;
pub mod outcome;
pub mod plan;
pub mod points;
pub mod progress;
pub mod table;
pub mod time;
pub mod trigger;
pub mod value;
