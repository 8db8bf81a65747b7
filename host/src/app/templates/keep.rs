//! Templates of this installation: made of a workflow, taken in from a file, removed.

use super::{SEE_TEMPLATES, read};
use crate::app::App;
use crate::error::AppError;
use crate::principal::{Command, Principal};
use sayflow_agent::templates::{self, Making, Template};
use sayflow_protocol::Workflow;
use sayflow_protocol::api::template::{ImportTemplate, SaveTemplate, TemplateInfo, TemplateOrigin, TemplateSource};
use sayflow_store::TemplateRow;

#[allow(clippy::missing_errors_doc, reason = "see AppError")]
impl App {
    /// Makes a template of a workflow.
    pub async fn save_template(&self, principal: &Principal, request: SaveTemplate) -> Result<TemplateInfo, AppError> {
        self.allow(principal, Command::ChangeTemplate)?;
        let workflow = self.source_of(&request.source).await?;
        let SaveTemplate { name, description, tags, examples, slots, make_slots, .. } = request;
        let template = templates::make(workflow, Making { name, description, tags, examples, slots, make_slots })?;
        self.keep_template(template).await
    }

    /// Takes in a template file. Its texts are somebody else's words: they are shown and searched, and no planner reads
    /// them.
    pub async fn import_template(&self, principal: &Principal, request: ImportTemplate) -> Result<TemplateInfo, AppError> {
        self.allow(principal, Command::ChangeTemplate)?;
        let template = templates::read("to be imported", &request.text, TemplateOrigin::Imported)?;
        self.keep_template(template).await
    }

    /// Removes a template of this installation.
    pub async fn delete_template(&self, principal: &Principal, name: &str) -> Result<(), AppError> {
        self.allow(principal, Command::ChangeTemplate)?;
        if templates::find(name).is_some() {
            return Err(AppError::Conflict(format!("the template \"{name}\" came with Sayflow and stays")));
        }
        if !self.parts.store.delete_template(name).await? {
            return Err(AppError::not_found("template", name, SEE_TEMPLATES));
        }
        if self.parts.indexed.initialized() {
            self.parts.library.remove_template(name);
        }
        Ok(())
    }

    async fn source_of(&self, source: &TemplateSource) -> Result<Workflow, AppError> {
        let sound = match source {
            TemplateSource::Workflow(name) => {
                let (_, document) = self.saved_document(name).await?;
                self.sound_document(&document).await?
            }
            TemplateSource::Draft(id) => {
                let row = self.draft_row(id.as_str()).await?;
                self.sound_document(&row.document).await?
            }
            TemplateSource::Document { text, format } => self.sound_text(text, format).await?,
        };
        Ok(sound.workflow)
    }

    async fn keep_template(&self, template: Template) -> Result<TemplateInfo, AppError> {
        let name = template.info.name.clone();
        if templates::find(&name).is_some() {
            return Err(AppError::Conflict(format!("a template called \"{name}\" came with Sayflow; choose another name")));
        }
        // Its name and its workflow hold the promises of any other workflow.
        self.sound_workflow(&template.workflow).await?;
        let row = TemplateRow {
            name,
            origin: template.info.origin.as_str().to_owned(),
            updated: self.parts.clock.now().as_microsecond(),
            body: templates::to_yaml(&template),
        };
        let kept = read(&row)?;
        self.parts.store.put_template(row).await?;
        if self.parts.indexed.initialized() {
            self.parts.library.put_template(&kept.info);
        }
        Ok(kept.info)
    }
}
