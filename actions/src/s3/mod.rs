//! Objects in the buckets of Amazon S3 and of stores that speak its language.

mod get;
mod object;
mod put;
#[cfg(test)]
mod tests;

use sayflow_engine::action::{Catalogue, CatalogueError, erase};

/// The type of account and the service that both actions name.
const SERVICE: &str = "s3";

/// Declares the family.
///
/// # Errors
/// When an id is taken.
pub fn register(catalogue: &mut Catalogue) -> Result<(), CatalogueError> {
    catalogue.add(erase(get::GetObject))?;
    catalogue.add(erase(put::PutObject))
}
