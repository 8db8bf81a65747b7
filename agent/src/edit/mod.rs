//! Changes of a workflow document: operations that are applied, found and shown. Everything here is pure.
//!
//! [`apply`] carries operations out, all or nothing; steps that no operation mentions keep their exact canonical JSON.
//! [`diff`] finds the operations that lead from one document to another, so that `apply(base, diff(base, new)) == new`.
//! [`view`] shows them to people, and [`apply_to_text`] carries them out on a text, whose comments stay where they can.

mod apply;
mod change;
mod diff;
mod differ;
mod error;
mod lists;
mod merge;
mod path;
mod pointer;
mod references;
mod removal;
mod sameness;
mod text;
mod values;
mod view;
mod words;

pub use apply::apply;
pub use diff::diff;
pub use error::EditError;
pub use text::apply_to_text;
pub use view::view;
pub use words::in_words;

pub(crate) use merge::{merged, used_steps};
