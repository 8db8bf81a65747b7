//! The server's promises, through the real client on loopback.

mod access;
mod finding;
mod resources;
mod runs;
mod support;
mod threads;
