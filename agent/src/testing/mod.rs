//! A language model that says what a script tells it to: [`ModelServer`], an OpenAI-compatible server on the loopback
//! interface, for tests of everything that asks a model.
//!
//! ```ignore
//! let server = ModelServer::start().await;
//! // By the heading of the prompt: the first line of its first message or of a system message.
//! server.on("# Outline").reply(Reply::text("steps: …"));
//! server.on("# Parameters").always(Reply::json(&json!({ "url": "https://example.org" })));
//! // By anything else about the request, or whatever it is; rules are tried in the order in which they were made.
//! server.when("has tools", |seen| !seen.tools().is_empty()).reply(Reply::call("run", json!({ "name": "news" })));
//! server.any().with(|seen| Reply::text(format!("you said: {}", seen.user())));
//!
//! let client = server.client();              // or ModelClient::new(ModelConfig { …, ..server.config() })
//! …
//! insta::assert_snapshot!(server.requests()[0].prompt());
//! server.assert_done();                      // every scripted reply was asked for
//! ```
//!
//! A request that no rule has a reply for is answered with status 418, and the test fails with the request's text when
//! the server is dropped. Nothing here waits for a time: a reply that is late waits for a [`Gate`], and
//! [`ModelServer::until_asked`] and [`ModelServer::until_hung_up`] return when something has happened.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests panic, as tests do")]

mod reply;
mod seen;
mod server;
mod wire;

pub use reply::{Gate, Reply};
pub use seen::Seen;
pub use server::{ModelServer, Script};
