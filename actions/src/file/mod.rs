//! Actions on files of the workspace folder, and what looks for new ones.

mod delete;
mod list;
mod moving;
mod read;
mod source;
mod write;

pub(crate) use write::already;

use sayflow_engine::action::{Catalogue, CatalogueError, erase};
use std::sync::Arc;

/// Declares the family.
///
/// # Errors
/// When an id is taken.
pub fn register(catalogue: &mut Catalogue) -> Result<(), CatalogueError> {
    catalogue.add_source(Arc::new(source::FileSource))?;
    catalogue.add(erase(read::Read))?;
    catalogue.add(erase(write::Write))?;
    catalogue.add(erase(list::List))?;
    catalogue.add(erase(moving::Move))?;
    catalogue.add(erase(delete::Delete))
}
