//! The application's promises, below any surface.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests panic, as tests do")]

mod conversations;
mod injection;
mod model_settings;
mod models;
mod settings;
mod triggers;
mod turns;
