//! Steps that steer the run itself: wait, ask a person, run another workflow, respond, fail.

mod approve;
mod call;
mod fail;
mod moment;
mod respond;
#[cfg(test)]
mod tests;
mod wait;

pub use approve::Approve;
pub use call::Call;
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
    catalogue.add(erase(Approve))?;
    catalogue.add(erase(Call))?;
    catalogue.add(erase(Respond))?;
    catalogue.add(erase(Fail))
}
