//! The agent from outside: conversations, summaries, templates and retrieval.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod advise;
mod conversation;
mod conversation_commands;
mod conversation_endings;
mod conversation_models;
mod conversation_script;
mod document;
mod edit;
mod explain;
mod model;
mod model_planner;
mod retrieval;
mod say;
mod support;
mod templates;
mod world;
