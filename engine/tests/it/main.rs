//! The engine from outside: one binary for all of its integration tests.

mod expressions;
