//! The client against servers that behave badly: scripted answers on loopback.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests panic, as tests do")]

mod refusals;
mod scripted;
mod streams;
