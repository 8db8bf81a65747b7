//! Steps that steer the run itself: wait, respond, fail.

mod fail;
mod respond;
#[cfg(test)]
mod tests;
mod wait;

pub use fail::Fail;
pub use respond::Respond;
pub use wait::Wait;

use sayflow_engine::action::{Catalogue, CatalogueError, erase};

/// Adds the family.
///
/// # Errors
/// When an id is taken.
pub fn register(catalogue: &mut Catalogue) -> Result<(), CatalogueError> {
    catalogue.add(erase(Wait))?;
    catalogue.add(erase(Respond))?;
    catalogue.add(erase(Fail))
}
