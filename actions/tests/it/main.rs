//! The actions and the production ports, on real files and against real servers on loopback.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that finds something else should stop there")]

mod data;
mod declarations;
mod egress;
mod feed;
mod files;
mod http;
mod overlay;
mod support;
mod text;
mod watching;
