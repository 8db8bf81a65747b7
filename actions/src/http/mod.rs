//! Actions over HTTP, and the request that they share.

mod account;
mod answer;
mod call;
mod place;
mod request;

pub use account::{Auth, account_for};
pub use answer::{Body, parse_body};
pub use call::{Call, add_key, call, is_idempotent, status_error};
pub use place::without_query;

use sayflow_engine::action::{Catalogue, CatalogueError, erase};

/// Declares the family.
///
/// # Errors
/// When an id is taken.
pub fn register(catalogue: &mut Catalogue) -> Result<(), CatalogueError> {
    catalogue.add(erase(request::Request))
}
