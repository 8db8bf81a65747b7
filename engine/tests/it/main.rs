//! The engine from outside: one binary for all of its integration tests.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should say where it stopped")]

mod answers;
mod check;
mod control;
mod expressions;
mod guard;
mod model;
mod run;
mod sim;
mod support;
mod trigger;
