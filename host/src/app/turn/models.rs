//! The language models of a turn: what may be spent on them, and calls under that.

use super::super::spent;
use super::hosted::Hosted;
use crate::error::AppError;
use futures::FutureExt;
use sayflow_agent::conversation::{Event, PlanInput};
use sayflow_agent::model::{CallContext, ChatAnswer, ChatCall, ModelError, Progress, Silent};
use sayflow_agent::model_planner::{Facts, ModelPlanner};
use sayflow_protocol::Workflow;
use sayflow_protocol::api::{DryRunReport, Usage};
use std::sync::Arc;
use std::time::Instant;

impl Hosted<'_> {
    fn context<'a>(&'a self, progress: &'a dyn Progress) -> CallContext<'a> {
        CallContext { allowance: &self.purse.allowance, cancel: &self.cancel, progress }
    }

    /// Asks a model what a message means. What it writes is for nobody's eyes.
    pub(super) async fn understand(&self, call: ChatCall) -> Result<ChatAnswer, ModelError> {
        self.purse.client.clone()?.chat(call, &self.context(&Silent)).await
    }

    /// Has a model word a reply, which is passed on as it comes.
    pub(super) async fn say(&self, call: ChatCall) -> Result<ChatAnswer, ModelError> {
        self.purse.client.clone()?.chat(call, &self.context(&self.teller)).await
    }

    pub(super) async fn plan_with_model(&self, input: PlanInput) -> Result<Event, AppError> {
        let client = match self.purse.client.clone() {
            Ok(client) => client,
            Err(why) => return Ok(Event::Planned { outcome: Err(why), usage: Usage::default() }),
        };
        let begun = Instant::now();
        let facts = self.facts(&input).await?;
        let catalogue = Arc::clone(&self.app.parts.catalogue);
        let (planner, context) = (ModelPlanner::new(client), self.context(&self.teller));
        let answer = planner.plan(&input, &catalogue, &facts, &context).boxed().await;
        let usage = Usage { planning_ms: spent(begun).planning_ms, ..answer.usage };
        Ok(Event::Planned { outcome: answer.outcome, usage })
    }

    /// What a planner may know of the person's own things. Looking reads files, so it has a thread of its own.
    async fn facts(&self, input: &PlanInput) -> Result<Facts, AppError> {
        let looking = self.looking().await?;
        let mut text = input.text.clone();
        for (_, answer) in &input.answers {
            text.push('\n');
            text.push_str(answer);
        }
        let gathered = tokio::task::spawn_blocking(move || looking.with(|context| Facts::gather(context, &text)));
        gathered.await.map_err(|why| AppError::Internal(format!("looking at the workspace failed: {why}")))
    }

    pub(super) async fn judge(&self, request: &str, workflow: &Workflow, report: &DryRunReport) -> Event {
        let judged = match self.purse.client.clone() {
            Ok(client) => {
                let now = self.now();
                let (planner, context) = (ModelPlanner::new(client), self.context(&self.teller));
                planner.judge(request, workflow, report, &now, &context).boxed().await
            }
            Err(why) => Err(why),
        };
        match judged {
            Ok(verdict) => Event::Judged { differences: Ok(verdict.differences), usage: verdict.usage },
            Err(why) => {
                let usage = why.usage;
                Event::Judged { differences: Err(why), usage }
            }
        }
    }
}
