//! Actions over lists: filter, map, sort, limit, unique, aggregate, join, and set.

mod aggregate;
mod filter;
pub(crate) mod join;
mod key;
mod limit;
mod map;
mod measure;
mod set;
pub(crate) mod sort;
mod unique;

use sayflow_engine::action::{Catalogue, CatalogueError, erase};

/// Declares the family.
///
/// # Errors
/// When an id is taken.
pub fn register(catalogue: &mut Catalogue) -> Result<(), CatalogueError> {
    catalogue.add(erase(filter::Filter))?;
    catalogue.add(erase(map::MapItems))?;
    catalogue.add(erase(sort::Sort))?;
    catalogue.add(erase(limit::Limit))?;
    catalogue.add(erase(unique::Unique))?;
    catalogue.add(erase(aggregate::Aggregate))?;
    catalogue.add(erase(join::Join))?;
    catalogue.add(erase(set::Set))
}
