//! A workflow in plain words: the summary that is said back before anything goes live, and the labels of its graph.

mod graph;
mod label;
mod needs;
mod places;
mod points;
mod summary;

pub use graph::graph;
pub(crate) use label::{bare_label, label, plain, plain_whole};
pub(crate) use needs::needs;
pub(crate) use places::accounts;
pub use places::places;
pub use points::open_point;
pub use summary::{summary, time_in};
