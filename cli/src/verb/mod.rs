//! What the command line can do: one file a verb.

pub mod actions;
pub mod approve;
pub mod ask;
pub mod backup;
pub mod completions;
pub mod credentials;
pub mod doctor;
pub mod restore;
pub mod run;
pub mod runs;
pub mod schema;
pub mod serve;
pub mod templates;
pub mod validate;
pub mod workflows;
