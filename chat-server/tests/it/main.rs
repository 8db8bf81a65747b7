//! The server's promises, through the real client on loopback.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests panic, as tests do")]

mod access;
mod finding;
mod leftovers;
mod load;
mod resources;
mod runs;
mod support;
mod threads;
