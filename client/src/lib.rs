//! The client of the server's API: typed requests over HTTP, and event streams that come back after a drop and
//! miss nothing.
//!
//! Every surface that is not the server itself talks through this crate. It knows the protocol and nothing of the
//! engine.

mod error;
mod http;
mod resources;
mod sse;
mod turn;

pub use error::ClientError;
pub use http::Client;
pub use sse::EventStream;
pub use turn::TurnStream;
