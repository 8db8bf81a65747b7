//! What tests need of the store: faults on demand, and a PostgreSQL of their own. Only there with the feature `testing`.

mod faults;
mod postgres;

pub use faults::{Fault, Faults};
pub use postgres::{PASSWORD, Postgres};
