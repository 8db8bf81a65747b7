//! Actions over feeds, and what looks for new entries.

mod read;
mod source;

use sayflow_engine::action::{Catalogue, CatalogueError, erase};
use std::sync::Arc;

/// Declares the family.
///
/// # Errors
/// When an id is taken.
pub fn register(catalogue: &mut Catalogue) -> Result<(), CatalogueError> {
    catalogue.add_source(Arc::new(source::FeedSource))?;
    catalogue.add(erase(read::FeedRead))
}
