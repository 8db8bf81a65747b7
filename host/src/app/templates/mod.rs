//! Templates: the built-in ones and those of this installation.

mod keep;
mod uses;

use super::App;
use crate::error::AppError;
use crate::principal::{Command, Principal};
use sayflow_agent::retrieval::EntryKind;
use sayflow_agent::say;
use sayflow_agent::templates::{self, FillError, Template, TemplateError};
use sayflow_protocol::api::template::{TemplateInfo, TemplateList, TemplateOrigin, TemplateView};
use sayflow_store::TemplateRow;

/// The most templates of a search.
const FOUND: usize = 10;

/// How to see which templates there are.
const SEE_TEMPLATES: &str = "list the templates with: sayflow templates";

#[allow(clippy::missing_errors_doc, reason = "see AppError")]
impl App {
    /// All templates by name, or those that fit the words, best first.
    pub async fn templates(&self, principal: &Principal, query: Option<&str>) -> Result<TemplateList, AppError> {
        self.allow(principal, Command::ReadCatalogue)?;
        let kept = self.kept_templates().await?;
        let all = || kept.iter().chain(templates::all()).map(|template| &template.info);
        let Some(words) = query.filter(|words| !words.trim().is_empty()) else {
            let mut all: Vec<TemplateInfo> = all().cloned().collect();
            all.sort_by(|left, right| left.name.cmp(&right.name));
            return Ok(TemplateList { templates: all });
        };
        self.index_own().await?;
        let hits = self.parts.library.search(words, &[EntryKind::Template], FOUND).await;
        let found = hits.iter().filter_map(|hit| all().find(|info| info.name == hit.id)).cloned();
        Ok(TemplateList { templates: found.collect() })
    }

    /// A template with all that there is to know of it.
    pub async fn template(&self, principal: &Principal, name: &str) -> Result<TemplateView, AppError> {
        self.allow(principal, Command::ReadCatalogue)?;
        let template = self.template_named(name).await?;
        let zone = template.workflow.timezone.clone().unwrap_or_else(|| self.parts.timezone.clone());
        let checked = self.check_outcome(&template.workflow, &zone).await?;
        let workflow = serde_json::to_value(&template.workflow)
            .map_err(|why| AppError::Internal(format!("the template {name} cannot be written: {why}")))?;
        Ok(TemplateView {
            summary: say::summary(&template.workflow, &checked.footprint, &[], &zone, &[]),
            footprint: checked.footprint,
            workflow,
            payload: template.payload.clone(),
            yaml: templates::to_yaml(&template),
            info: template.info,
        })
    }

    /// The template of that name, of whatever origin.
    async fn template_named(&self, name: &str) -> Result<Template, AppError> {
        if let Some(template) = templates::find(name) {
            return Ok(template.clone());
        }
        match self.parts.store.template(name).await? {
            Some(row) => read(&row),
            None => Err(self.no_template(name).await?),
        }
    }

    async fn no_template(&self, name: &str) -> Result<AppError, AppError> {
        let kept = self.kept_templates().await?;
        let known = kept.iter().chain(templates::all()).map(|template| template.info.name.as_str());
        let near = known.map(|known| (strsim::jaro_winkler(name, known), known)).max_by(|left, right| left.0.total_cmp(&right.0));
        let help = match near.filter(|(score, _)| *score > 0.85) {
            Some((_, near)) => format!("did you mean \"{near}\"? All of them: sayflow templates"),
            None => SEE_TEMPLATES.to_owned(),
        };
        Ok(AppError::not_found("template", name, &help))
    }

    /// The templates of this installation. One that cannot be read any more is left out, and the log says so.
    pub(super) async fn kept_templates(&self) -> Result<Vec<Template>, AppError> {
        let rows = self.parts.store.list_templates().await?;
        let readable = |row: &TemplateRow| match read(row) {
            Ok(template) => Some(template),
            Err(why) => {
                tracing::warn!(template = row.name, %why, "a template cannot be read");
                None
            }
        };
        Ok(rows.iter().filter_map(readable).collect())
    }
}

fn read(row: &TemplateRow) -> Result<Template, AppError> {
    let origin = if row.origin == TemplateOrigin::Imported.as_str() { TemplateOrigin::Imported } else { TemplateOrigin::Own };
    templates::read(&row.name, &row.body, origin).map_err(|why| AppError::Internal(why.to_string()))
}

impl From<TemplateError> for AppError {
    fn from(why: TemplateError) -> Self {
        Self::InvalidRequest { message: why.to_string(), help: None }
    }
}

impl From<FillError> for AppError {
    fn from(why: FillError) -> Self {
        let help = match &why {
            FillError::Missing(slots) => {
                let values: Vec<String> = slots.iter().map(|(name, _)| format!("--set {name}=…")).collect();
                Some(format!("give {}", values.join(" ")))
            }
            FillError::Unknown { .. } | FillError::Unfit { .. } => None,
        };
        Self::InvalidInputs { message: why.to_string(), help }
    }
}
