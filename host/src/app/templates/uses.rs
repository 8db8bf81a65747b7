//! Using a template: its slots are filled, and a draft comes of it in a conversation of its own, as if it had been asked
//! for.

use crate::app::threads::item_row;
use crate::app::trial::Trial;
use crate::app::workflows::canonical;
use crate::app::{App, approval, spent, workspace};
use crate::error::AppError;
use crate::principal::{Command, Principal};
use indexmap::IndexMap;
use sayflow_agent::conversation::{DraftParts, say_back};
use sayflow_agent::say;
use sayflow_agent::templates::{self, Template};
use sayflow_protocol::api::template::UseTemplate;
use sayflow_protocol::api::{DraftView, Item, ItemBody, TurnView};
use sayflow_protocol::{Diagnostic, DraftId, ThreadId, Workflow};
use sayflow_store::{DraftRow, ThreadRow, TurnRows};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Instant;

/// What made the draft, where others name their planner.
const TEMPLATE: &str = "template";

impl App {
    /// Fills a template's slots and makes a draft of it: checked, tried in a dry run, with its footprint.
    ///
    /// # Errors
    /// When there is no such template, when a slot that needs a value has none, when a value does not fit; see
    /// [`AppError`].
    pub async fn use_template(&self, principal: &Principal, name: &str, request: UseTemplate) -> Result<TurnView, AppError> {
        self.allow(principal, Command::PostTurn)?;
        let folder = workspace(&request.workspace)?;
        let begun = Instant::now();
        let template = self.template_named(name).await?;
        let zone = self.zone_for(request.timezone.as_deref());
        let filled = templates::fill(&template, &request.values, &zone)?;
        let workflow = Workflow { name: request.name.clone().unwrap_or_else(|| filled.name.clone()), ..filled };
        let payload = request.payload.clone().or_else(|| template.payload.clone());
        let view = self.drafted(&workflow, &zone, folder, payload, request.network_reads).await?;
        let said = words(&template, &request);
        let reply = say_back(&view);
        let thread = self.keep_draft(&workflow, &view, &request, [said.clone(), reply.clone()]).await?;
        let refused = view.diagnostics.iter().any(Diagnostic::is_error);
        let approval = if refused { None } else { self.yes_for(&workflow, &view, &request.workspace, &said)? };
        let usage = spent(begun);
        Ok(TurnView {
            thread,
            reply,
            planner: TEMPLATE.to_owned(),
            draft: Some(view),
            questions: Vec::new(),
            approval,
            usage,
            cannot: refused,
            run: None,
            pending: None,
            interrupted: false,
            proposal: None,
        })
    }

    async fn drafted(
        &self,
        workflow: &Workflow,
        zone: &str,
        folder: PathBuf,
        payload: Option<Value>,
        network_reads: bool,
    ) -> Result<DraftView, AppError> {
        let checked = self.check_outcome(workflow, zone).await?;
        let sound = !checked.diagnostics.iter().any(Diagnostic::is_error);
        let trial = Trial { folder, payload, network_reads, withheld: BTreeSet::new() };
        let dry_run = if sound { Some(self.try_out(workflow, trial).await?) } else { None };
        let parts = DraftParts {
            workflow: workflow.clone(),
            summary: say::summary(workflow, &checked.footprint, &checked.next_fires, zone, &[]),
            footprint: checked.footprint,
            next_fires: checked.next_fires,
            diagnostics: checked.diagnostics,
            dry_run,
            graph: checked.graph,
            diff: None,
        };
        let id = DraftId(self.parts.ids.new_id());
        parts.into_view(id).map_err(|why| AppError::Internal(format!("a draft cannot be written: {why}")))
    }

    /// Keeps a conversation in which the person asked for the template and got this draft.
    async fn keep_draft(
        &self,
        workflow: &Workflow,
        view: &DraftView,
        request: &UseTemplate,
        [said, reply]: [String; 2],
    ) -> Result<ThreadId, AppError> {
        let now = self.parts.clock.now();
        let at = now.as_microsecond();
        let id = self.parts.ids.new_id();
        let message = |role: &str, text: String| ItemBody::Message { role: role.to_owned(), text };
        let bodies = [message("user", said), ItemBody::Draft(view.clone()), message("agent", reply)];
        let items = (1..).zip(bodies).map(|(seq, body)| item_row(seq, Item { at: now, body })).collect::<Result<_, _>>()?;
        let draft = DraftRow {
            id: view.id.as_str().to_owned(),
            thread: Some(id.clone()),
            created: at,
            workspace: request.workspace.clone(),
            document: canonical(workflow)?,
            body: serde_json::to_string(view).map_err(|why| AppError::Internal(format!("a draft cannot be written: {why}")))?,
        };
        let workspace = request.workspace.clone();
        let thread = ThreadRow { id: id.clone(), created: at, updated: at, workspace, state: "{}".to_owned() };
        self.save_items(TurnRows { thread, items, drafts: vec![draft] }).await?;
        Ok(ThreadId(id))
    }

    /// What has to be approved before the draft is run. The person's own words are the values that they gave.
    fn yes_for(
        &self,
        workflow: &Workflow,
        view: &DraftView,
        workspace: &str,
        said: &str,
    ) -> Result<Option<sayflow_protocol::api::ApprovalView>, AppError> {
        let document = canonical(workflow)?;
        let payload = approval::Payload { document: &document, inputs: &BTreeMap::new(), workspace, footprint: &view.footprint };
        let open = approval::needed(payload, Some(said));
        Ok(open.map(|open| open.into_view(self.parts.ids.new_id().into(), &workflow.name)))
    }
}

/// What the person said, in words.
fn words(template: &Template, request: &UseTemplate) -> String {
    let name = &template.info.name;
    let values = listed(&request.values);
    if values.is_empty() { format!("Use the template {name}.") } else { format!("Use the template {name} with {values}.") }
}

fn listed(values: &IndexMap<String, Value>) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    values.iter().map(|(name, value)| format!("{name} = {}", text(value))).collect::<Vec<_>>().join(", ")
}
