//! What tests of the crates above need of the store: faults on demand. Only there with the feature `testing`.

mod faults;

pub use faults::{Fault, Faults};
