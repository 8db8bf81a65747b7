//! The tests of the `sayflow` binary and of the workspace as a whole, in one program.

mod boundary;
mod requests;
mod support;
