//! The engine from outside: one binary for all of its integration tests.
// Helpers of tests may stop a test as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod expressions;
