//! What there is to build with: actions and templates.

use super::App;
use crate::error::AppError;
use crate::principal::{Command, Principal};
use sayflow_agent::retrieval::EntryKind;
use sayflow_agent::templates;
use sayflow_protocol::api::action::ActionList;
use sayflow_protocol::api::template::TemplateList;

/// The most templates of a search.
const FOUND: usize = 10;

#[allow(clippy::missing_errors_doc, reason = "see AppError")]
impl App {
    /// All actions by id.
    pub fn actions(&self, principal: &Principal) -> Result<ActionList, AppError> {
        self.allow(principal, Command::ReadCatalogue)?;
        Ok(ActionList { actions: self.parts.catalogue.specs().map(|spec| spec.info()).collect() })
    }

    /// All templates by name, or those that fit the words, best first.
    pub async fn templates(&self, principal: &Principal, query: Option<&str>) -> Result<TemplateList, AppError> {
        self.allow(principal, Command::ReadCatalogue)?;
        let Some(words) = query.filter(|words| !words.trim().is_empty()) else {
            return Ok(TemplateList { templates: templates::all().iter().map(|template| template.info.clone()).collect() });
        };
        let hits = self.parts.library.search(words, &[EntryKind::Template], FOUND).await;
        let found = hits.iter().filter_map(|hit| templates::find(&hit.id)).map(|template| template.info.clone());
        Ok(TemplateList { templates: found.collect() })
    }
}
