//! Mail: the step `email.send` and the port that hands mails to an SMTP server.

mod address;
mod dialogue;
#[cfg(test)]
mod fake_server;
mod gate;
mod message;
mod send;
mod smtp;
#[cfg(test)]
mod tests;

pub use gate::Gate;
pub use send::EmailSend;
pub use smtp::SmtpMailer;

use sayflow_engine::action::{Catalogue, CatalogueError, erase};

/// Adds the family.
///
/// # Errors
/// When an id is taken.
pub fn register(catalogue: &mut Catalogue) -> Result<(), CatalogueError> {
    catalogue.add(erase(EmailSend))
}
