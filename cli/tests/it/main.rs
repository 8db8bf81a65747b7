//! The tests of the `sayflow` binary and of the workspace as a whole, in one program.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "helpers of tests panic with a message, as tests do")]

mod boundary;
mod cli_ask;
mod cli_contract;
mod cli_documents;
mod cli_interrupt;
mod cli_kept;
mod cli_serve;
mod cli_steer;
mod cli_streams;
mod cli_templates;
mod cli_terminal;
mod examples;
mod requests;
mod services;
mod soak;
mod support;
mod templates;
