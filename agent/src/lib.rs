//! The agent: the planners, what they know of language, and the conversation around them. It knows actions by their
//! declarations only, no terminal and no HTTP server.

pub mod advise;
pub mod conversation;
pub mod document;
pub mod edit;
pub mod explain;
pub mod language;
pub mod model;
pub mod model_planner;
pub mod planner;
pub mod retrieval;
pub mod say;
pub mod templates;
#[cfg(feature = "testing")]
pub mod testing;
