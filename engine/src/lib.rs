//! The engine: workflow documents, their checks and plans, expressions, the run core and its driver, triggers and
//! the vault. It knows no concrete action, no language model, no terminal and no chat platform; actions come in
//! through the [`action::Action`] trait and effects go out through [`ports::Ports`].

pub mod action;
pub mod answers;
pub mod check;
pub mod document;
pub mod expr;
pub mod footprint;
pub mod limits;
pub mod plan;
pub mod ports;
pub mod run;
pub mod schedule;
pub mod schema;
pub mod suggest;
pub mod trigger;
pub mod vault;
