//! What there is to build with: the actions.

use super::App;
use crate::error::AppError;
use crate::principal::{Command, Principal};
use sayflow_protocol::api::action::ActionList;

#[allow(clippy::missing_errors_doc, reason = "see AppError")]
impl App {
    /// All actions by id.
    pub fn actions(&self, principal: &Principal) -> Result<ActionList, AppError> {
        self.allow(principal, Command::ReadCatalogue)?;
        Ok(ActionList { actions: self.parts.catalogue.specs().map(|spec| spec.info()).collect() })
    }
}
