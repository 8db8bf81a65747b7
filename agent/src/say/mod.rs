//! A workflow in plain words: the summary that is said back before anything goes live, and the labels of its graph.

mod graph;
mod label;
mod needs;
mod places;
mod summary;

pub use graph::graph;
pub(crate) use label::{bare_label, plain};
pub use summary::summary;
