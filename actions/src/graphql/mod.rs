//! Actions over GraphQL.

mod query;

use sayflow_engine::action::{Catalogue, CatalogueError, erase};

/// Declares the family.
///
/// # Errors
/// When an id is taken.
pub fn register(catalogue: &mut Catalogue) -> Result<(), CatalogueError> {
    catalogue.add(erase(query::Query))
}
