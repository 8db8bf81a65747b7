//! The server: REST and SSE over the application service, on loopback unless told otherwise, with a bearer token on
//! everything but the health check. It knows HTTP and the host, and nothing below the host.

mod auth;
mod connect;
mod connections;
mod extract;
mod guard;
mod limits;
mod problem;
mod router;
mod routes;
mod serve;
mod server;
mod shared;
mod sse;

pub use connect::{ConnectError, Connection, find_or_start, find_running, start};
pub use server::{BindError, BindOptions, DRAIN, RunningServer, bind};
