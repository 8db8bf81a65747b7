//! Mail: the step `email.send` and the port that hands mails to an SMTP server.

mod address;
mod send;

pub use send::EmailSend;

use sayflow_engine::action::{Catalogue, CatalogueError, erase};

/// Adds the family.
///
/// # Errors
/// When an id is taken.
pub fn register(catalogue: &mut Catalogue) -> Result<(), CatalogueError> {
    catalogue.add(erase(EmailSend))
}
