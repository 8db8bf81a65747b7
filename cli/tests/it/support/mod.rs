//! Outside services on loopback, temporary folders and the real binary, for tests of whole processes.
//!
//! Every fake listens on a free port of 127.0.0.1, records what it was asked and stops when it is dropped.

#![allow(dead_code, reason = "shared by all modules of this test program; each uses its part")]

pub mod binary;
pub mod database;
pub mod fake_http;
pub mod fake_slack;
pub mod fake_smtp;
pub mod fake_telegram;
#[path = "../../../../engine/tests/it/support/history.rs"]
pub mod history;
pub mod loose;
pub mod recorded;
pub mod sandbox;
pub mod serving;
