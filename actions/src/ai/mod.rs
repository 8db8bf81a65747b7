//! Steps that ask a language model: write, summarize, extract, classify. A model is given text and gives text or data back; it
//! is handed no tools, so whatever its input says, nothing happens but its answer.

mod ask;
mod classify;
mod extract;
mod fields;
mod form;
mod generate;
mod material;
mod summarize;
#[cfg(test)]
mod tests;

use sayflow_engine::action::{Catalogue, CatalogueError, erase};

/// Declares the family.
///
/// # Errors
/// When an id is taken.
pub fn register(catalogue: &mut Catalogue) -> Result<(), CatalogueError> {
    catalogue.add(erase(generate::Generate))?;
    catalogue.add(erase(summarize::Summarize))?;
    catalogue.add(erase(extract::Extract))?;
    catalogue.add(erase(classify::Classify))
}
